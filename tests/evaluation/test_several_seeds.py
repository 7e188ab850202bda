"""Seeds and items are both drawn: against a plain oracle, against scipy, and by how often chance is called real."""

import math

import numpy as np
import pytest
from oracles import over_seeds
from scipy import stats

from selftaught.core import UserError
from selftaught.evaluation import OverSeeds, holm, mean_over_seeds


def table(seeds: int, items: int, *, of_seeds: float = 0.02, of_items: float = 0.3, number: int = 0) -> np.ndarray:
    random = np.random.default_rng(number)
    rows = of_seeds * random.normal(size=(seeds, 1)) + of_items * random.normal(size=(1, items))
    return rows + 0.2 * random.normal(size=(seeds, items))


@pytest.mark.parametrize(("seeds", "items"), [(2, 5), (3, 40), (5, 17), (4, 2)])
@pytest.mark.parametrize("of_items", [0.0, 0.3])
def test_equals_the_oracle(seeds, items, of_items):
    values = table(seeds, items, of_items=of_items) + 0.05
    found = mean_over_seeds(values)
    error, freedom = over_seeds.error_and_freedom(values.tolist())
    reach = stats.t.ppf(0.975, freedom) * error
    assert found.mean == pytest.approx(values.mean(), abs=1e-12)
    assert found.degrees_of_freedom == pytest.approx(freedom, rel=1e-10)
    assert found.interval == pytest.approx((values.mean() - reach, values.mean() + reach), abs=1e-10)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(values.mean()) / error, freedom), abs=1e-10)


def test_of_one_seed_or_of_one_item_it_is_students_t():
    values = table(1, 30, of_seeds=0.0) + 0.1
    for one in (values, values.T):
        found, expected = mean_over_seeds(one), stats.ttest_1samp(values[0], 0.0)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-10)
        interval = expected.confidence_interval()
        assert found.interval == pytest.approx((interval.low, interval.high), abs=1e-10)


def test_values_that_are_all_equal_or_alone():
    same = mean_over_seeds(np.full((3, 8), 0.25))
    assert (same.interval, same.p_value) == ((0.25, 0.25), 0.0)
    assert mean_over_seeds(np.zeros((3, 8))).p_value == 1.0
    alone = mean_over_seeds(np.ones((1, 1)))
    assert (alone.interval, alone.p_value) == ((-math.inf, math.inf), 1.0)
    with pytest.raises(UserError, match="expected at least one item of one seed"):
        mean_over_seeds(np.zeros((0, 4)))


def test_seeds_that_are_alike_leave_the_normal_law_of_items():
    row = table(1, 200)
    found = mean_over_seeds(np.repeat(row, 3, axis=0))
    assert found.degrees_of_freedom > 1e12
    assert found.interval[1] - found.mean == pytest.approx(1.959964 * row.std(ddof=1) / math.sqrt(200), rel=1e-5)


def _items_alone(values: np.ndarray) -> float:
    return mean_over_seeds(values.mean(0, keepdims=True)).p_value


def _all_alike(values: np.ndarray) -> float:
    return mean_over_seeds(values.reshape(1, -1)).p_value


def _normal_law(values: np.ndarray) -> float:
    found: OverSeeds = mean_over_seeds(values)
    error = (found.interval[1] - found.mean) / stats.t.ppf(0.975, found.degrees_of_freedom)
    return float(2 * stats.norm.sf(abs(found.mean) / error))


def _resampled(values: np.ndarray) -> float:
    """The percentile bootstrap of seeds and items, as 2 times the share of means beyond 0."""
    random = np.random.default_rng(0)
    rows = random.integers(0, len(values), (200, len(values)))
    columns = random.multinomial(values.shape[1], np.full(values.shape[1], 1 / values.shape[1]), size=200)
    means = ((columns @ values.T)[np.arange(200)[:, None], rows]).mean(1) / values.shape[1]
    return float(2 * min((means > 0).mean(), (means < 0).mean()))


def false_alarms(p_value, *, of_seeds: float, of_items: float) -> float:
    """How often no difference at all is called one, with three seeds."""
    tables = (table(3, 60, of_seeds=of_seeds, of_items=of_items, number=number) for number in range(400))
    return float(np.mean([p_value(values) < 0.05 for values in tables]))


def test_chance_is_called_real_as_often_as_promised():
    for of_seeds, of_items in ((0.1, 0.1), (0.02, 0.3), (0.0, 0.0)):
        rate = false_alarms(lambda values: mean_over_seeds(values).p_value, of_seeds=of_seeds, of_items=of_items)
        assert rate <= 0.1, (of_seeds, of_items)


@pytest.mark.parametrize("wrong", [_items_alone, _all_alike, _normal_law, _resampled])
def test_wrong_variants_see_what_is_not_there(wrong):
    assert false_alarms(wrong, of_seeds=0.1, of_items=0.1) > 0.12


def test_a_difference_that_is_there_is_found():
    values = table(3, 500, of_seeds=0.005, of_items=0.3) + 0.1
    assert mean_over_seeds(values).p_value < 0.01


@pytest.mark.parametrize("p_values", [[0.01, 0.04, 0.03, 0.005], [0.5], [0.9, 0.8, 0.02], [0.2, 0.2, 0.0, 1.0], []])
def test_holm_equals_the_oracle_and_rejects_wrong_variants(p_values):
    found = holm(p_values)
    assert found == pytest.approx(over_seeds.holm(p_values), abs=1e-12)
    if len(p_values) == 4 and p_values[0] == 0.01:
        assert found != pytest.approx([4 * p for p in p_values]), "Bonferroni"
        assert found != pytest.approx(stats.false_discovery_control(p_values)), "Benjamini and Hochberg"
        assert found != pytest.approx([0.03, 0.04, 0.06, 0.02]), "without the running maximum"
