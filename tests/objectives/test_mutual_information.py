"""DGI's objective in pieces, against loops written from the paper, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from embeddings import normal, thoroughly
from hypothesis import given
from hypothesis import strategies as st
from oracles import mutual_information as oracle
from torch.nn import functional as F

from selftaught.objectives import bilinear_score, binary_discrimination, sigmoid_summary

logits = st.lists(st.floats(-30, 30), min_size=1, max_size=6)


def logit_pair(n, m, seed=0):
    return 3 * normal(n, 1, seed=seed)[:, 0], 3 * normal(m, 1, seed=seed + 50)[:, 0]


def accepts_discrimination(objective):
    """Whether a function is the mean binary cross-entropy: the oracle's value, and the gradient of that value."""
    for seed, (n, m) in enumerate([(1, 1), (4, 4), (3, 5)]):
        together, mismatched = logit_pair(n, m, seed)
        expected = oracle.binary_discrimination(together.tolist(), mismatched.tolist())
        if abs(objective(together, mismatched).item() - expected) > 1e-10 * max(1, expected):
            return False
    return torch.autograd.gradcheck(
        lambda scale: objective(scale * logit_pair(3, 3)[0].detach(), scale * logit_pair(3, 3)[1].detach()),
        (torch.ones((), dtype=torch.float64, requires_grad=True),),
        raise_exception=False,
    )


def accepts_summary(summarise):
    """Whether a function is DGI's summary of nodes."""
    for seed, (nodes, width) in enumerate([(1, 3), (5, 2), (4, 4)]):
        local = 2 * normal(nodes, width, seed=seed).detach()
        expected = torch.tensor(oracle.sigmoid_summary(local.tolist()), dtype=torch.float64)
        found = summarise(local)
        if found.shape != expected.shape or (found - expected).abs().max() > 1e-10:
            return False
    return True


def accepts_score(score):
    """Whether a function is DGI's bilinear score."""
    for seed, (n, d, e) in enumerate([(1, 3, 3), (4, 2, 5), (5, 3, 3)]):
        local, summary, weight = normal(n, d, seed=seed), normal(1, e, seed=seed + 10)[0], normal(d, e, seed=seed + 20)
        expected = oracle.bilinear_score(local.tolist(), summary.tolist(), weight.tolist())
        found = score(local, summary, weight)
        if found.shape != (n,) or max(abs(a - b) for a, b in zip(found.tolist(), expected, strict=True)) > 1e-10:
            return False
    return True


def sum_of_both_means(together, mismatched):
    return F.softplus(-together).mean() + F.softplus(mismatched).mean()


def labels_swapped(together, mismatched):
    return binary_discrimination(mismatched, together)


def probabilities_taken_for_logits(together, mismatched):
    return binary_discrimination(together.sigmoid(), mismatched.sigmoid())


def corrupted_nodes_forgotten(together, mismatched):
    return F.softplus(-together).mean()


def softmax_over_nodes(together, mismatched):
    both = torch.cat([together, mismatched])
    return (both.logsumexp(0) - together).mean()


def without_sigmoid(local):
    return local.mean(0)


def sigmoid_before_the_mean(local):
    return local.sigmoid().mean(0)


def sum_instead_of_mean(local):
    return local.sum(0).sigmoid()


def weight_transposed(local, summary, weight):
    return bilinear_score(local, summary, weight.T if weight.shape[0] == weight.shape[1] else weight)


def dot_product(local, summary, weight):
    return local @ summary if len(summary) == local.shape[1] else bilinear_score(local, summary, weight)


def score_through_a_sigmoid(local, summary, weight):
    return bilinear_score(local, summary, weight).sigmoid()


def test_the_objective_is_accepted():
    assert accepts_discrimination(binary_discrimination)
    assert accepts_summary(sigmoid_summary)
    assert accepts_score(bilinear_score)


@pytest.mark.parametrize(
    "wrong",
    [
        sum_of_both_means,
        labels_swapped,
        probabilities_taken_for_logits,
        corrupted_nodes_forgotten,
        softmax_over_nodes,
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_discrimination_is_rejected(wrong):
    assert not accepts_discrimination(wrong)


@pytest.mark.parametrize(
    "wrong", [without_sigmoid, sigmoid_before_the_mean, sum_instead_of_mean], ids=lambda wrong: wrong.__name__
)
def test_a_wrong_summary_is_rejected(wrong):
    assert not accepts_summary(wrong)


@pytest.mark.parametrize(
    "wrong", [weight_transposed, dot_product, score_through_a_sigmoid], ids=lambda wrong: wrong.__name__
)
def test_a_wrong_score_is_rejected(wrong):
    assert not accepts_score(wrong)


@thoroughly
@given(together=logits, mismatched=logits)
def test_the_discrimination_equals_the_oracle(together, mismatched):
    tensors = (torch.tensor(values, dtype=torch.float64) for values in (together, mismatched))
    expected = oracle.binary_discrimination(together, mismatched)
    assert binary_discrimination(*tensors).item() == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_the_score_and_the_summary_have_right_gradients():
    local, summary, weight = normal(3, 4), normal(1, 2, seed=1)[0], normal(4, 2, seed=2)
    assert torch.autograd.gradcheck(bilinear_score, (local, summary.detach().requires_grad_(), weight))
    assert torch.autograd.gradcheck(sigmoid_summary, (local,))


@pytest.mark.parametrize("count", [1, 2, 64])
def test_closed_forms(count):
    zeros = torch.zeros(count, dtype=torch.float64)
    assert binary_discrimination(zeros, zeros).item() == pytest.approx(math.log(2), abs=1e-12)  # collapse
    told_apart = math.log1p(math.exp(-5))
    assert binary_discrimination(zeros + 5, zeros - 5).item() == pytest.approx(told_apart, abs=1e-12)


def test_large_logits_do_not_overflow():
    huge = torch.tensor([2000.0, -2000.0])
    assert binary_discrimination(huge, -huge).item() == pytest.approx(1000.0)
    half = torch.ones(3, 4, dtype=torch.bfloat16)
    assert sigmoid_summary(half).dtype == torch.float32
