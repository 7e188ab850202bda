"""Barlow Twins' and VICReg's statistics against loops written from the papers, and wrong versions that are rejected."""

import math

import pytest
import torch
from embeddings import normal, pairs, tensor, thoroughly
from hypothesis import given
from oracles import redundancy as oracle

from selftaught.core import UserError
from selftaught.objectives import (
    barlow_twins,
    covariance_penalty,
    cross_correlation,
    mean_squared_distance,
    variance_hinge,
)

WEIGHT = 5e-3


def agrees(objective, expected, *views):
    got = objective(*views)
    return got.shape == () and abs(got.item() - expected) <= 1e-10 * max(1, abs(expected))


def accepts_barlow_twins(objective):
    """Whether a function is Barlow Twins' loss, of small, large and shifted embeddings: value and gradient."""
    for seed, (count, width, scale, shift) in enumerate([(2, 3, 1, 0), (5, 4, 7, 3), (6, 2, 0.01, -1), (9, 5, 1, 9)]):
        a, b = (scale * normal(count, width, seed=100 * k + seed) + shift for k in range(2))
        b = b + 0.7 * a
        if not agrees(objective, oracle.barlow_twins(a.tolist(), b.tolist(), WEIGHT), a, b):
            return False
    return torch.autograd.gradcheck(objective, (normal(4, 3), normal(4, 3, seed=1)), raise_exception=False)


def vicreg(a, b, weights=(25, 25, 1)):
    variance, covariance = variance_hinge(a) + variance_hinge(b), covariance_penalty(a) + covariance_penalty(b)
    return weights[0] * mean_squared_distance(a, b).mean() + weights[1] * variance + weights[2] * covariance


def accepts_term(objective, oracle_term):
    """Whether a function is a term of VICReg for one view: value and gradient."""
    for seed, (count, width, scale, shift) in enumerate([(2, 3, 1, 0), (5, 4, 0.3, 3), (6, 2, 0.01, -1), (9, 5, 1, 9)]):
        z = scale * normal(count, width, seed=seed) + shift
        if not agrees(objective, oracle_term(z.tolist()), z):
            return False
    return torch.autograd.gradcheck(objective, (0.4 * normal(4, 3),), raise_exception=False)


def from_correlation(correlation, weight=WEIGHT):
    own = correlation.diagonal()
    return (1 - own).square().sum() + weight * (correlation.square().sum() - own.square().sum())


def centred(z):
    return z - z.mean(0)


def standardised(z, epsilon=1e-5, correction=0):
    return centred(z) / (z.var(0, correction=correction) + epsilon).sqrt()


WRONG_BARLOW_TWINS = {
    "covariance instead of correlation": lambda a, b: from_correlation(centred(a).T @ centred(b) / len(a)),
    "not centred": lambda a, b: from_correlation(
        (a / (a.square().mean(0) + 1e-5).sqrt()).T @ (b / (b.square().mean(0) + 1e-5).sqrt()) / len(a)
    ),
    "standardised over features": lambda a, b: from_correlation(standardised(a.T) @ standardised(b.T).T / a.shape[1]),
    "both views standardised together": lambda a, b: from_correlation(
        standardised(torch.cat([a, b]))[: len(a)].T @ standardised(torch.cat([a, b]))[len(a) :] / len(a)
    ),
    "one view with itself": lambda a, b: from_correlation(cross_correlation(a, a)) + 0 * b.sum(),
    "deviation over n - 1": lambda a, b: from_correlation(
        standardised(a, correction=1).T @ standardised(b, correction=1) / len(a)
    ),
    "not divided by the items": lambda a, b: from_correlation(standardised(a).T @ standardised(b)),
    "the weight on the diagonal, too": lambda a, b: WEIGHT * from_correlation(cross_correlation(a, b), 1.0),
    "no weight": lambda a, b: from_correlation(cross_correlation(a, b), 1.0),
    "absolute values": lambda a, b: from_correlation(cross_correlation(a, b).abs()),
    "mean over the matrix": lambda a, b: barlow_twins(a, b) / a.shape[1] ** 2,
    "one side without gradient": lambda a, b: barlow_twins(a, b.detach()),
    "statistics without gradient": lambda a, b: from_correlation(
        ((a - a.mean(0).detach()) / (a.var(0, correction=0) + 1e-5).sqrt().detach()).T @ standardised(b) / len(a)
    ),
}
WRONG_VARIANCES = {
    "the variance itself": lambda z: (1 - z.var(0)).relu().mean(),
    "over n": lambda z: (1 - (z.var(0, correction=0) + 1e-4).sqrt()).relu().mean(),
    "epsilon outside the root": lambda z: (1 - z.var(0).sqrt() - 1e-4).relu().mean(),
    "no hinge": lambda z: (1 - (z.var(0) + 1e-4).sqrt()).mean(),
    "squared hinge": lambda z: (1 - (z.var(0) + 1e-4).sqrt()).relu().square().mean(),
    "sum over features": lambda z: (1 - (z.var(0) + 1e-4).sqrt()).relu().sum(),
    "along each row": lambda z: (1 - (z.var(1) + 1e-4).sqrt()).relu().mean(),
    "halved": lambda z: variance_hinge(z) / 2,
}
WRONG_COVARIANCES = {
    "not centred": lambda z: off_diagonal(z.T @ z / (len(z) - 1)) / z.shape[1],
    "over n": lambda z: off_diagonal(centred(z).T @ centred(z) / len(z)) / z.shape[1],
    "the diagonal, too": lambda z: (centred(z).T @ centred(z) / (len(z) - 1)).square().sum() / z.shape[1],
    "correlation instead of covariance": lambda z: off_diagonal(cross_correlation(z, z)) / z.shape[1],
    "mean over the matrix": lambda z: covariance_penalty(z) / (z.shape[1] - 1),
    "each pair once": lambda z: covariance_penalty(z) / 2,
    "not squared": lambda z: off_diagonal((centred(z).T @ centred(z) / (len(z) - 1)).abs().sqrt()) / z.shape[1],
    "between items": lambda z: off_diagonal(centred(z) @ centred(z).T / (len(z) - 1)) / z.shape[1],
}


def off_diagonal(matrix):
    return matrix.square().sum() - matrix.diagonal().square().sum()


def test_barlow_twins_is_accepted():
    assert accepts_barlow_twins(barlow_twins)


@pytest.mark.parametrize("wrong", WRONG_BARLOW_TWINS)
def test_a_wrong_barlow_twins_is_rejected(wrong):
    assert not accepts_barlow_twins(WRONG_BARLOW_TWINS[wrong])


def test_vicregs_terms_are_accepted():
    assert accepts_term(variance_hinge, oracle.variance_term)
    assert accepts_term(covariance_penalty, oracle.covariance_term)


@pytest.mark.parametrize("wrong", WRONG_VARIANCES)
def test_a_wrong_variance_is_rejected(wrong):
    assert not accepts_term(WRONG_VARIANCES[wrong], oracle.variance_term)


@pytest.mark.parametrize("wrong", WRONG_COVARIANCES)
def test_a_wrong_covariance_is_rejected(wrong):
    assert not accepts_term(WRONG_COVARIANCES[wrong], oracle.covariance_term)


@thoroughly
@given(views=pairs())
def test_they_equal_the_oracles(views):
    a, b = map(tensor, views)
    assert barlow_twins(a, b).item() == pytest.approx(oracle.barlow_twins(*views, WEIGHT), rel=1e-9, abs=1e-10)
    if len(a) > 1:
        assert vicreg(a, b).item() == pytest.approx(oracle.vicreg(*views), rel=1e-10, abs=1e-10)


@thoroughly
@given(views=pairs())
def test_they_do_not_change_with_order_or_sides_and_correlation_not_with_shift(views):
    a, b = map(tensor, views)
    loss = barlow_twins(a, b)
    for c, d in ((a.flip(0), b.flip(0)), (a.flip(1), b.flip(1)), (b, a), (a + 3, b - 5)):
        torch.testing.assert_close(barlow_twins(c, d), loss, rtol=1e-8, atol=1e-10)
    if len(a) > 1:
        for c, d in ((a.flip(0), b.flip(0)), (b, a), (a + 3, b + 3)):
            torch.testing.assert_close(vicreg(c, d), vicreg(a, b), rtol=1e-9, atol=1e-10)


def test_correlation_is_numpys_and_does_not_change_with_scale():
    a, b = (1000 * normal(20, 3, seed=seed).detach() for seed in range(2))
    expected = torch.corrcoef(torch.cat([a, b], 1).T)[:3, 3:]
    torch.testing.assert_close(cross_correlation(a, b), expected, rtol=0, atol=1e-9)
    torch.testing.assert_close(cross_correlation(a * torch.tensor([1, 5, 30]), b - 7), expected, rtol=0, atol=1e-9)


def test_collapse_has_closed_forms():
    same = torch.ones(6, 4, dtype=torch.float64)
    assert barlow_twins(same, same).item() == pytest.approx(4, abs=1e-12)
    assert vicreg(same, same).item() == pytest.approx(25 * 2 * (1 - math.sqrt(1e-4)), abs=1e-12)
    one_direction = normal(6, 1).detach().expand(6, 4)  # every feature says the same: agrees, and is redundant
    assert barlow_twins(one_direction, one_direction).item() == pytest.approx(WEIGHT * 12, rel=1e-3)
    assert covariance_penalty(one_direction).item() == pytest.approx(3 * one_direction[:, 0].var().item() ** 2)


def test_one_item_has_no_variance():
    for term in (variance_hinge, covariance_penalty):
        with pytest.raises(UserError, match="at least 2 items, got 1"):
            term(torch.ones(1, 3))
