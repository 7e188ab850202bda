import pytest
import torch
from sklearn.preprocessing import StandardScaler

from selftaught.evaluation import rotation
from selftaught.evaluation.rotation import ItemSets, Rotation, Standard, moments


def vectors(n: int, d: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, d, generator=generator) @ torch.randn(d, d, generator=generator) + 3


def test_moments_are_those_of_all_rows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rotation, "_ROWS", 7)
    given = vectors(50, 4)
    mean, deviation = moments(given)
    torch.testing.assert_close(mean, given.double().mean(0))
    torch.testing.assert_close(deviation, given.double().std(0, correction=0))


def test_standard_is_that_of_sklearn():
    given = vectors(50, 4)
    given[:, 2] = 1e6 + 0.1  # constant, and not exactly so in float32 sums
    expected = StandardScaler().fit_transform(given.double().numpy())
    torch.testing.assert_close(Standard.of(given)(given), torch.from_numpy(expected))


@pytest.mark.parametrize(("n", "d"), [(50, 8), (8, 20)])
def test_rotation_keeps_all_products(n: int, d: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rotation, "_ROWS", 7)
    given = vectors(n, d)
    rotate = Rotation.of(given)
    standardised, rotated = rotate.standard(given), rotate(given)
    assert rotated.shape == (n, min(n, d))
    torch.testing.assert_close(rotated @ rotated.T, standardised @ standardised.T, atol=1e-8, rtol=1e-8)
    covariance = rotated.T @ rotated
    off = covariance - covariance.diagonal().diag()
    assert off.abs().max() < 1e-8 * covariance.abs().max(), "axes along which items do not correlate"


@pytest.mark.parametrize("count", [4, 30])
def test_sets_give_the_scores_of_their_slopes(count: int):
    generator = torch.Generator().manual_seed(0)
    rotated = vectors(40, 8).double()
    rows = torch.stack([torch.randperm(40, generator=generator)[:count] for _ in range(2)])
    sets = ItemSets.of(rotated, rows)
    assert sets.items.shape == (2, count, min(count, 8) + 1)
    torch.testing.assert_close(sets.curvature, sets.items.square().mean(1))
    coefficients = torch.randn(2, 3, sets.items.shape[2], generator=generator, dtype=torch.float64)
    within = (coefficients @ sets.items.mT)[0]  # (k, n)
    torch.testing.assert_close(sets.scores(rotated, coefficients)[0][:, rows[0]], within)
    slopes, intercepts = sets.slopes(coefficients)
    torch.testing.assert_close(
        slopes[1] @ rotated[rows[1]].T + intercepts[1][:, None], (coefficients @ sets.items.mT)[1]
    )


def test_large_sets_take_half_the_memory(monkeypatch: pytest.MonkeyPatch):
    assert Rotation.of(vectors(50, 8)).dtype == torch.float64
    monkeypatch.setattr(rotation, "_LARGEST_DOUBLE", 399)
    assert Rotation.of(vectors(50, 8))(vectors(50, 8)).dtype == torch.float32
