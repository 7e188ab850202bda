"""How much of what there is is in use, as plain loops. No torch, no numpy, no selftaught."""

import math
import statistics
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def mean_deviation(rows: Rows) -> float:
    """The mean over features of the standard deviation over items, of n."""
    return statistics.fmean(statistics.pstdev(feature) for feature in zip(*rows, strict=True))


def share_in_use(numbers: Sequence[int], codes: int) -> float:
    """Exponential of the entropy of the shares of `codes` codes, over as many, or over as many as were chosen."""
    shares = [numbers.count(code) / len(numbers) for code in range(codes)]
    return math.exp(-math.fsum(share * math.log(share) for share in shares if share)) / min(codes, len(numbers))


def to_the_nearest(rows: Rows) -> float:
    """The distance of the middle item to the nearest other one; of two middle ones the smaller."""
    nearest = [min(math.dist(row, other) for j, other in enumerate(rows) if j != i) for i, row in enumerate(rows)]
    return statistics.median_low(nearest)


def variety(made: Rows, true: Rows) -> float:
    """How far the made ones are from each other, over how far the true ones are."""
    return to_the_nearest(made) / to_the_nearest(true)
