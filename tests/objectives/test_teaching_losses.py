"""BYOL's and SimSiam's energies against loops written from the papers, and wrong versions that are rejected."""

import pytest
import torch
from embeddings import normal, pairs, tensor, thoroughly
from hypothesis import given
from oracles import distillation as oracle
from torch.nn import functional as F

from selftaught.objectives import cosine_distance, negative_cosine


def accepts(objective):
    """Whether a function is the squared distance of unit vectors, a number a row: value and gradient."""
    for seed in range(3):
        a, b = normal(4, 3, seed=seed), normal(4, 3, seed=seed + 100)
        expected = [oracle.byol_one_way([x], [y]) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
        got = objective(a, b)
        if got.shape != (4,) or (got - tensor(expected)).abs().max() > 1e-10:
            return False
    return torch.autograd.gradcheck(objective, (normal(3, 4), normal(3, 4, seed=1)), raise_exception=False)


WRONG = {
    "not normalised": lambda a, b: (a - b).square().sum(1),
    "mean over features": lambda a, b: (F.normalize(a, dim=1) - F.normalize(b, dim=1)).square().mean(1),
    "one minus the cosine": lambda a, b: 1 - F.cosine_similarity(a, b),
    "minus the cosine": lambda a, b: -F.cosine_similarity(a, b),
    "normalised over the batch": lambda a, b: (F.normalize(a, dim=0) - F.normalize(b, dim=0)).square().sum(1),
    "the root": lambda a, b: (2 - 2 * F.cosine_similarity(a, b)).sqrt(),
    "mean over rows": lambda a, b: (2 - 2 * F.cosine_similarity(a, b)).mean().expand(len(a)),
    "another row": lambda a, b: 2 - 2 * F.cosine_similarity(a, b.roll(1, 0)),
    "one side without gradient": lambda a, b: 2 - 2 * F.cosine_similarity(a, b.detach()),
}


def test_the_distance_is_accepted():
    assert accepts(cosine_distance)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_distance_is_rejected(wrong):
    assert not accepts(WRONG[wrong])


@thoroughly
@given(views=pairs())
def test_it_equals_the_oracle(views):
    got = cosine_distance(*map(tensor, views)).mean().item()
    assert got == pytest.approx(oracle.byol_one_way(*views), abs=1e-10)


@thoroughly
@given(views=pairs())
def test_it_does_not_change_with_scale_or_sides(views):
    a, b = map(tensor, views)
    distance = cosine_distance(a, b)
    for c, d in ((b, a), (7 * a, 0.3 * b)):
        torch.testing.assert_close(cosine_distance(c, d), distance, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(cosine_distance(a.flip(0), b.flip(0)), distance.flip(0), rtol=0, atol=1e-12)


def test_closed_forms():
    a = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    b = torch.tensor([[2.0, 0.0], [0.0, 5.0], [-3.0, 0.0]], dtype=torch.float64)
    assert cosine_distance(a, b).tolist() == pytest.approx([0, 2, 4], abs=1e-15)


def accepts_negative_cosine(objective):
    """Whether a function is minus the cosine, a number a row: value and gradient, of both sides."""
    for seed in range(3):
        p, z = normal(4, 3, seed=seed), normal(4, 3, seed=seed + 100)
        expected = [oracle.negative_cosine(x, y) for x, y in zip(p.tolist(), z.tolist(), strict=True)]
        got = objective(p, z)
        if got.shape != (4,) or (got - tensor(expected)).abs().max() > 1e-10:
            return False
    return torch.autograd.gradcheck(objective, (normal(3, 4), normal(3, 4, seed=1)), raise_exception=False)


WRONG_COSINES = {
    "dot product": lambda p, z: -(p * z).sum(1),
    "squared distance": cosine_distance,
    "one minus the cosine": lambda p, z: 1 - F.cosine_similarity(p, z),
    "the cosine": lambda p, z: F.cosine_similarity(p, z),
    "normalised over the batch": lambda p, z: -(F.normalize(p, dim=0) * F.normalize(z, dim=0)).sum(1),
    "another row": lambda p, z: -F.cosine_similarity(p, z.roll(1, 0)),
    "half": lambda p, z: -F.cosine_similarity(p, z) / 2,
    "one side without gradient": lambda p, z: -F.cosine_similarity(p, z.detach()),
}


def test_the_negative_cosine_is_accepted():
    assert accepts_negative_cosine(negative_cosine)


@pytest.mark.parametrize("wrong", WRONG_COSINES)
def test_a_wrong_cosine_is_rejected(wrong):
    assert not accepts_negative_cosine(WRONG_COSINES[wrong])
