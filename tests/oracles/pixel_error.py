"""Errors of images as plain loops. No torch, no numpy."""

import math
from collections.abc import Sequence

Values = Sequence[float]


def squared_error(made: Values, image: Values) -> float:
    """The mean squared difference of an image's values."""
    return math.fsum((a - b) ** 2 for a, b in zip(made, image, strict=True)) / len(image)


def mean_image_error(images: Sequence[Values]) -> float:
    """The mean error of the batch's mean image, times n / (n - 1) for having been made of the same n images."""
    n = len(images)
    mean = [math.fsum(image[place] for image in images) / n for place in range(len(images[0]))]
    return math.fsum(squared_error(mean, image) for image in images) / n * n / (n - 1)
