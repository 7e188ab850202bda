"""Sinkhorn's codes, swapped prediction and DINO's loss as plain loops, written from the papers. No torch, no numpy."""

import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def unit(vector: Sequence[float]) -> list[float]:
    """The vector over its length."""
    length = math.sqrt(math.fsum(x * x for x in vector))
    return [x / length for x in vector]


def cosines(embeddings: Rows, prototypes: Rows) -> list[list[float]]:
    """z^T c for unit embeddings and unit prototypes (2006.09882, section 3.1)."""
    units = [unit(row) for row in prototypes]
    return [[math.fsum(x * y for x, y in zip(unit(z), c, strict=True)) for c in units] for z in embeddings]


def softmax(scores: Sequence[float], temperature: float) -> list[float]:
    """exp(s / t) over its sum (2006.09882, eq. 2, right)."""
    top = max(scores)
    powers = [math.exp((score - top) / temperature) for score in scores]
    return [power / math.fsum(powers) for power in powers]


def sinkhorn(scores: Rows, epsilon: float, iterations: int) -> list[list[float]]:
    """Diag(u) exp(S / epsilon) Diag(v) with marginals 1/K and 1/B, then times B (2006.09882, eq. 3 to 5).

    `scores` has a row an item; Q of the paper has a row a prototype.
    """
    items, count = len(scores), len(scores[0])
    q = [[math.exp(scores[b][k] / epsilon) for b in range(items)] for k in range(count)]
    for _ in range(iterations):
        for k in range(count):
            total = math.fsum(q[k])
            q[k] = [x / total / count for x in q[k]]
        for b in range(items):
            total = math.fsum(q[k][b] for k in range(count))
            for k in range(count):
                q[k][b] /= total * items
    return [[q[k][b] * items for k in range(count)] for b in range(items)]


def cross_entropy(target: Sequence[float], scores: Sequence[float], temperature: float) -> float:
    """-sum_k q_k log p_k (2006.09882, eq. 2; H of 2104.14294, eq. 1)."""
    top = max(scores)
    log_sum = math.log(math.fsum(math.exp((score - top) / temperature) for score in scores))
    return -math.fsum(q * ((s - top) / temperature - log_sum) for q, s in zip(target, scores, strict=True))


def swapped(scores: Sequence[Rows], codes: Sequence[Rows], temperature: float) -> float:
    """Multi-crop swapped prediction (2006.09882, eq. 6): codes of the first crops, all other crops predict them.

    A mean over pairs of different crops and over items.
    """
    terms: list[float] = []
    for i, code in enumerate(codes):
        for v, predicted in enumerate(scores):
            if v != i:
                terms += [cross_entropy(q, s, temperature) for q, s in zip(code, predicted, strict=True)]
    return math.fsum(terms) / len(terms)


def sharpened(scores: Rows, centre: Sequence[float], temperature: float) -> list[list[float]]:
    """DINO's targets: softmax((g - c) / tau_t) (2104.14294, eq. 1 and section 3.1)."""
    return [softmax([s - c for s, c in zip(row, centre, strict=True)], temperature) for row in scores]


def moved_centre(centre: Sequence[float], outputs: Sequence[Rows], momentum: float) -> list[float]:
    """c <- m c + (1 - m) mean of the teacher's outputs of the batch (2104.14294, eq. 4)."""
    rows = [row for crop in outputs for row in crop]
    means = [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]
    return [momentum * old + (1 - momentum) * new for old, new in zip(centre, means, strict=True)]


def temperature_at(first: float, last: float, warmup: float, progress: float) -> float:
    """A line from the first to the last value over the warm-up (2104.14294, implementation details)."""
    return last if progress >= warmup else first + (last - first) * progress / warmup
