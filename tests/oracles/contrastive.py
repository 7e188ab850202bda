"""Contrastive losses as plain loops, written from the papers. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Vectors = Sequence[Sequence[float]]


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Dot product over the product of the lengths (SimCLR, section 2.1)."""
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    return dot / (math.sqrt(math.fsum(x * x for x in a)) * math.sqrt(math.fsum(y * y for y in b)))


def log_sum_exp(values: Sequence[float]) -> float:
    """Logarithm of the sum of exponentials, shifted so that nothing overflows."""
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values))


def nt_xent(first: Vectors, second: Vectors, temperature: float) -> float:
    """SimCLR (2002.05709), eq. 1 and algorithm 1: z_{2k-1} and z_{2k} are the views of item k; mean over 2N rows."""
    rows = [view for pair in zip(first, second, strict=True) for view in pair]
    total = 0.0
    for i, row in enumerate(rows):
        partner = i + 1 if i % 2 == 0 else i - 1
        candidates = [cosine(row, rows[k]) / temperature for k in range(len(rows)) if k != i]
        total += log_sum_exp(candidates) - cosine(row, rows[partner]) / temperature
    return total / len(rows)


def info_nce(query: Vectors, key: Vectors, queue: Vectors, temperature: float) -> float:
    """MoCo (1911.05722), eq. 1 with the unit lengths of algorithm 1: one positive among K negatives; mean over rows."""
    total = 0.0
    for q, positive in zip(query, key, strict=True):
        logits = [cosine(q, positive) / temperature, *(cosine(q, negative) / temperature for negative in queue)]
        total += log_sum_exp(logits) - logits[0]
    return total / len(query)


def sup_con(first: Vectors, second: Vectors, labels: Sequence[int], temperature: float) -> float:
    """SupCon (2004.11362), eq. 2: over all 2N rows, the mean over the row's positives of minus the log-probability."""
    rows = [view for pair in zip(first, second, strict=True) for view in pair]
    classes = [label for label in labels for _ in range(2)]
    total = 0.0
    for i, row in enumerate(rows):
        normaliser = log_sum_exp([cosine(row, rows[k]) / temperature for k in range(len(rows)) if k != i])
        positives = [p for p in range(len(rows)) if p != i and classes[p] == classes[i]]
        total += sum(normaliser - cosine(row, rows[p]) / temperature for p in positives) / len(positives)
    return total / len(rows)
