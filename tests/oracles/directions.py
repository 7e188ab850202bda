"""How directions spread, written out."""

import math
from collections.abc import Sequence

__all__ = ["spread_of_directions"]


def spread_of_directions(vectors: Sequence[Sequence[float]]) -> float:
    """The root of the mean squared distance of the unit vectors from their mean."""
    units: list[list[float]] = []
    for vector in vectors:
        length = math.sqrt(sum(x * x for x in vector))
        units.append([x / length for x in vector])
    width = len(units[0])
    mean = [sum(unit[place] for unit in units) / len(units) for place in range(width)]
    squares = [sum((unit[place] - mean[place]) ** 2 for place in range(width)) for unit in units]
    return math.sqrt(sum(squares) / len(squares))
