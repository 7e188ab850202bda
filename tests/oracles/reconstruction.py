"""The masked autoencoder's target and loss as plain loops, written from the paper. No torch, no numpy."""

import math
from collections.abc import Sequence

Values = Sequence[float]


def patches_of(image: Sequence[Sequence[Values]], size: int) -> list[list[float]]:
    """Patches of an image [channel][row][column], from the top left row by row; inside row, column, channel."""
    height, width = len(image[0]), len(image[0][0])
    return [
        [channel[top + y][left + x] for y in range(size) for x in range(size) for channel in image]
        for top in range(0, height, size)
        for left in range(0, width, size)
    ]


def normalised(patch: Values) -> list[float]:
    """MAE (2111.06377), section 3: mean and standard deviation of the patch itself; v - 1 and 1e-6 as in its code."""
    mean = math.fsum(patch) / len(patch)
    variance = math.fsum((value - mean) ** 2 for value in patch) / (len(patch) - 1)
    return [(value - mean) / math.sqrt(variance + 1e-6) for value in patch]


def hidden_error(
    guesses: Sequence[Values], image: Sequence[Sequence[Values]], hidden: Sequence[int], size: int
) -> float:
    """One image's mean squared error over its hidden patches only; `guesses` are of these, in the order of `hidden`."""
    patches = patches_of(image, size)
    total = 0.0
    for guess, place in zip(guesses, hidden, strict=True):
        target = normalised(patches[place])
        total += math.fsum((g - t) ** 2 for g, t in zip(guess, target, strict=True)) / len(target)
    return total / len(hidden)
