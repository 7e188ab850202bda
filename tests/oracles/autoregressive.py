"""Likelihoods of images of levels as plain loops. No torch, no numpy, no selftaught."""

import itertools
import math
from collections.abc import Iterator, Sequence


def log_sum_exp(values: Sequence[float]) -> float:
    """Logarithm of the sum of exponentials, shifted so that nothing overflows."""
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values))


def level_nats(logits: Sequence, numbers: Sequence) -> float:
    """PixelRNN (1601.06759), equations 1 and 2: logits[channel][level][row][column] of one image and its levels."""
    nats = []
    for channel, rows in enumerate(numbers):
        for row, columns in enumerate(rows):
            for column, level in enumerate(columns):
                here = [logits[channel][each][row][column] for each in range(len(logits[channel]))]
                nats.append(log_sum_exp(here) - here[level])
    return math.fsum(nats)


def mixture_nats(nats: Sequence[float]) -> float:
    """Minus the logarithm of the mean probability."""
    return -math.log(math.fsum(math.exp(-each) for each in nats) / len(nats))


def bits_per_dimension(nats: Sequence[float], dimensions: int) -> float:
    """The mean over items, in bits, a dimension."""
    return math.fsum(each / math.log(2) / dimensions for each in nats) / len(nats)


def histogram_bits(seen: Sequence[Sequence[int]], asked: Sequence[Sequence[int]], levels: int) -> float:
    """Each place coded by how often it had each level, counted from one: lists of places, image by image."""
    bits = []
    for image in asked:
        for place, level in enumerate(image):
            count = 1 + sum(other[place] == level for other in seen)
            bits.append(-math.log2(count / (levels + len(seen))))
    return math.fsum(bits) / len(bits)


def every_image(channels: int, height: int, width: int, levels: int) -> Iterator[list]:
    """Every image of these levels: lists of channels, rows, columns."""
    for flat in itertools.product(range(levels), repeat=channels * height * width):
        each = iter(flat)
        yield [[[next(each) for _ in range(width)] for _ in range(height)] for _ in range(channels)]


def comes_before(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Whether a (channel, row, column) is read before another: row by row, and in a pixel channel by channel."""
    return (one[1], one[2], one[0]) < (other[1], other[2], other[0])
