"""Questions with a few answers as plain loops. No torch, no numpy."""

import math
from collections.abc import Sequence


def surprise(scores: Sequence[float], right: int) -> float:
    """Minus the logarithm of the softmax of the right answer (1803.07728, eq. 3, for one question)."""
    top = max(scores)
    return -math.log(math.exp(scores[right] - top) / math.fsum(math.exp(score - top) for score in scores))


def credit(scores: Sequence[float], right: int) -> float:
    """1 for the highest score, shared among those that are equal to it."""
    best = [answer for answer, score in enumerate(scores) if score == max(scores)]
    return 1 / len(best) if right in best else 0.0


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
