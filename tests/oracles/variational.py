"""Bounds of a likelihood as plain loops, written from the papers. No torch, no numpy."""

import math
from collections.abc import Sequence

Values = Sequence[float]


def gaussian_nats(values: Values, means: Values, deviation: float) -> float:
    """Minus the log of a product of normal densities."""
    return -math.fsum(
        math.log(math.exp(-((x - m) ** 2) / (2 * deviation**2)) / (deviation * math.sqrt(2 * math.pi)))
        for x, m in zip(values, means, strict=True)
    )


def bernoulli_nats(values: Values, logits: Values) -> float:
    """Minus the log of a product of coins, white with the chance that a grey value says."""
    total = 0.0
    for x, logit in zip(values, logits, strict=True):
        p = 1 / (1 + math.exp(-logit))
        total -= x * math.log(p) + (1 - x) * math.log(1 - p)
    return total


def gaussian_kl(mean: float, log_variance: float, steps: int = 2000, reach: float = 12.0) -> float:
    """KL of a normal law from the standard one, by adding up its integral."""
    deviation = math.exp(log_variance / 2)
    width = 2 * reach / steps
    total = 0.0
    for step in range(steps):
        noise = -reach + (step + 0.5) * width
        z = mean + deviation * noise
        density = math.exp(-(noise**2) / 2) / math.sqrt(2 * math.pi)  # of the noise
        log_q = -(noise**2) / 2 - math.log(deviation)
        total += density * (log_q + z**2 / 2) * width
    return total


def gaussian_divergence(one: Values, other: Values, steps: int = 2000, reach: float = 12.0) -> float:
    """KL of a normal law (mean, log-variance) from another, by adding up its integral."""
    deviation, width = math.exp(one[1] / 2), 2 * reach / steps
    total = 0.0
    for step in range(steps):
        noise = -reach + (step + 0.5) * width
        z = one[0] + deviation * noise
        log_ratio = -(noise**2) / 2 - one[1] / 2 + (z - other[0]) ** 2 / (2 * math.exp(other[1])) + other[1] / 2
        total += math.exp(-(noise**2) / 2) / math.sqrt(2 * math.pi) * log_ratio * width
    return total


def prior_over_posterior(latents: Values, means: Values, log_variances: Values) -> float:
    """log p(z) - log q(z)."""
    total = 0.0
    for z, mean, log_variance in zip(latents, means, log_variances, strict=True):
        total += -(z**2) / 2 + (z - mean) ** 2 / (2 * math.exp(log_variance)) + log_variance / 2
    return total


def importance_weighted(log_weights: Values) -> float:
    """The log of the mean of weights that are small enough to be multiplied out."""
    return math.log(math.fsum(math.exp(each) for each in log_weights) / len(log_weights))


def linear_gaussian_nats(values: Values, columns: Sequence[Values], offset: Values, deviation: float) -> float:
    """Minus log p(x) of x = sum_k z_k w_k + b + s e, for columns w_k at right angles.

    The covariance has the eigenvalue s^2 + |w_k|^2 along each column, and s^2 along what is left.
    """
    rest = [x - b for x, b in zip(values, offset, strict=True)]
    log_determinant = (len(values) - len(columns)) * math.log(deviation**2)
    square = math.fsum(each**2 for each in rest) / deviation**2
    for column in columns:
        length = math.fsum(each**2 for each in column)
        along = math.fsum(a * b for a, b in zip(rest, column, strict=True)) ** 2 / length
        square += along * (1 / (deviation**2 + length) - 1 / deviation**2)
        log_determinant += math.log(deviation**2 + length)
    return 0.5 * (square + log_determinant + len(values) * math.log(2 * math.pi))
