"""Deep InfoMax and AMDIM as plain loops, written from the papers. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def log_sum_exp(values: Sequence[float]) -> float:
    """Logarithm of the sum of exponentials, shifted so that nothing overflows."""
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values))


def softplus(value: float) -> float:
    """log(1 + exp(value)) without overflow."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean."""
    return math.fsum(values) / len(values)


def scores(wholes: Rows, parts: Sequence[Rows]) -> list[list[list[float]]]:
    """For every whole i and item j, the dot products of whole i with the parts of j."""
    return [
        [[math.fsum(x * y for x, y in zip(whole, part, strict=True)) for part in item] for item in parts]
        for whole in wholes
    ]


def jensen_shannon(table: Sequence[Sequence[Sequence[float]]]) -> float:
    """DIM (1808.06670), eq. 4, negated: E_joint softplus(-T) + E_product softplus(T), no pair of one image in it."""
    own = [softplus(-score) for i, row in enumerate(table) for score in row[i]]
    wrong = [softplus(score) for i, row in enumerate(table) for j, item in enumerate(row) if j != i for score in item]
    return mean(own) + mean(wrong)


def donsker_varadhan(table: Sequence[Sequence[Sequence[float]]]) -> float:
    """DIM, eq. 2, negated: log E_product exp T - E_joint T."""
    own = [score for i, row in enumerate(table) for score in row[i]]
    wrong = [score for i, row in enumerate(table) for j, item in enumerate(row) if j != i for score in item]
    return log_sum_exp(wrong) - math.log(len(wrong)) - mean(own)


def info_nce(table: Sequence[Sequence[Sequence[float]]]) -> float:
    """DIM, eq. 5, negated, and AMDIM (1906.00910), eq. 2: one part among itself and all parts of other images."""
    each: list[float] = []
    for i, row in enumerate(table):
        wrong = [score for j, item in enumerate(row) if j != i for score in item]
        each += [log_sum_exp([score, *wrong]) - score for score in row[i]]
    return mean(each)


def accuracy(table: Sequence[Sequence[Sequence[float]]]) -> float:
    """How often the mean score is highest with the whole's own parts."""
    means = [[mean(item) for item in row] for row in table]
    return mean([float(row[i] > max(row[:i] + row[i + 1 :])) for i, row in enumerate(means)])


def clipped(score: float, bound: float) -> float:
    """AMDIM, section 3.4: c tanh(s / c)."""
    return bound * math.tanh(score / bound)


def scaled(table: Sequence[Sequence[Sequence[float]]], factor: float) -> list[list[list[float]]]:
    """Every score times a factor."""
    return [[[factor * score for score in item] for item in row] for row in table]


def amdim(table: Sequence[Sequence[Sequence[float]]], bound: float) -> float:
    """The loss of scores that are clipped first."""
    return info_nce([[[clipped(score, bound) for score in item] for item in row] for row in table])


def squared(table: Sequence[Sequence[Sequence[float]]]) -> float:
    """The mean square of all raw scores, those of own parts included."""
    return mean([score * score for row in table for item in row for score in item])
