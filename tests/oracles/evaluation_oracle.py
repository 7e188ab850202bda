"""Figures of an evaluation as plain loops, written from the papers. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Vectors = Sequence[Sequence[float]]


def singular_values(rows: Vectors) -> list[float]:
    """By one-sided Jacobi rotations: columns are turned in pairs until all are orthogonal; their lengths remain."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    for _ in range(60):
        largest = 0.0
        for i in range(len(columns)):
            for j in range(i + 1, len(columns)):
                a, b = columns[i], columns[j]
                alpha, beta = math.fsum(x * x for x in a), math.fsum(y * y for y in b)
                gamma = math.fsum(x * y for x, y in zip(a, b, strict=True))
                if abs(gamma) <= 1e-300 or alpha * beta == 0:
                    continue
                largest = max(largest, abs(gamma) / math.sqrt(alpha * beta))
                zeta = (beta - alpha) / (2 * gamma)
                tangent = math.copysign(1.0, zeta) / (abs(zeta) + math.sqrt(1 + zeta * zeta))
                cosine = 1 / math.sqrt(1 + tangent * tangent)
                sine = cosine * tangent
                columns[i] = [cosine * x - sine * y for x, y in zip(a, b, strict=True)]
                columns[j] = [sine * x + cosine * y for x, y in zip(a, b, strict=True)]
        if largest < 1e-15:
            break
    return sorted((math.sqrt(math.fsum(x * x for x in column)) for column in columns), reverse=True)


def rankme(rows: Vectors) -> float:
    """RankMe (2210.02885): exp of the entropy of p_k = sigma_k / |sigma|_1 + 1e-7, k up to min(n, d)."""
    values = singular_values(rows)[: min(len(rows), len(rows[0]))]
    total = math.fsum(values)
    shares = [value / total + 1e-7 for value in values]
    return math.exp(-math.fsum(p * math.log(p) for p in shares))


def weighted_knn(
    train: Vectors, labels: Sequence[int], query: Sequence[float], k: int, t: float, c: int
) -> list[float]:
    """Wu et al. (1805.01978), section 3.4: exp(cosine / t) of the k nearest, by class, as shares of their sum."""

    def cosine(a: Sequence[float], b: Sequence[float]) -> float:
        lengths = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
        return math.fsum(x * y for x, y in zip(a, b, strict=True)) / lengths

    near = sorted(((-cosine(row, query), index) for index, row in enumerate(train)))[:k]
    votes = [0.0] * c
    for minus, index in near:
        votes[labels[index]] += math.exp(-minus / t)
    return [vote / math.fsum(votes) for vote in votes]


def penalised_cross_entropy(
    rows: Vectors, labels: Sequence[int], weights: Vectors, bias: Sequence[float], inverse_penalty: float
) -> float:
    """inverse_penalty · sum of -log softmax + half the square of the weights; `weights` holds one row a class."""
    nats = 0.0
    for row, label in zip(rows, labels, strict=True):
        logits = [
            math.fsum(x * w for x, w in zip(row, of, strict=True)) + b for of, b in zip(weights, bias, strict=True)
        ]
        top = max(logits)
        nats += top + math.log(math.fsum(math.exp(logit - top) for logit in logits)) - logits[label]
    return inverse_penalty * nats + 0.5 * math.fsum(w * w for of in weights for w in of)


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
