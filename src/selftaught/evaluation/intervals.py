"""How far a figure may be off because the test items are as few as they are."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from selftaught.core import UserError

__all__ = ["LEVEL", "RESAMPLES", "bootstrap_interval", "middle", "resamples"]

LEVEL, RESAMPLES = 0.95, 2000
_COUNTS = 2**20  # at a time


def bootstrap_interval(
    values: Float[Tensor, "draws items"] | Bool[Tensor, "draws items"], *, seed: int = 0
) -> tuple[float, float]:
    """The interval in which 95 % of the means lie when items are drawn again from the items, with replacement.

    An item's values over draws of the labels are averaged first, as the draws share their test items. Of the paired
    differences of two encoders it is the interval of their difference: both see the same items in each resample. As
    only an item's mean counts, items of equal means are drawn together, from a multinomial distribution.

    Args:
        values: of each item, one line a draw: right or wrong, a precision, or a difference.
        seed: of the 2,000 resamples.

    Returns:
        The percentiles 2.5 and 97.5, in the unit of the values. Where all values are equal both are that value: such
        a sample knows nothing of its own error.

    Raises:
        UserError: there are no items.

    Source:
        Efron 1979, https://doi.org/10.1214/aos/1176344552, for the bootstrap; the percentile interval.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import bootstrap_interval
        >>> bootstrap_interval(torch.tensor([[True, True, True, False] * 25]))
        (0.66, 0.84)
    """
    if values.numel() == 0:
        raise UserError("expected at least one item in one draw, got none")
    means = values.double().mean(0).cpu().numpy()
    distinct, counts = np.unique(means, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(means), counts / len(means), size=RESAMPLES)
    low, high = np.quantile(drawn @ distinct / len(means), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def resamples(items: int, *, seed: int = 0) -> Iterator[Float[Tensor, "some items"]]:
    """How often each item was drawn, in 2,000 resamples of the items with replacement, some resamples at a time.

    For figures that are no means over items, such as R²: what a figure of counted items is on each resample says how
    far it may be off. Two encoders on the same items share their resamples, so that differences are paired.

    Args:
        items: how many there are.
        seed: of the draws.

    Raises:
        UserError: there are no items.

    Example:
        >>> from selftaught.evaluation.intervals import resamples
        >>> [(len(counts), int(counts.sum(1).min())) for counts in resamples(5)]
        [(2000, 5)]
    """
    if items < 1:
        raise UserError("expected at least one item to draw from, got none")
    generator = np.random.default_rng(seed)
    at_a_time = min(max(_COUNTS // items, 1), RESAMPLES)
    for start in range(0, RESAMPLES, at_a_time):
        rows = range(min(at_a_time, RESAMPLES - start))
        drawn = [np.bincount(generator.integers(items, size=items), minlength=items) for _ in rows]
        yield torch.from_numpy(np.stack(drawn)).double()


def middle(values: Float[Tensor, " resamples"]) -> tuple[float, float]:
    """The interval in which 95 % of the values lie. A resample on which there is no figure is nan, and left out.

    Raises:
        UserError: there is no figure on any.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.intervals import middle
        >>> [round(end, 6) for end in middle(torch.arange(1001.0))]
        [25.0, 975.0]
    """
    ends = torch.tensor([(1 - LEVEL) / 2, (1 + LEVEL) / 2], dtype=torch.float64)
    low, high = values.double().cpu().nanquantile(ends).tolist()
    if low != low:
        raise UserError("expected a figure on at least one resample, got none")
    return low, high
