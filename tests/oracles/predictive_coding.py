"""The loss of CPC as plain loops, written from the paper. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Frames = Sequence[Sequence[Sequence[float]]]  # recordings, frames, numbers


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """The score z'Wc once Wc is known: no unit length, no temperature (1807.03748, eq. 3 before the exponential)."""
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def log_sum_exp(values: Sequence[float]) -> float:
    """Logarithm of the sum of exponentials, shifted so that nothing overflows."""
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values))


def losses(
    weights: Sequence[Sequence[Sequence[float]]], context: Frames, frames: Frames, lengths: Sequence[int]
) -> list[float | None]:
    """Eq. 4 for each offset k with its own matrix W_k: the mean over all recordings and all t that have a t + k.

    The candidates are all real frames of all recordings. None for an offset that no recording is long enough for.
    """
    candidates = [frames[j][s] for j, length in enumerate(lengths) for s in range(length)]
    found: list[float | None] = []
    for k, matrix in enumerate(weights, start=1):
        terms: list[float] = []
        for i, length in enumerate(lengths):
            for t in range(length - k):
                expected = [dot(row, context[i][t]) for row in matrix]
                right = dot(expected, frames[i][t + k])
                terms.append(log_sum_exp([dot(expected, z) for z in candidates]) - right)
        found.append(math.fsum(terms) / len(terms) if terms else None)
    return found


def loss(
    weights: Sequence[Sequence[Sequence[float]]], context: Frames, frames: Frames, lengths: Sequence[int]
) -> float:
    """The mean of the losses of all offsets that were asked for."""
    asked = [each for each in losses(weights, context, frames, lengths) if each is not None]
    return math.fsum(asked) / len(asked)


def energy(
    weights: Sequence[Sequence[Sequence[float]]],
    context: Sequence[Sequence[float]],
    frames: Sequence[Sequence[float]],
    length: int,
) -> float:
    """One recording among its own frames: the mean over all pairs of t and k that have a t + k."""
    terms: list[float] = []
    for k, matrix in enumerate(weights, start=1):
        for t in range(length - k):
            expected = [dot(row, context[t]) for row in matrix]
            scores = [dot(expected, frames[s]) for s in range(length)]
            terms.append(log_sum_exp(scores) - scores[t + k])
    return math.fsum(terms) / len(terms) if terms else 0.0
