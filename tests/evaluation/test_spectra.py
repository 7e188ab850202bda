import math

import pytest
import torch
from oracles import evaluation_oracle as oracle

from selftaught.core import UserError
from selftaught.evaluation import alpha_req, lidar, rankme
from selftaught.evaluation.spectra import variances


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slope(values: torch.Tensor, *, first: int, weighted: bool) -> float:
    """A straight line through log variance over log rank."""
    rank = torch.arange(first, len(values) + 1, dtype=torch.float64)
    weight = (1 / rank if weighted else torch.ones_like(rank)).sqrt()
    left = torch.stack([rank.log(), torch.ones_like(rank)], 1) * weight[:, None]
    return -float(torch.linalg.lstsq(left, (values[first - 1 :].log() * weight)[:, None]).solution[0])


@pytest.mark.parametrize(("n", "d"), [(40, 12), (9, 14)])
def test_alpha_req_equals_plain_loops_and_rejects_wrong_variants(n: int, d: int):
    vectors = noise(n, d) * torch.linspace(3, 0.2, d, dtype=torch.float64) + 5
    expected = oracle.alpha_req(vectors.tolist())
    assert alpha_req(vectors) == pytest.approx(expected, rel=1e-10)
    values = variances(vectors)
    values = values[values > 1e-12 * values[0]]
    raw = torch.linalg.svdvals(vectors).square()
    wrong = {
        "not centred": slope(raw[raw > 1e-12 * raw[0]], first=4, weighted=True),
        "singular values, not variances": slope(values.sqrt(), first=4, weighted=True),
        "from the first rank": slope(values, first=1, weighted=True),
        "ranks weighted alike": slope(values, first=4, weighted=False),
    }
    for name, value in wrong.items():
        assert value != pytest.approx(expected, rel=1e-4), name


def test_alpha_req_of_a_power_law_and_of_too_few_directions():
    for alpha in (0.5, 1.0, 2.0):
        spread = torch.diag(torch.arange(1, 129).double() ** (-alpha / 2))
        assert alpha_req(torch.cat([spread, -spread])) == pytest.approx(alpha, rel=1e-10)
    assert alpha_req(noise(50, 5)) is None
    assert alpha_req(torch.ones(50, 20)) is None


def test_variances_are_those_of_the_covariance():
    for n, d in ((30, 7), (5, 9)):
        vectors = noise(n, d) + 3
        expected = torch.linalg.eigvalsh(torch.cov(vectors.T, correction=0)).flip(0)[: min(n, d)]
        torch.testing.assert_close(variances(vectors), expected.clamp_min(0), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("n", "q", "d"), [(12, 3, 5), (4, 2, 7)])
def test_lidar_equals_plain_loops_and_rejects_wrong_variants(n: int, q: int, d: int):
    views = noise(n, 1, d) + 0.3 * noise(n, q, d, seed=1) * torch.arange(1, d + 1)
    expected = oracle.lidar(views.tolist(), 1e-4)
    assert lidar(views) == pytest.approx(expected, rel=1e-10)
    wrong = {
        "views not told apart from items": lidar(views.transpose(0, 1).reshape(n, q, d)),
        "rank of the means, not whitened": rankme(views.mean(1) - views.mean((0, 1))),
        "the ridge is one": lidar(views, ridge=1.0),
    }
    for name, value in wrong.items():
        assert value != pytest.approx(expected, rel=1e-3), name


def test_lidar_is_blind_to_directions_that_only_views_use():
    """RankMe counts noise as a direction; LiDAR does not."""
    items = torch.zeros(200, 10, 8, dtype=torch.float64)
    items[:, :, :2] = noise(200, 1, 2)
    jitter = items + 0.05 * noise(200, 10, 8, seed=1)
    loud = items.clone()
    loud[:, :, 2:] = 3 * noise(200, 10, 6, seed=2)
    assert lidar(jitter) < 3
    assert rankme(loud.flatten(0, 1)) > 6.5
    assert lidar(loud) < 2.2


def test_lidar_at_collapse_and_of_too_little():
    assert lidar(torch.ones(5, 2, 3)) == 0
    for shape in ((1, 4, 3), (4, 1, 3)):
        with pytest.raises(UserError, match="at least 2 items in at least 2 views"):
            lidar(torch.zeros(shape))
    assert not math.isnan(lidar(noise(3, 2, 50)))
