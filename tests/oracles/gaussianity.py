"""SIGReg and LeJEPA's loss as plain loops, written from the paper. No torch, no numpy, no selftaught."""

import cmath
import math
from collections.abc import Sequence

Vectors = Sequence[Sequence[float]]


def epps_pulley(sample: Sequence[float]) -> float:
    """LeJEPA (2511.08544), section 4.2 and the program for SIGReg: trapezoid rule on 17 knots from -5 to 5."""
    knots = [-5 + 10 * k / 16 for k in range(17)]
    heights = []
    for t in knots:
        empirical = sum(cmath.exp(1j * t * x) for x in sample) / len(sample)
        heights.append(abs(empirical - math.exp(-(t**2) / 2)) ** 2 * math.exp(-(t**2) / 2))
    area = sum((heights[k] + heights[k + 1]) / 2 * (knots[k + 1] - knots[k]) for k in range(16))
    return len(sample) * area


def epps_pulley_exactly(sample: Sequence[float]) -> float:
    """The same integral over all t, solved: Gaussian integrals of cosines of differences and of the values."""
    n = len(sample)
    pairs = math.fsum(math.exp(-((x - y) ** 2) / 2) for x in sample for y in sample)
    singles = math.fsum(math.exp(-(x**2) / 4) for x in sample)
    return math.sqrt(2 * math.pi) * pairs / n - 2 * math.sqrt(math.pi) * singles + n * math.sqrt(2 * math.pi / 3)


def sigreg(rows: Vectors, directions: Vectors) -> float:
    """The mean statistic of the dot products with each column of `directions`."""
    count = len(directions[0])
    shadows = [
        [math.fsum(x * direction[m] for x, direction in zip(row, directions, strict=True)) for row in rows]
        for m in range(count)
    ]
    return sum(epps_pulley(shadow) for shadow in shadows) / count


def lejepa(views: Sequence[Vectors], directions: Vectors, weight: float) -> float:
    """LeJEPA (2511.08544), section 5, where all views are global: squared distance from their mean, and SIGReg."""
    squares = []
    for item in zip(*views, strict=True):
        for feature in zip(*item, strict=True):
            centre = math.fsum(feature) / len(feature)
            squares += [(value - centre) ** 2 for value in feature]
    prediction = math.fsum(squares) / len(squares)
    return (1 - weight) * prediction + weight * sum(sigreg(view, directions) for view in views) / len(views)
