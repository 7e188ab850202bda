"""How often partners are recognised, counted one by one. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

from oracles.contrastive import Vectors, cosine, log_sum_exp


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
