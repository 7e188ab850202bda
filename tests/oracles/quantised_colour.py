"""Colours as classes, as plain loops, written from the paper. No torch, no numpy."""

import math
from collections.abc import Sequence

Point = Sequence[float]


def _distance(a: Point, b: Point) -> float:
    return math.sqrt(math.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True)))


def encoding(value: Point, centres: Sequence[Point], neighbours: int = 5, deviation: float = 5.0) -> dict[int, float]:
    """Zhang et al. 2016 (1603.08511), section 2.1: the nearest bins, weighted by a Gaussian of their distance."""
    order = sorted(range(len(centres)), key=lambda q: _distance(value, centres[q]))[:neighbours]
    kernel = {q: math.exp(-(_distance(value, centres[q]) ** 2) / (2 * deviation**2)) for q in order}
    return {q: weight / math.fsum(kernel.values()) for q, weight in kernel.items()}


def log_softmax(logits: Sequence[float]) -> list[float]:
    top = max(logits)
    total = top + math.log(math.fsum(math.exp(logit - top) for logit in logits))
    return [logit - total for logit in logits]


def cross_entropy(logits: Sequence[float], encoded: dict[int, float], weights: Sequence[float]) -> float:
    """Equations 2 and 3 at one place: v(Z) is the weight of the bin with the largest share."""
    said = log_softmax(logits)
    likeliest = max(encoded, key=lambda q: encoded[q])
    return -weights[likeliest] * math.fsum(share * said[q] for q, share in encoded.items())


def prior(counts: Sequence[float], centres: Sequence[Point], deviation: float = 5.0) -> list[float]:
    """Section 2.2: the empirical distribution, smoothed with a Gaussian kernel."""
    spread = [
        math.fsum(
            count * math.exp(-(_distance(centre, other) ** 2) / (2 * deviation**2))
            for count, other in zip(counts, centres, strict=True)
        )
        for centre in centres
    ]
    return [each / math.fsum(spread) for each in spread]


def rebalanced(frequencies: Sequence[float], uniform_share: float = 0.5) -> list[float]:
    """Equation 4: the inverse of a mixture with the uniform distribution, with an expectation of one."""
    bins = len(frequencies)
    raw = [1 / ((1 - uniform_share) * p + uniform_share / bins) for p in frequencies]
    expectation = math.fsum(p * w for p, w in zip(frequencies, raw, strict=True))
    return [w / expectation for w in raw]


def annealed(logits: Sequence[float], centres: Sequence[Point], temperature: float = 0.38) -> list[float]:
    """Equation 5: the mean of the centres under exp(log(z) / T), scaled to sum to one."""
    sharp = [math.exp(each / temperature) for each in log_softmax(logits)]
    return [
        math.fsum(p * centre[axis] for p, centre in zip(sharp, centres, strict=True)) / math.fsum(sharp)
        for axis in range(len(centres[0]))
    ]
