"""Embeddings that look like an isotropic Gaussian along random directions, over the batch of all processes."""

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import all_sum, process_count
from selftaught.objectives.precision import full_precision

__all__ = ["epps_pulley", "sigreg"]

_FURTHEST, _STEPS = 5.0, 8  # the paper's 17 knots from -5 to 5; the integrand is even, so that 9 do


@full_precision
def epps_pulley(samples: Float[Tensor, "n m"]) -> Float[Tensor, " m"]:
    """How far each column is from a sample of the standard normal distribution, by characteristic functions.

        T = n integral |1/n sum_i exp(i t x_i) - exp(-t^2 / 2)|^2 exp(-t^2 / 2) dt

    by the trapezoid rule on 17 knots from -5 to 5; n counts the rows of all processes.

    Args:
        samples: one sample a column, near the unit scale: beyond 10 the knots are too far apart to tell values apart.

    Returns:
        At least 0, one statistic a column, the same in every process. On average 1.06 for samples of the normal
        distribution, whatever n; 0.409 n when all are 0 (collapse).

    Source:
        Epps & Pulley 1983, https://doi.org/10.1093/biomet/70.3.723, with the window and the knots of Balestriero &
        LeCun 2025, https://arxiv.org/abs/2511.08544, section 4.2 and its program for SIGReg.

    Example:
        >>> import torch
        >>> from selftaught.objectives import epps_pulley
        >>> epps_pulley(torch.tensor([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])).round(decimals=2)
        tensor([0.0400, 1.2300])
    """
    count = len(samples) * process_count()
    knots = torch.linspace(0, _FURTHEST, _STEPS + 1, dtype=samples.dtype, device=samples.device)
    gaussian = (-knots.square() / 2).exp()  # the characteristic function of the target, and the window
    widths = torch.full_like(knots, 2 * _FURTHEST / _STEPS)  # of the negative knots, too
    widths[0] /= 2
    widths[-1] /= 2
    angles = samples[..., None] * knots  # (n, m, knots)
    real = all_sum(angles.cos().sum(0)) / count
    imaginary = all_sum(angles.sin().sum(0)) / count
    return ((real - gaussian).square() + imaginary.square()) @ (gaussian * widths) * count


@full_precision
def sigreg(z: Float[Tensor, "n d"], directions: Float[Tensor, "d m"]) -> Float[Tensor, ""]:
    """How far embeddings are from an isotropic Gaussian (SIGReg): mean statistic of their shadows on m directions.

    Args:
        z: one view.
        directions: columns of unit length, the same in every process; drawn anew in every step.

    Returns:
        At least 0; about 1.06 for embeddings of the standard normal distribution, 0.409 n when all are 0 (collapse).

    Source:
        Balestriero & LeCun 2025, https://arxiv.org/abs/2511.08544, definition of SIGReg in section 4.

    Example:
        >>> import torch
        >>> from selftaught.objectives import sigreg
        >>> generator = torch.Generator().manual_seed(0)
        >>> z = torch.randn(512, 3, generator=generator)
        >>> axes = torch.eye(3)
        >>> bool(sigreg(z, axes) < 2), bool(sigreg(3 * z, axes) > 20), round(sigreg(0 * z, axes).item() / 512, 3)
        (True, True, 0.409)
    """
    return epps_pulley(z @ directions).mean()
