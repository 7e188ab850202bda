"""Differences of frames as plain loops, written from the paper. No torch, no numpy, no selftaught."""

import math

Frame = list[list[list[float]]]
"""Channels of rows of pixels."""


def squared_difference(predicted: Frame, frame: Frame) -> float:
    """Mathieu et al. (1511.05440), eq. 1 with p = 2, as a mean."""
    flat = [[value for channel in each for row in channel for value in row] for each in (predicted, frame)]
    pairs = list(zip(*flat, strict=True))
    return math.fsum((p - y) ** 2 for p, y in pairs) / len(pairs)


def gradient_difference(predicted: Frame, frame: Frame) -> float:
    """Eq. 6 with alpha = 1: vertical and horizontal neighbours, each as a mean."""
    down, across = [], []
    for p, y in zip(predicted, frame, strict=True):
        for i in range(len(y)):
            for j in range(len(y[0])):
                if i:
                    down.append(abs(abs(y[i][j] - y[i - 1][j]) - abs(p[i][j] - p[i - 1][j])))
                if j:
                    across.append(abs(abs(y[i][j - 1] - y[i][j]) - abs(p[i][j - 1] - p[i][j])))
    return math.fsum(down) / len(down) + math.fsum(across) / len(across)
