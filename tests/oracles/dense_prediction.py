"""The loss of DPC as plain loops, written from the paper. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Clips = Sequence[Sequence[Sequence[float]]]  # clips, places of frames to come, numbers


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """How well two vectors fit (1909.04656, eq. 4): no unit length, no temperature."""
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def surprise(expected: Sequence[float], own: Sequence[float], candidates: Sequence[Sequence[float]]) -> float:
    """Minus the logarithm of the own vector's share of all candidates, shifted so that nothing overflows."""
    scores = [dot(expected, each) for each in candidates]
    top = max(scores)
    return top + math.log(math.fsum(math.exp(score - top) for score in scores)) - dot(expected, own)


def loss(predicted: Clips, true: Clips) -> float:
    """Eq. 4 as a mean: the candidates are all places of all frames of all clips."""
    candidates = [place for clip in true for place in clip]
    terms = [
        surprise(expected, own, candidates)
        for clip, there in zip(predicted, true, strict=True)
        for expected, own in zip(clip, there, strict=True)
    ]
    return math.fsum(terms) / len(terms)


def energy(predicted: Sequence[Sequence[float]], true: Sequence[Sequence[float]]) -> float:
    """One clip among its own places."""
    terms = [surprise(expected, own, true) for expected, own in zip(predicted, true, strict=True)]
    return math.fsum(terms) / len(terms)


def accuracy(predicted: Clips, true: Clips) -> float:
    """How often no other place of the clip fits better; ties share."""
    hits: list[float] = []
    for clip, there in zip(predicted, true, strict=True):
        for expected, own in zip(clip, there, strict=True):
            scores, right = [dot(expected, each) for each in there], dot(expected, own)
            hits.append(0.0 if max(scores) > right else 1 / scores.count(right))
    return math.fsum(hits) / len(hits)
