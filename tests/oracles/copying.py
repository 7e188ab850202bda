"""Copying labels from where things look alike, as plain loops from the paper. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Vectors = Sequence[Sequence[float]]


def weights(target: Sequence[float], reference: Vectors, temperature: float) -> list[float]:
    """Vondrick et al. (1806.09594), eq. 2, for one place of the target, over every place of the reference."""
    powers = [math.exp(math.fsum(x * y for x, y in zip(target, each, strict=True)) / temperature) for each in reference]
    whole = math.fsum(powers)
    return [power / whole for power in powers]


def mixture(target: Sequence[float], reference: Vectors, labels: Sequence[int], count: int, temperature: float) -> list:
    """Eq. 1: the share of every label among what one place of the target copies."""
    copied = weights(target, reference, temperature)
    return [math.fsum(w for w, label in zip(copied, labels, strict=True) if label == each) for each in range(count)]


def errors(
    target: Vectors,
    reference: Vectors,
    target_labels: Sequence[int],
    reference_labels: Sequence[int],
    *,
    labels: int,
    temperature: float,
    doubt: float,
) -> list[float]:
    """Eq. 3 with the cross-entropy, at every place of the target, the mixture mixed with a guess."""
    found = []
    for vector, label in zip(target, target_labels, strict=True):
        shares = mixture(vector, reference, reference_labels, labels, temperature)
        found.append(-math.log((1 - doubt) * shares[label] + doubt / labels))
    return found
