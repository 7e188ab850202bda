"""DeepCluster's pieces as plain loops, written from the paper. No torch, no numpy."""

import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def surprise(scores: Sequence[float], own: int) -> float:
    """Negative log-softmax of one's own cluster (1807.05520, eq. 1)."""
    top = max(scores)
    return top + math.log(math.fsum(math.exp(score - top) for score in scores)) - scores[own]


def sampling_weights(clusters: Sequence[int]) -> list[float]:
    """Uniform over clusters, and uniform inside each (section 3.3)."""
    return [1 / clusters.count(own) for own in clusters]


def nearest(points: Rows, centres: Rows) -> list[int]:
    """Index of the nearest centre of every point."""
    found: list[int] = []
    for point in points:
        distances = [math.fsum((p - c) ** 2 for p, c in zip(point, centre, strict=True)) for centre in centres]
        found.append(distances.index(min(distances)))
    return found


def lloyd(points: Rows, centres: Rows, iterations: int) -> list[int]:
    """Assignments after moving the centres so often; no cluster may become empty."""
    assigned = nearest(points, centres)
    for _ in range(iterations):
        members = [[p for p, own in zip(points, assigned, strict=True) if own == k] for k in range(len(centres))]
        centres = [[math.fsum(column) / len(group) for column in zip(*group, strict=True)] for group in members]
        assigned = nearest(points, centres)
    return assigned
