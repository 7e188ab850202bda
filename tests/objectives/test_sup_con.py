"""SupCon against loops written from the paper, wrong versions that the same checks reject."""

import math

import pytest
import torch
from embeddings import normal, pairs, temperatures, tensor, thoroughly
from hypothesis import given
from hypothesis import strategies as st
from oracles import contrastive as oracle
from torch.nn import functional as F

from selftaught.objectives import nt_xent, sup_con
from selftaught.testing import in_processes

CASES = [([0, 0, 1, 2], 0.5), ([3, 3, 3, 3], 0.1), ([0, 1, 2, 3], 0.2), ([-1, 7, -1, 7, 7], 1.3)]


def accepts(objective):
    """Whether a function is SupCon: the oracle's value, and the gradient of that value."""
    for seed, (labels, temperature) in enumerate(CASES):
        a, b = normal(len(labels), 3, seed=seed), normal(len(labels), 3, seed=seed + 50)
        expected = oracle.sup_con(a.tolist(), b.tolist(), labels, temperature)
        if abs(objective(a, b, torch.tensor(labels), temperature=temperature).item() - expected) > 1e-10:
            return False
    labels = torch.tensor([0, 1, 0])
    return torch.autograd.gradcheck(
        lambda a, b: objective(a, b, labels, temperature=0.5),
        (normal(3, 4), normal(3, 4, seed=1)),
        raise_exception=False,
    )


def logits_and_positives(a, b, labels, temperature):
    z = F.normalize(torch.cat([a, b]), dim=-1)
    classes = torch.cat([labels, labels])
    itself = torch.eye(len(z), dtype=torch.bool)
    return (z @ z.T / temperature).masked_fill(itself, float("-inf")), (classes[:, None] == classes) & ~itself


def partner_only(a, b, labels, *, temperature):
    return nt_xent(a, b, temperature=temperature)


def sum_over_positives(a, b, labels, *, temperature):
    logits, positive = logits_and_positives(a, b, labels, temperature)
    return -logits.log_softmax(1).where(positive, 0).sum(1).mean()


def mean_over_all_pairs(a, b, labels, *, temperature):
    logits, positive = logits_and_positives(a, b, labels, temperature)
    return -logits.log_softmax(1)[positive].mean()


def positives_inside_the_logarithm(a, b, labels, *, temperature):
    logits, positive = logits_and_positives(a, b, labels, temperature)
    share = logits.softmax(1).where(positive, 0).sum(1) / positive.sum(1)
    return -share.log().mean()


def positives_left_out_of_the_denominator(a, b, labels, *, temperature):
    logits, positive = logits_and_positives(a, b, labels, temperature)
    negatives = logits.masked_fill(positive, float("-inf")).logsumexp(1, keepdim=True)
    surprise = torch.logaddexp(negatives, logits) - logits
    return (surprise.where(positive, 0).sum(1) / positive.sum(1)).mean()


def itself_among_the_positives(a, b, labels, *, temperature):
    z = F.normalize(torch.cat([a, b]), dim=-1)
    logits, positive = logits_and_positives(a, b, labels, temperature)
    positive = positive | torch.eye(len(z), dtype=torch.bool)
    surprise = logits.logsumexp(1, keepdim=True) - z @ z.T / temperature
    return (surprise.where(positive, 0).sum(1) / positive.sum(1)).mean()


def class_mean_without_gradient(a, b, labels, *, temperature):
    logits, positive = logits_and_positives(a, b, labels, temperature)
    agreement = (logits.detach() + logits.exp() - logits.exp().detach()).where(positive, 0).sum(1) / positive.sum(1)
    return (logits.logsumexp(1) - agreement).mean()


WRONG = [
    partner_only,
    sum_over_positives,
    mean_over_all_pairs,
    positives_inside_the_logarithm,
    positives_left_out_of_the_denominator,
    itself_among_the_positives,
    class_mean_without_gradient,
]


def test_sup_con_is_accepted():
    assert accepts(sup_con)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_a_wrong_sup_con_is_rejected(wrong):
    assert not accepts(wrong)


@thoroughly
@given(views=pairs(), temperature=temperatures, data=st.data())
def test_it_equals_the_oracle_and_nt_xent_where_every_item_is_a_class(views, temperature, data):
    labels = data.draw(st.lists(st.integers(0, 2), min_size=len(views[0]), max_size=len(views[0])))
    a, b = map(tensor, views)
    got = sup_con(a, b, torch.tensor(labels), temperature=temperature).item()
    assert got == pytest.approx(oracle.sup_con(*views, labels, temperature), rel=1e-10, abs=1e-10)
    alone = sup_con(a, b, torch.arange(len(a)), temperature=temperature)
    torch.testing.assert_close(alone, nt_xent(a, b, temperature=temperature), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("count", [1, 2, 64])
def test_collapse(count):
    same, labels = torch.ones(count, 3, dtype=torch.float64), torch.arange(count) // 2
    assert sup_con(same, 2 * same, labels, temperature=0.1).item() == pytest.approx(math.log(2 * count - 1), abs=1e-12)


def share_of_a_process(a, b, labels):
    rank, count = torch.distributed.get_rank(), torch.distributed.get_world_size()
    a, b, labels = (whole.chunk(count)[rank].clone() for whole in (a, b, labels))
    a, b = a.requires_grad_(True), b.requires_grad_(True)
    loss = sup_con(a, b, labels, temperature=0.2)
    loss.backward()
    return loss.detach(), torch.stack([a.grad, b.grad]) / count


def test_two_processes_are_as_one():
    a, b, labels = normal(6, 4), normal(6, 4, seed=1), torch.tensor([5, 0, 5, 5, 0, 9])
    loss = sup_con(a, b, labels, temperature=0.2)
    loss.backward()
    losses, gradients = zip(*in_processes(share_of_a_process, a.detach(), b.detach(), labels, count=2), strict=True)
    torch.testing.assert_close(torch.stack(losses).mean(), loss.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(torch.cat(gradients, 1), torch.stack([a.grad, b.grad]), rtol=1e-12, atol=1e-12)
