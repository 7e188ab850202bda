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
