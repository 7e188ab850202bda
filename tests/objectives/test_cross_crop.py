"""Predictions across crops against plain loops and closed forms; wrong versions are rejected."""

import math

import pytest
import torch
from embeddings import normal
from oracles import prototypes as oracle

from selftaught.core import UserError
from selftaught.objectives import cross_crop_entropy

SHAPES = [(2, 2), (4, 2), (8, 2), (3, 1), (3, 3)]  # crops, and how many have targets
TEMPERATURES = (0.1, 0.7)


def asked(crops, targets, n=4, k=5):
    return normal(crops, n, k).detach(), normal(targets, n, k, seed=1).detach().softmax(-1)


def accepts(loss_of):
    for shape in SHAPES:
        for temperature in TEMPERATURES:
            scores, targets = asked(*shape)
            expected = oracle.swapped(scores.tolist(), targets.tolist(), temperature)
            if abs(loss_of(scores, targets, temperature).mean().item() - expected) > 1e-10:
                return False
    return True


def right(scores, targets, temperature):
    return cross_crop_entropy(scores, targets, temperature=temperature)


def pairs(scores, targets, temperature, same=False):
    """Every pair of a target and a crop, for variants of the sum."""
    logs = (scores / temperature).log_softmax(-1)
    return {
        (i, v): -(targets[i] * logs[v]).sum(-1)
        for i in range(len(targets))
        for v in range(len(scores))
        if same or i != v
    }


def same_crop_pairs_included(scores, targets, temperature):
    return torch.stack(list(pairs(scores, targets, temperature, same=True).values())).mean(0)


def not_swapped(scores, targets, temperature):
    found = pairs(scores, targets, temperature, same=True)
    return torch.stack([found[i, i] for i in range(len(targets))]).mean(0)


def sum_of_pairs(scores, targets, temperature):
    return torch.stack(list(pairs(scores, targets, temperature).values())).sum(0)


def temperature_left_out(scores, targets, temperature):
    return cross_crop_entropy(scores, targets, temperature=1.0)


def targets_of_the_wrong_item(scores, targets, temperature):
    return cross_crop_entropy(scores, targets.roll(1, 1), temperature=temperature)


def divided_by_all_crops(scores, targets, temperature):
    return right(scores, targets, temperature) * (len(scores) - 1) / len(scores)


def test_it_is_accepted():
    assert accepts(right)


@pytest.mark.parametrize(
    "wrong",
    [
        same_crop_pairs_included,
        not_swapped,
        sum_of_pairs,
        temperature_left_out,
        targets_of_the_wrong_item,
        divided_by_all_crops,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_each_item_has_its_own():
    scores, targets = asked(4, 2)
    each = torch.cat([right(scores[:, [row]], targets[:, [row]], 0.1) for row in range(4)])
    torch.testing.assert_close(right(scores, targets, 0.1), each, rtol=1e-12, atol=0)


@pytest.mark.parametrize("k", [2, 5, 300])
def test_equal_scores_cost_log_k_whatever_the_targets(k):
    targets = normal(2, 3, k).detach().softmax(-1)
    loss = right(torch.zeros(4, 3, k, dtype=torch.float64), targets, 0.1)
    assert loss.tolist() == pytest.approx([math.log(k)] * 3, abs=1e-12)


def test_low_temperatures_do_not_overflow():
    scores, targets = asked(4, 2)
    expected = oracle.swapped(scores.tolist(), targets.tolist(), 1e-3)
    assert right(scores, targets, 1e-3).mean().item() == pytest.approx(expected, rel=1e-10)
    assert right(scores.float(), targets.float(), 1e-3).mean().item() == pytest.approx(expected, rel=1e-4)


def test_the_gradient_is_the_derivative():
    scores, targets = normal(3, 2, 4), normal(2, 2, 4, seed=1).detach().softmax(-1)
    assert torch.autograd.gradcheck(lambda s: right(s, targets, 0.5).sum(), scores)


@pytest.mark.parametrize(("crops", "targets"), [(1, 1), (2, 3), (2, 0)])
def test_too_few_crops_are_refused(crops, targets):
    with pytest.raises(UserError, match=f"expected at least 2 crops and at most as many targets, got {crops} and"):
        right(torch.zeros(crops, 4, 5), torch.zeros(targets, 4, 5), 0.1)
