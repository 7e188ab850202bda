"""Figures without labels, and of retrieval, as plain loops from the papers. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

from oracles.evaluation_oracle import Vectors, singular_values


def centred(rows: Vectors) -> list[list[float]]:
    """Less the mean of each column."""
    mean = [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]
    return [[x - m for x, m in zip(row, mean, strict=True)] for row in rows]


def alpha_req(rows: Vectors) -> float:
    """Minus the slope of log variance over log rank, ranks 4..100, weights 1 / rank (published program)."""
    limit = min(len(rows), len(rows[0]), 100)
    variances = [value * value / len(rows) for value in singular_values(centred(rows))][:limit]
    points = [
        (math.log(rank), math.log(v), 1 / rank)
        for rank, v in enumerate(variances, 1)
        if rank >= 4 and v > 1e-12 * variances[0]
    ]
    # Normal equations of: minimise sum of w (a + b x - y)².
    s0, s1, s2 = (math.fsum(w * x**power for x, _, w in points) for power in range(3))
    t0, t1 = (math.fsum(w * y * x**power for x, y, w in points) for power in range(2))
    return -(s0 * t1 - s1 * t0) / (s0 * s2 - s1 * s1)


def lidar(items: Sequence[Vectors], delta: float) -> float:
    """Thilak et al. (2312.04000), section 4: whiten item means by the noise of the views, then the smooth rank."""
    d, q, n = len(items[0][0]), len(items[0]), len(items)
    means = [[math.fsum(column) / q for column in zip(*views, strict=True)] for views in items]
    noise = [[delta * (i == j) for j in range(d)] for i in range(d)]
    for views, mean in zip(items, means, strict=True):
        for view in views:
            off = [x - m for x, m in zip(view, mean, strict=True)]
            for i in range(d):
                for j in range(d):
                    noise[i][j] += off[i] * off[j] / (n * q)
    root = cholesky(noise)
    whitened = [forward(root, row) for row in centred(means)]
    values = [s * s / n for s in singular_values(whitened)][: min(n, d)]
    shares = [value / math.fsum(values) + 1e-7 for value in values]
    return math.exp(-math.fsum(p * math.log(p) for p in shares))


def cholesky(matrix: Vectors) -> list[list[float]]:
    """The lower triangle L with L L' = matrix."""
    d = len(matrix)
    root = [[0.0] * d for _ in range(d)]
    for i in range(d):
        for j in range(i + 1):
            rest = matrix[i][j] - math.fsum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(rest) if i == j else rest / root[j][j]
    return root


def forward(root: Vectors, row: Sequence[float]) -> list[float]:
    """Solves root x = row."""
    found: list[float] = []
    for i, value in enumerate(row):
        found.append((value - math.fsum(root[i][k] * found[k] for k in range(i))) / root[i][i])
    return found


def unit(row: Sequence[float]) -> list[float]:
    """Of length one."""
    length = math.sqrt(math.fsum(x * x for x in row))
    return [x / length for x in row]


def squared_distance(a: Sequence[float], b: Sequence[float]) -> float:
    """Between directions."""
    return math.fsum((x - y) ** 2 for x, y in zip(unit(a), unit(b), strict=True))


def alignment(a: Vectors, b: Vectors) -> float:
    """Wang and Isola (2005.10242): mean squared distance of positive pairs."""
    return math.fsum(squared_distance(x, y) for x, y in zip(a, b, strict=True)) / len(a)


def uniformity(rows: Vectors) -> float:
    """Wang and Isola: log of the mean of exp(-2 squared distance) over pairs of different items."""
    pairs = [(i, j) for i in range(len(rows)) for j in range(i)]
    return math.log(math.fsum(math.exp(-2 * squared_distance(rows[i], rows[j])) for i, j in pairs) / len(pairs))


def average_precision(similarities: Sequence[float], same: Sequence[bool]) -> float:
    """Mean over relevant items of the precision among all that are at least as near."""
    precisions: list[float] = []
    for near, relevant in zip(similarities, same, strict=True):
        if relevant:
            ahead = [hit for other, hit in zip(similarities, same, strict=True) if other >= near]
            precisions.append(sum(ahead) / len(ahead))
    return math.fsum(precisions) / len(precisions) if precisions else 0.0
