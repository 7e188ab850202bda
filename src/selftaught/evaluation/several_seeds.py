"""Whether a mean over several trainings and many test items is more than chance: both are draws from many."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from selftaught.core import UserError
from selftaught.evaluation.intervals import LEVEL

__all__ = ["SEEDS_RULE", "OverSeeds", "holm", "mean_over_seeds"]

SEEDS_RULE = (
    "A difference is the mean, over seeds and test items, of what one encoder gets right and the other does not. Its "
    "interval and p-value take both the seeds and the items as draws from many (a two-way analysis of variance with "
    "the degrees of freedom of Hillis 2007); with one seed only the items. It is called real where p, corrected by "
    "Holm's method over all differences of the same figure and question, is below 5 %."
)


@dataclass(frozen=True, kw_only=True)
class OverSeeds:
    """A mean over seeds and items, and how far chance may have moved it.

    Args:
        mean: of all values.
        interval: 95 %, from the t distribution; infinite where a single value says nothing of its error.
        p_value: two-sided, of a mean as far from 0 as this if the true one were 0.
        degrees_of_freedom: of the t distribution; infinite is the normal one.

    Example:
        >>> import numpy as np
        >>> from selftaught.evaluation import mean_over_seeds
        >>> mean_over_seeds(np.array([[0.0], [1.0], [2.0]])).mean
        1.0
    """

    mean: float
    interval: tuple[float, float]
    p_value: float
    degrees_of_freedom: float


def mean_over_seeds(values: Float[np.ndarray, "seeds items"]) -> OverSeeds:
    """The mean of a table whose rows are seeds and whose columns are test items, both drawn at random.

    With mean squares M of the seeds, of the items, and of what remains:

        variance of the mean = (M_seeds + max(M_items - M_rest, 0)) / (seeds · items)
        degrees of freedom   = (M_seeds + max(M_items - M_rest, 0))² / (M_seeds² / (seeds - 1))

    Averaging over seeds as if they were items, or over items as if there were one seed, takes a difference between two
    trainings for one between two methods. With one seed or with one item it is the t interval over the others.

    Args:
        values: what each item adds under each seed: a share in [0, 1], a difference of two in [-1, 1]; or one value a
            seed, in any unit.

    Returns:
        The mean with its interval, in the unit of the values; where all values are equal the interval is that value.

    Raises:
        UserError: there are no values.

    Source:
        Hillis 2007, https://doi.org/10.1002/sim.2532, where readers are our seeds and cases our items.

    Example:
        >>> import numpy as np
        >>> from selftaught.evaluation import mean_over_seeds
        >>> right = np.random.default_rng(0).integers(0, 2, (3, 500)).astype(float)
        >>> found = mean_over_seeds(right)
        >>> found.interval[0] < 0.5 < found.interval[1], found.p_value < 0.05
        (True, True)
    """
    if values.size == 0:
        raise UserError("expected at least one item of one seed, got none")
    seeds, items = values.shape
    values = values.astype(np.float64)
    mean = float(values.mean())
    if values.size == 1:
        return OverSeeds(mean=mean, interval=(-math.inf, math.inf), p_value=1.0, degrees_of_freedom=0.0)
    if min(seeds, items) == 1:
        variance, freedom = float(values.var(ddof=1)) / values.size, float(values.size - 1)
    else:
        of_seeds, of_items = values.mean(1, keepdims=True), values.mean(0, keepdims=True)
        rest = float(np.square(values - of_seeds - of_items + mean).sum()) / ((seeds - 1) * (items - 1))
        between_seeds = items * float(of_seeds.var(ddof=1))
        spread = between_seeds + max(seeds * float(of_items.var(ddof=1)) - rest, 0.0)
        variance = spread / values.size
        freedom = math.inf if between_seeds == 0 else spread**2 / (between_seeds**2 / (seeds - 1))
    return _judged(mean, math.sqrt(variance), freedom)


def _judged(mean: float, error: float, freedom: float) -> OverSeeds:
    from scipy import stats

    if error == 0:
        p_value = 1.0 if mean == 0 else 0.0
        return OverSeeds(mean=mean, interval=(mean, mean), p_value=p_value, degrees_of_freedom=freedom)
    reach = error * float(stats.t.ppf((1 + LEVEL) / 2, freedom))
    return OverSeeds(
        mean=mean,
        interval=(mean - reach, mean + reach),
        p_value=float(2 * stats.t.sf(abs(mean) / error, freedom)),
        degrees_of_freedom=freedom,
    )


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P-values corrected for how many there are: below 5 % in all but 5 % of such families, none is so by chance.

    The smallest is multiplied by their number m, the next by m - 1, and so on; none falls below one before it.

    Args:
        p_values: of one family of questions, each in [0, 1].

    Returns:
        The corrected ones in the order given, at most 1.

    Source:
        Holm 1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.

    Example:
        >>> from selftaught.evaluation import holm
        >>> holm([0.01, 0.5, 0.02])
        (0.03, 0.5, 0.04)
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min((len(p_values) - rank) * p_values[place], 1.0))
        corrected[place] = highest
    return tuple(corrected)
