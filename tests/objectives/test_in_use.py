"""Figures of what is in use against loops, and wrong versions that the checks reject."""

import pytest
import torch
from oracles import in_use as oracle

from selftaught.core import all_sum, process_count, process_rank
from selftaught.objectives import mean_deviation, perplexity, share_in_use, variety_of_samples
from selftaught.testing import in_processes


def rows(count, width, seed):
    return torch.randn(count, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def close(found, expected):
    return abs(float(found) - expected) < 1e-10


def accepts_deviation(figure):
    """Of features of different sizes and means."""
    some = rows(7, 3, 0) * torch.tensor([1.0, 5.0, 0.01]) + torch.tensor([0.0, 9.0, -2.0])
    return close(figure(some), oracle.mean_deviation(some.tolist()))


def accepts_share(figure):
    """Of few vectors for the codes, and of many."""
    for numbers, codes in (([0, 0, 3], 8), ([1, 1, 1, 0, 2, 2, 1, 0, 0], 4), ([2] * 5, 3)):
        counts = torch.tensor(numbers).bincount(minlength=codes).double()
        if not close(figure(counts), oracle.share_in_use(numbers, codes)):
            return False
    return True


def accepts_variety(figure):
    """Of odd and even counts, of other sizes, and of a few things over and over."""
    true, made = rows(8, 4, 1), rows(7, 4, 2) * 3
    few = rows(2, 4, 3).repeat(4, 1)
    return close(figure(made, true), oracle.variety(made.tolist(), true.tolist())) and close(figure(few, true), 0.0)


WRONG_DEVIATIONS = {
    "the root of the mean variance": lambda z: z.var(0, unbiased=False).mean().sqrt(),
    "over features, not items": lambda z: z.std(1, unbiased=False).mean(),
    "not centred": lambda z: z.square().mean(0).sqrt().mean(),
    "of n - 1": lambda z: z.std(0).mean(),
}
WRONG_SHARES = {
    "of all codes, however few vectors": lambda counts: perplexity(counts) / len(counts),
    "each code counted once": lambda counts: (counts > 0).double().sum() / counts.sum().clamp(max=len(counts)),
}


def _nearest(items):
    return (torch.cdist(items, items) + torch.eye(len(items)) * 1e9).amin(1)


WRONG_VARIETIES = {
    "a variance, which two things far apart have": lambda a, b: a.var(0).sum().sqrt() / b.var(0).sum().sqrt(),
    "itself is the nearest": lambda a, b: torch.cdist(a, a).amin(1).median() / _nearest(b).median(),
    "the mean distance": lambda a, b: _nearest(a).mean() / _nearest(b).mean(),
    "to the nearest true one": lambda a, b: torch.cdist(a, b).amin(1).median() / _nearest(b).median(),
}


def test_they_are_the_oracles():
    assert accepts_deviation(mean_deviation)
    assert accepts_share(share_in_use)
    assert accepts_variety(variety_of_samples)


@pytest.mark.parametrize("name", WRONG_DEVIATIONS)
def test_wrong_deviations_are_rejected(name):
    assert not accepts_deviation(WRONG_DEVIATIONS[name])


@pytest.mark.parametrize("name", WRONG_SHARES)
def test_wrong_shares_are_rejected(name):
    assert not accepts_share(WRONG_SHARES[name])


@pytest.mark.parametrize("name", WRONG_VARIETIES)
def test_wrong_varieties_are_rejected(name):
    assert not accepts_variety(WRONG_VARIETIES[name])


@pytest.mark.parametrize("figure", [mean_deviation, lambda z: variety_of_samples(z, z)])
def test_they_are_looked_at_and_not_learned_from(figure):
    assert not figure(rows(4, 3, 0).requires_grad_()).requires_grad


def _deviation_of_own_half(wrong):
    half = (rows(8, 3, 0) + 5 * torch.arange(8)[:, None]).chunk(2)[process_rank()]  # the halves' means differ
    if wrong:
        return (all_sum((half - half.mean(0)).square().sum(0)) / (len(half) * process_count())).sqrt().mean()
    return mean_deviation(half)


def test_the_deviation_is_that_of_all_processes_together():
    whole = oracle.mean_deviation((rows(8, 3, 0) + 5 * torch.arange(8)[:, None]).tolist())
    assert all(close(found, whole) for found in in_processes(_deviation_of_own_half, False))
    assert not any(close(found, whole) for found in in_processes(_deviation_of_own_half, True))
