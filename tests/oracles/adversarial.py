"""Losses of a game between two, as plain loops, written from the papers. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Logits = Sequence[float]


def log_chance(logit: float) -> float:
    """log sigmoid(logit) = log D, without overflow."""
    return -math.log1p(math.exp(-logit)) if logit > -30 else logit - math.log1p(math.exp(logit))


def log_chance_against(logit: float) -> float:
    """log(1 - sigmoid(logit)) = log(1 - D)."""
    return log_chance(-logit)


def discriminator(real: Logits, fake: Logits) -> float:
    """GAN (1406.2661), algorithm 1: ascend mean log D(x) + mean log(1 - D(G(z))); negated, to be descended."""
    true_side = math.fsum(log_chance(logit) for logit in real) / len(real)
    made_side = math.fsum(log_chance_against(logit) for logit in fake) / len(fake)
    return -(true_side + made_side)


def generator(fake: Logits) -> float:
    """GAN, section 3: maximise log D(G(z)) in place of minimising log(1 - D(G(z))); negated."""
    return -math.fsum(log_chance(logit) for logit in fake) / len(fake)


def encoder_and_generator(real: Logits, fake: Logits) -> float:
    """BiGAN (1605.09782), section 3.4: labels swapped: descend until (x, E(x)) is called made."""
    encoder_side = math.fsum(log_chance_against(logit) for logit in real) / len(real)
    generator_side = math.fsum(log_chance(logit) for logit in fake) / len(fake)
    return -(encoder_side + generator_side)


def inversion_error(image: Sequence[float], made: Sequence[float]) -> float:
    """BiGAN (1605.09782), section 3: G(E(x)) = x at the optimum; the mean squared distance from that, over pixels."""
    return math.fsum((a - b) ** 2 for a, b in zip(made, image, strict=True)) / len(image)


def gradient_penalty(slopes: Sequence[Sequence[float]]) -> float:
    """R1 (Mescheder et al. 2018, 1801.04406), eq. 9 without its weight: half the mean squared length of the slopes."""
    return math.fsum(math.fsum(value**2 for value in slope) for slope in slopes) / (2 * len(slopes))
