"""Copied labels against loops written from the paper, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from oracles import copying as oracle
from torch.nn import functional as F

from selftaught.objectives import copied_error, copied_labels, copy_weights

LABELS, DOUBT = 4, 1e-3


def question(n, targets, references, width=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    target, reference = (
        torch.randn(n, count, width, generator=generator, dtype=torch.float64) for count in (targets, references)
    )
    labels = (torch.randint(LABELS, (n, count), generator=generator) for count in (targets, references))
    return (target, reference, *labels)


def accepts(objective):
    """Whether a function has the oracle's error at every place, and the gradient of that."""
    for seed, (n, targets, references, temperature) in enumerate([(1, 1, 1, 1.0), (2, 5, 3, 0.5), (3, 4, 12, 1.7)]):
        asked = question(n, targets, references, seed=seed)
        found = objective(*asked, labels=LABELS, temperature=temperature, doubt=DOUBT)
        for item in range(n):
            vectors, numbers = [each[item].tolist() for each in asked[:2]], [each[item].tolist() for each in asked[2:]]
            expected = oracle.errors(*vectors, *numbers, labels=LABELS, temperature=temperature, doubt=DOUBT)
            if not torch.allclose(found[item], torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-10):
                return False
    target, reference, *labels = question(2, 3, 4)
    leaves = (target.requires_grad_(), reference.requires_grad_())
    return torch.autograd.gradcheck(
        lambda a, b: objective(a, b, *labels, labels=LABELS, temperature=0.5, doubt=DOUBT),
        leaves,
        raise_exception=False,
    )


def error_of(weights, target_labels, reference_labels, labels, doubt):
    mixture = weights @ F.one_hot(reference_labels, labels).double()
    true = mixture.gather(2, target_labels[:, :, None])[:, :, 0]
    return -((1 - doubt) * true + doubt / labels).log()


def logits_of(target, reference, temperature):
    return target @ reference.transpose(1, 2) / temperature


def plainly(target, reference, *labels_of, labels, temperature, doubt):
    return error_of(logits_of(target, reference, temperature).softmax(2), *labels_of, labels, doubt)


def softmax_over_target_positions(target, reference, *labels_of, labels, temperature, doubt):
    return error_of(logits_of(target, reference, temperature).softmax(1), *labels_of, labels, doubt)


def no_exponential_below(target, reference, *labels_of, labels, temperature, doubt):
    logits = logits_of(target, reference, temperature)
    weights = logits.exp() / logits.sum(2, keepdim=True).abs().clamp(min=1e-3)
    return error_of(weights, *labels_of, labels, doubt)


def double_softmax(target, reference, target_labels, reference_labels, *, labels, temperature, doubt):
    mixture = logits_of(target, reference, temperature).softmax(2) @ F.one_hot(reference_labels, labels).double()
    return F.cross_entropy(mixture.transpose(1, 2), target_labels, reduction="none")


def one_frame_of_the_reference(target, reference, target_labels, reference_labels, **numbers):
    half = max(reference.shape[1] // 2, 1)
    return plainly(target, reference[:, :half], target_labels, reference_labels[:, :half], **numbers)


def temperature_ignored(*asked, temperature, **numbers):
    return plainly(*asked, temperature=1.0, **numbers)


def cosines(target, reference, *labels_of, **numbers):
    return plainly(F.normalize(target, dim=2), F.normalize(reference, dim=2), *labels_of, **numbers)


def no_doubt(*asked, doubt, **numbers):
    return plainly(*asked, doubt=1e-12, **numbers)


WRONG = [
    softmax_over_target_positions,
    no_exponential_below,
    double_softmax,
    one_frame_of_the_reference,
    temperature_ignored,
    cosines,
    no_doubt,
]


def test_the_error_is_the_papers():
    assert accepts(copied_error)
    assert accepts(plainly)


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_versions_are_rejected(wrong):
    assert not accepts(wrong)


def test_weights_sum_to_one_over_all_places_of_the_reference():
    target, reference, *_ = question(2, 3, 7)
    weights = copy_weights(target, reference, temperature=0.5)
    assert torch.allclose(weights.sum(2), torch.ones(2, 3, dtype=torch.float64))
    expected = oracle.weights(target[1, 2].tolist(), reference[1].tolist(), 0.5)
    assert torch.allclose(weights[1, 2], torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_mixture_is_the_papers():
    target, reference, _, labels = question(2, 3, 7)
    found = copied_labels(target, reference, F.one_hot(labels, LABELS).double(), temperature=0.5)
    expected = oracle.mixture(target[0, 1].tolist(), reference[0].tolist(), labels[0].tolist(), LABELS, 0.5)
    assert torch.allclose(found[0, 1], torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_label_that_cannot_be_copied_costs_a_bounded_error_without_gradient():
    target, reference, *_ = question(1, 2, 3)
    target.requires_grad_()
    missing, there = torch.tensor([[3, 3]]), torch.tensor([[0, 1, 2]])
    error = copied_error(target, reference, missing, there, labels=LABELS, temperature=1.0)
    assert torch.allclose(error, torch.full((1, 2), math.log(LABELS / 1e-3), dtype=torch.float64))
    error.sum().backward()
    assert torch.equal(target.grad, torch.zeros_like(target))


def test_a_collapse_copies_from_all_places_alike():
    labels = torch.tensor([[0, 0, 0, 1]])
    alike = torch.ones(1, 4, 2, dtype=torch.float64)
    error = copied_error(alike, alike, labels, labels, labels=2, temperature=1.0, doubt=1e-9)
    assert torch.allclose(error.exp(), torch.tensor([[4 / 3, 4 / 3, 4 / 3, 4.0]], dtype=torch.float64), atol=1e-6)


def test_large_logits_and_half_precision_stay_finite():
    target, reference, *labels = question(2, 3, 4)
    error = copied_error(300 * target, 300 * reference, *labels, labels=LABELS, temperature=0.01)
    assert torch.isfinite(error).all()
    half = copied_error(target.bfloat16(), reference.bfloat16(), *labels, labels=LABELS, temperature=1.0)
    assert half.dtype == torch.float32
