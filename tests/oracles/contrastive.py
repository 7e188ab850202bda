"""Contrastive losses and recognition as plain loops, written from the papers. No torch, no numpy, no selftaught."""

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


def share_of_hits(scores: Sequence[float], own: int) -> float:
    """1 for the one highest score, 1/t where t are the highest, 0 below: as drawing lots does."""
    top = max(scores)
    winners = [place for place, score in enumerate(scores) if score == top]
    return 1 / len(winners) if own in winners else 0.0


def partner_accuracy(first: Vectors, second: Vectors) -> float:
    """Every view asks all others which of them is of its item."""
    rows = [view for pair in zip(first, second, strict=True) for view in pair]
    hits = 0.0
    for i, row in enumerate(rows):
        others = [k for k in range(len(rows)) if k != i]
        partner = i + 1 if i % 2 == 0 else i - 1
        hits += share_of_hits([cosine(row, rows[k]) for k in others], others.index(partner))
    return hits / len(rows)


def key_accuracy(query: Vectors, key: Vectors) -> float:
    """Every query asks all keys which of them is its own."""
    hits = [share_of_hits([cosine(q, k) for k in key], i) for i, q in enumerate(query)]
    return sum(hits) / len(hits)


def key_bound(query: Vectors, key: Vectors, temperature: float) -> float:
    """CPC (1807.03748), section 2.3: log N less the loss of N candidates."""
    total = 0.0
    for i, q in enumerate(query):
        logits = [cosine(q, k) / temperature for k in key]
        total += log_sum_exp(logits) - logits[i]
    return math.log(len(key)) - total / len(query)
