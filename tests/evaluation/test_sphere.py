import math

import pytest
import torch
import torch.nn.functional as F
from oracles import evaluation_oracle as oracle

from selftaught.core import UserError
from selftaught.evaluation import alignment, sphere, uniformity


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_alignment_equals_plain_loops_and_rejects_wrong_variants():
    a, b = noise(9, 5), noise(9, 5, seed=1)
    expected = oracle.alignment(a.tolist(), b.tolist())
    assert alignment(a, b) == pytest.approx(expected, rel=1e-10)
    unit = F.normalize(a), F.normalize(b)
    wrong = {
        "not of unit length": (a - b).square().sum(1).mean(),
        "distances, not their squares": (unit[0] - unit[1]).norm(dim=1).mean(),
        "mean over features": (unit[0] - unit[1]).square().mean(),
        "another item's view": (unit[0] - unit[1].roll(1, 0)).square().sum(1).mean(),
    }
    for name, value in wrong.items():
        assert float(value) != pytest.approx(expected, rel=1e-3), name


@pytest.mark.parametrize("rows", [3, 512])
def test_uniformity_equals_plain_loops_and_rejects_wrong_variants(rows: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sphere, "_ROWS", rows)
    vectors = noise(11, 4) + 1
    expected = oracle.uniformity(vectors.tolist())
    assert uniformity(vectors) == pytest.approx(expected, rel=1e-10)
    squares = torch.cdist(F.normalize(vectors), F.normalize(vectors)).square()
    pairs = squares[torch.ones(11, 11).triu(1).bool()]
    wrong = {
        "each item beside itself": torch.exp(-2 * squares).mean().log(),
        "t = 1": torch.exp(-pairs).mean().log(),
        "mean of logarithms": (-2 * pairs).mean(),
        "not of unit length": torch.exp(-2 * torch.pdist(vectors).square()).mean().log(),
    }
    for name, value in wrong.items():
        assert float(value) != pytest.approx(expected, rel=1e-3), name


def test_known_values():
    assert alignment(torch.ones(4, 3), torch.ones(4, 3)) == 0
    assert alignment(torch.eye(3), -torch.eye(3)) == pytest.approx(4)
    assert uniformity(torch.ones(6, 3)) == pytest.approx(0, abs=1e-12)
    assert uniformity(noise(2000, 512)) == pytest.approx(-4, abs=0.02)


def test_many_vectors_are_sampled(monkeypatch: pytest.MonkeyPatch):
    vectors = noise(600, 8)
    whole = uniformity(vectors)
    monkeypatch.setattr(sphere, "_MOST_ITEMS", 200)
    assert uniformity(vectors, seed=1) == uniformity(vectors, seed=1) != uniformity(vectors, seed=2)
    assert uniformity(vectors) == pytest.approx(whole, abs=0.1)
    assert not math.isclose(uniformity(vectors), whole)


def test_too_few_vectors():
    with pytest.raises(UserError, match="at least 2 vectors, got 1"):
        uniformity(torch.zeros(1, 3))
    with pytest.raises(UserError, match="at least one vector"):
        alignment(torch.zeros(0, 3), torch.zeros(0, 3))
