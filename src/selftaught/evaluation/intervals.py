"""How far an accuracy may be off because the test items are as few as they are."""

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from selftaught.core import UserError

__all__ = ["LEVEL", "RESAMPLES", "bootstrap_interval"]

LEVEL, RESAMPLES = 0.95, 2000


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
