"""Barlow Twins' and VICReg's statistics as plain loops, written from the papers. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Vectors = Sequence[Sequence[float]]


def column(rows: Vectors, feature: int) -> list[float]:
    """One feature of every item, without its mean."""
    values = [row[feature] for row in rows]
    mean = math.fsum(values) / len(values)
    return [value - mean for value in values]


def correlation(first: Vectors, second: Vectors, i: int, j: int) -> float:
    """Barlow Twins (2103.03230), eq. 2, of features that algorithm 1 standardises; 1e-5 as its batch norm has it."""
    a, b = column(first, i), column(second, j)
    lengths = [math.sqrt(math.fsum(x * x for x in side) / len(side) + 1e-5) for side in (a, b)]
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / len(a) / (lengths[0] * lengths[1])


def barlow_twins(first: Vectors, second: Vectors, redundancy_weight: float) -> float:
    """Barlow Twins (2103.03230), eq. 1."""
    total = 0.0
    for i in range(len(first[0])):
        for j in range(len(first[0])):
            c = correlation(first, second, i, j)
            total += (1 - c) ** 2 if i == j else redundancy_weight * c**2
    return total


def invariance(first: Vectors, second: Vectors) -> float:
    """VICReg (2105.04906), algorithm 1: the mean squared error over items and features."""
    squares = [(x - y) ** 2 for a, b in zip(first, second, strict=True) for x, y in zip(a, b, strict=True)]
    return math.fsum(squares) / len(squares)


def variance_term(rows: Vectors) -> float:
    """VICReg (2105.04906), eqs. 1 and 2, gamma 1 and epsilon 1e-4."""
    total = 0.0
    for feature in range(len(rows[0])):
        values = column(rows, feature)
        variance = math.fsum(value * value for value in values) / (len(values) - 1)
        total += max(0.0, 1 - math.sqrt(variance + 1e-4))
    return total / len(rows[0])


def covariance_term(rows: Vectors) -> float:
    """VICReg (2105.04906), eqs. 3 and 4."""
    total = 0.0
    for i in range(len(rows[0])):
        for j in range(len(rows[0])):
            if i != j:
                products = [x * y for x, y in zip(column(rows, i), column(rows, j), strict=True)]
                total += (math.fsum(products) / (len(rows) - 1)) ** 2
    return total / len(rows[0])


def vicreg(first: Vectors, second: Vectors, weights: Sequence[float] = (25, 25, 1)) -> float:
    """VICReg (2105.04906), eq. 6 for one batch: lambda s + mu [v(Z) + v(Z')] + nu [c(Z) + c(Z')]."""
    variance = variance_term(first) + variance_term(second)
    covariance = covariance_term(first) + covariance_term(second)
    return weights[0] * invariance(first, second) + weights[1] * variance + weights[2] * covariance
