"""BYOL's loss and teacher, SimSiam's loss, SimCLRv2's distillation: plain loops, written from the papers.

No torch, no numpy, no selftaught.
"""

import math
from collections.abc import Sequence

Vectors = Sequence[Sequence[float]]


def unit(vector: Sequence[float]) -> list[float]:
    """The vector over its length."""
    length = math.sqrt(math.fsum(x * x for x in vector))
    return [x / length for x in vector]


def byol_one_way(prediction: Vectors, target: Vectors) -> float:
    """BYOL (2006.07733), eq. 2: squared distance of the unit vectors, which is 2 - 2 cos; mean over the items."""
    total = 0.0
    for q, z in zip(prediction, target, strict=True):
        total += math.fsum((x - y) ** 2 for x, y in zip(unit(q), unit(z), strict=True))
    return total / len(prediction)


def byol(prediction_1: Vectors, target_2: Vectors, prediction_2: Vectors, target_1: Vectors) -> float:
    """BYOL's symmetrised loss: eq. 2 plus the same with the views exchanged."""
    return byol_one_way(prediction_1, target_2) + byol_one_way(prediction_2, target_1)


def momentum_at(start: float, step: int, steps: int) -> float:
    """BYOL (2006.07733), section 3.3: tau = 1 - (1 - tau_base) (cos(pi k / K) + 1) / 2."""
    return 1 - (1 - start) * (math.cos(math.pi * step / steps) + 1) / 2


def moving_average(teacher: Sequence[float], student: Sequence[float], momentum: float) -> list[float]:
    """BYOL (2006.07733), eq. 1, and MoCo (1911.05722), eq. 2: xi <- tau xi + (1 - tau) theta."""
    return [momentum * old + (1 - momentum) * new for old, new in zip(teacher, student, strict=True)]


def negative_cosine(prediction: Sequence[float], target: Sequence[float]) -> float:
    """SimSiam (2011.10566), eq. 1: minus the dot product of p over its length and z over its length."""
    return -math.fsum(x * y for x, y in zip(unit(prediction), unit(target), strict=True))


def simsiam(prediction_1: Vectors, target_2: Vectors, prediction_2: Vectors, target_1: Vectors) -> float:
    """SimSiam (2011.10566), eq. 2: D(p1, z2) / 2 + D(p2, z1) / 2; mean over the items."""
    pairs = [*zip(prediction_1, target_2, strict=True), *zip(prediction_2, target_1, strict=True)]
    return sum(negative_cosine(p, z) / 2 for p, z in pairs) / len(prediction_1)


def softened(logits: Sequence[float], temperature: float) -> list[float]:
    """SimCLRv2 (2006.10029), below eq. 2: P(y | x; tau) = exp(f[y] / tau) / sum_y' exp(f[y'] / tau)."""
    powers = [math.exp(logit / temperature) for logit in logits]
    return [power / math.fsum(powers) for power in powers]


def soft_cross_entropy(student: Sequence[float], teacher: Sequence[float], temperature: float) -> float:
    """SimCLRv2 (2006.10029), eq. 2, of one item: - sum_y P^T(y | x; tau) log P^S(y | x; tau)."""
    answers = zip(softened(teacher, temperature), softened(student, temperature), strict=True)
    return -math.fsum(target * math.log(guess) for target, guess in answers)


def distillation_with_labels(
    student: Vectors, teacher: Vectors, labels: Sequence[int | None], temperature: float, alpha: float
) -> float:
    """SimCLRv2 (2006.10029), eq. 3, over the number of items: sums over the labelled items and over all items.

    - (1 - alpha) sum_labelled log P^S(y_i | x_i)  -  alpha sum_all sum_y P^T(y | x; tau) log P^S(y | x; tau)
    """
    total = 0.0
    for guess, answer, label in zip(student, teacher, labels, strict=True):
        total += alpha * soft_cross_entropy(guess, answer, temperature)
        if label is not None:
            total -= (1 - alpha) * math.log(softened(guess, 1.0)[label])
    return total / len(student)
