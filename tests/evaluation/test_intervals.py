import numpy as np
import pytest
import torch
from scipy import stats

from selftaught.core import UserError
from selftaught.evaluation import bootstrap_interval
from selftaught.evaluation.intervals import RESAMPLES, middle, resamples


def answers(draws: int, items: int, *, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    hardness = torch.rand(items, generator=generator)
    return torch.rand(draws, items, generator=generator) > hardness


def test_of_right_and_wrong_it_is_the_binomial_law():
    right = (torch.arange(500) < 430)[None]
    expected = stats.binom(500, 0.86).ppf([0.025, 0.975]) / 500
    assert bootstrap_interval(right) == pytest.approx(tuple(expected), abs=0.003)


def test_equals_scipy_and_rejects_wrong_variants():
    values = answers(5, 300)
    low, high = bootstrap_interval(values)
    means = values.double().mean(0).numpy()
    peer = stats.bootstrap((means,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(0))
    expected = peer.confidence_interval
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.004)
    wrong = {
        "draws count as items": bootstrap_interval(values.flatten()[None]),
        "draws resampled, not items": bootstrap_interval(values.double().T),
        "one item's spread, not the mean's": tuple(np.quantile(means, [0.025, 0.975])),
    }
    for name, (a, b) in wrong.items():
        assert abs((b - a) - (high - low)) > 0.15 * (high - low), name


def test_paired_differences_cancel_what_items_share():
    first = answers(1, 400)
    second = first.clone()
    second[0, :8] = ~second[0, :8]
    low, high = bootstrap_interval(first.double() - second.double())
    apart = sum(b - a for a, b in map(bootstrap_interval, (first, second)))
    assert high - low < 0.5 * apart


def test_seed_and_degenerate_samples():
    values = answers(1, 50)
    assert bootstrap_interval(values, seed=1) == bootstrap_interval(values, seed=1)
    assert bootstrap_interval(torch.ones(3, 7)) == (1.0, 1.0)
    with pytest.raises(UserError, match="at least one item"):
        bootstrap_interval(torch.zeros(1, 0))


@pytest.mark.parametrize("items", [7, 3000])
def test_resamples_are_draws_with_replacement_and_the_same_for_one_seed(items: int):
    counts = torch.cat(list(resamples(items, seed=3)))
    assert counts.shape == (RESAMPLES, items)
    assert (counts.sum(1) == items).all()
    assert counts.var(0).mean() == pytest.approx(1 - 1 / items, rel=0.05)
    assert torch.equal(counts, torch.cat(list(resamples(items, seed=3))))
    assert not torch.equal(counts, torch.cat(list(resamples(items, seed=4))))
    with pytest.raises(UserError, match="at least one item"):
        list(resamples(0))


def test_of_a_mean_they_give_the_interval_of_the_mean():
    values = answers(1, 300).double()
    found = middle(torch.cat([counts @ values[0] / 300 for counts in resamples(300)]))
    assert found == pytest.approx(bootstrap_interval(values), abs=0.006)


def test_resamples_without_a_figure_are_left_out():
    assert middle(torch.tensor([1.0, torch.nan, 1.0])) == (1.0, 1.0)
    with pytest.raises(UserError, match="on at least one resample"):
        middle(torch.full((3,), torch.nan))
