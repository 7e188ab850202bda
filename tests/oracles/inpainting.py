"""The error of what a hole was filled with, as plain loops, written from the paper. No torch, no numpy."""

import math
from collections.abc import Sequence

Plane = Sequence[Sequence[float]]


def weight(mask: Sequence[Sequence[bool]], row: int, column: int, overlap: int) -> float:
    """Pathak et al. 2016 (1604.07379), section 3.2: 1 in the hole, 10 in the band around it, else nothing."""
    if mask[row][column]:
        return 1.0
    near = any(
        mask[y][x]
        for y in range(max(0, row - overlap), min(len(mask), row + overlap + 1))
        for x in range(max(0, column - overlap), min(len(mask[0]), column + overlap + 1))
    )
    return 10.0 if near else 0.0


def error(guess: Sequence[Plane], image: Sequence[Plane], mask: Sequence[Sequence[bool]], overlap: int) -> float:
    """Equation 1 of one image [channel][row][column], as a mean over the pixels that count and the channels."""
    terms: list[float] = []
    for row in range(len(mask)):
        for column in range(len(mask[0])):
            counts = weight(mask, row, column, overlap)
            if counts:
                squares = [(g[row][column] - x[row][column]) ** 2 for g, x in zip(guess, image, strict=True)]
                terms.append(counts * math.fsum(squares) / len(squares))
    return math.fsum(terms) / len(terms)
