"""Precision, recall, density and coverage as loops, written from the papers. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Vectors = Sequence[Sequence[float]]


def reach(items: Vectors, k: int) -> list[float]:
    """NND_k (2002.09797, section 3.1): the distance of every item to its k-th nearest other one."""
    return [
        sorted(math.dist(item, other) for j, other in enumerate(items) if j != i)[k - 1] for i, item in enumerate(items)
    ]


def improved_precision(made: Vectors, true: Vectors, k: int) -> float:
    """Kynkäänniemi et al. 2019 (1904.06991), eq. 1 and 2: made items within the manifold of the true."""
    radii = reach(true, k)
    return sum(any(math.dist(x, y) <= r for x, r in zip(true, radii, strict=True)) for y in made) / len(made)


def improved_recall(made: Vectors, true: Vectors, k: int) -> float:
    """The same with the two exchanged."""
    return improved_precision(true, made, k)


def density(made: Vectors, true: Vectors, k: int) -> float:
    """Naeem et al. 2020 (2002.09797), eq. 3."""
    radii = reach(true, k)
    return sum(math.dist(x, y) <= r for y in made for x, r in zip(true, radii, strict=True)) / (k * len(made))


def coverage(made: Vectors, true: Vectors, k: int) -> float:
    """Naeem et al. 2020 (2002.09797), eq. 4."""
    radii = reach(true, k)
    return sum(any(math.dist(x, y) <= r for y in made) for x, r in zip(true, radii, strict=True)) / len(true)
