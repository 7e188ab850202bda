"""Colours as classes against the paper in plain Python, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from oracles import quantised_colour as oracle

from selftaught.objectives import (
    annealed_mean,
    binned_cross_entropy,
    constant_cross_entropy,
    rebalancing_weights,
    smoothed_prior,
    soft_encoding,
)

CENTRES = torch.cartesian_prod(*[torch.arange(-20.0, 21.0, 10.0, dtype=torch.float64)] * 2)  # 25 bins
BINS = len(CENTRES)
TABLE = CENTRES.tolist()


def numbers(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


VALUES, LOGITS = 12 * numbers(3, 2, 4, 4), numbers(3, BINS, 4, 4, seed=1)
COUNTS = torch.arange(BINS, dtype=torch.float64).remainder(7)
WEIGHTS = torch.tensor(oracle.rebalanced(oracle.prior(COUNTS.tolist(), TABLE)), dtype=torch.float64)
PLACES = [(n, y, x) for n in range(3) for y in range(4) for x in range(4)]


def close(a, b):
    return abs(a - b) <= 1e-10 * max(1.0, abs(b))


def accepts_encoding(encode):
    bins, shares = encode(VALUES, CENTRES)
    for n, y, x in PLACES:
        expected = oracle.encoding(VALUES[n, :, y, x].tolist(), TABLE)
        found = dict(zip(bins[n, :, y, x].tolist(), shares[n, :, y, x].tolist(), strict=True))
        if found.keys() != expected.keys() or not all(close(found[q], expected[q]) for q in expected):
            return False
        if bins[n, 0, y, x].item() != max(expected, key=lambda q: expected[q]):
            return False
    return True


def all_bins(values, centres):
    return soft_encoding(values, centres, BINS)


def one_hot(values, centres):
    return soft_encoding(values, centres, 1)


def twice_as_wide(values, centres):
    return soft_encoding(values, centres, deviation=10.0)


def distance_not_squared(values, centres):
    bins, _ = soft_encoding(values, centres)
    near = centres[bins].permute(0, 1, 4, 2, 3)  # (n, k, 2, h, w)
    return bins, (-(near - values[:, None]).square().sum(2).sqrt() / 50).softmax(1)


def a_and_b_exchanged(values, centres):
    return soft_encoding(values.flip(1), centres)


def test_the_encoding_is_accepted():
    assert accepts_encoding(soft_encoding)


@pytest.mark.parametrize("wrong", [all_bins, one_hot, twice_as_wide, distance_not_squared, a_and_b_exchanged])
def test_a_wrong_encoding_is_rejected(wrong):
    assert not accepts_encoding(wrong)


def accepts_loss(loss):
    found = loss(LOGITS, *soft_encoding(VALUES, CENTRES), WEIGHTS)
    for n in range(3):
        each = [
            oracle.cross_entropy(
                LOGITS[n, :, y, x].tolist(), oracle.encoding(VALUES[n, :, y, x].tolist(), TABLE), WEIGHTS.tolist()
            )
            for _, y, x in PLACES[:16]
        ]
        if not close(found[n].item(), math.fsum(each) / 16):
            return False
    return True


def without_weights(logits, nearest, shares, weights):
    return binned_cross_entropy(logits, nearest, shares)


def weights_of_the_guess(logits, nearest, shares, weights):
    surprise = -(shares * logits.log_softmax(1).gather(1, nearest)).sum(1)
    return (surprise * weights[logits.argmax(1)]).mean((1, 2))


def weights_of_every_bin(logits, nearest, shares, weights):
    return -(weights[nearest] * shares * logits.log_softmax(1).gather(1, nearest)).sum(1).mean((1, 2))


def over_the_sum_of_weights(logits, nearest, shares, weights):
    return binned_cross_entropy(logits, nearest, shares, weights) / weights[nearest[:, 0]].mean((1, 2))


def softmax_over_places(logits, nearest, shares, weights):
    said = logits.flatten(2).log_softmax(2).view_as(logits)
    return (-(shares * said.gather(1, nearest)).sum(1) * weights[nearest[:, 0]]).mean((1, 2))


def squared_distance_of_the_mean(logits, nearest, shares, weights):
    said = annealed_mean(logits, CENTRES, 1.0)
    return (said - VALUES).square().sum(1).mean((1, 2)) / 2


def test_the_loss_is_accepted():
    assert accepts_loss(binned_cross_entropy)


@pytest.mark.parametrize(
    "wrong",
    [
        without_weights,
        weights_of_the_guess,
        weights_of_every_bin,
        over_the_sum_of_weights,
        softmax_over_places,
        squared_distance_of_the_mean,
    ],
)
def test_a_wrong_loss_is_rejected(wrong):
    assert not accepts_loss(wrong)


def accepts_weights(weights_of):
    frequencies = oracle.prior(COUNTS.tolist(), TABLE)
    expected = oracle.rebalanced(frequencies)
    found = weights_of(COUNTS)
    return all(close(a, b) for a, b in zip(found.tolist(), expected, strict=True))


def weighted(counts):
    return rebalancing_weights(smoothed_prior(counts, CENTRES))


def not_smoothed(counts):
    return rebalancing_weights(counts / counts.sum())


def not_mixed(counts):
    return rebalancing_weights(smoothed_prior(counts, CENTRES), 1e-9)


def scaled_to_a_plain_mean_of_one(counts):
    found = weighted(counts)
    return found / found.mean()


def mixed_after_the_inverse(counts):
    inverse = 1 / smoothed_prior(counts, CENTRES)
    mixed = (inverse / inverse.sum() + 1 / BINS) / 2
    return mixed / (mixed * smoothed_prior(counts, CENTRES)).sum()


def test_the_weights_are_accepted():
    assert accepts_weights(weighted)
    prior = smoothed_prior(COUNTS, CENTRES)
    assert (prior * weighted(COUNTS)).sum().item() == pytest.approx(1)
    assert torch.allclose(rebalancing_weights(prior, 1.0), torch.ones(BINS, dtype=torch.float64))


@pytest.mark.parametrize("wrong", [not_smoothed, not_mixed, scaled_to_a_plain_mean_of_one, mixed_after_the_inverse])
def test_wrong_weights_are_rejected(wrong):
    assert not accepts_weights(wrong)


def accepts_mean(mean):
    found = mean(LOGITS, CENTRES)
    return all(
        close(found[n, axis, y, x].item(), oracle.annealed(LOGITS[n, :, y, x].tolist(), TABLE)[axis])
        for n, y, x in PLACES
        for axis in (0, 1)
    )


def plain_mean(logits, centres):
    return annealed_mean(logits, centres, 1.0)


def mode(logits, centres):
    return centres[logits.argmax(1)].permute(0, 3, 1, 2)


def multiplied_by_the_temperature(logits, centres):
    return annealed_mean(logits * 0.38**2, centres)


def test_the_annealed_mean_is_accepted():
    assert accepts_mean(annealed_mean)


@pytest.mark.parametrize("wrong", [plain_mean, mode, multiplied_by_the_temperature])
def test_a_wrong_mean_is_rejected(wrong):
    assert not accepts_mean(wrong)


def test_no_constant_beats_the_best_one():
    encoded = soft_encoding(VALUES, CENTRES)
    best = constant_cross_entropy(*encoded, BINS, WEIGHTS).item()
    constants = [torch.zeros(BINS, dtype=torch.float64), *numbers(20, BINS, seed=3)]
    scores = [binned_cross_entropy(c.view(1, -1, 1, 1).expand_as(LOGITS), *encoded, WEIGHTS).mean() for c in constants]
    assert min(scores).item() > best
    mass = torch.zeros(BINS, dtype=torch.float64)
    for n, y, x in PLACES:
        code = oracle.encoding(VALUES[n, :, y, x].tolist(), TABLE)
        for q, share in code.items():
            mass[q] += share * WEIGHTS[max(code, key=lambda each: code[each])]
    logits = mass.clamp(min=1e-300).log().view(1, -1, 1, 1).expand_as(LOGITS)
    assert binned_cross_entropy(logits, *encoded, WEIGHTS).mean().item() == pytest.approx(best, rel=1e-10)


def test_the_gradient_of_the_loss():
    encoded = soft_encoding(VALUES[:1, :, :2, :2], CENTRES)
    logits = LOGITS[:1, :, :2, :2].clone().requires_grad_(True)
    assert torch.autograd.gradcheck(lambda said: binned_cross_entropy(said, *encoded, WEIGHTS), logits)


def test_everything_is_computed_in_full_precision():
    with torch.autocast("cpu", torch.bfloat16):
        assert annealed_mean(LOGITS.bfloat16(), CENTRES.float()).dtype == torch.float32
        assert (
            binned_cross_entropy(LOGITS.bfloat16(), *soft_encoding(VALUES.float(), CENTRES.float())).dtype
            == torch.float32
        )
