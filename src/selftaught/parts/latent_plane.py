"""A grid of codes to look at what a decoder makes of them."""

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["latent_plane"]


def latent_plane(width: int, side: int = 10) -> Float[Tensor, "places width"]:
    """Codes on a grid: the first two numbers run over quantiles of the standard normal law, all others are 0.

    Neighbours have equally much probability between them: of a side of n the quantiles (i + 1/2) / n.

    Args:
        width: numbers in a code, at least 1; where there is one alone, it runs along each row.
        side: codes in a row, and rows.

    Source:
        Kingma & Welling 2013, https://arxiv.org/abs/1312.6114, appendix A, for two latents.

    Example:
        >>> from selftaught.parts import latent_plane
        >>> latent_plane(3, side=2)
        tensor([[-0.6745, -0.6745,  0.0000],
                [ 0.6745, -0.6745,  0.0000],
                [-0.6745,  0.6745,  0.0000],
                [ 0.6745,  0.6745,  0.0000]])
    """
    quantiles = torch.special.ndtri((torch.arange(side) + 0.5) / side)
    rows, columns = torch.meshgrid(quantiles, quantiles, indexing="ij")
    codes = torch.zeros(side * side, max(width, 2))
    codes[:, 0], codes[:, 1] = columns.flatten(), rows.flatten()
    return codes[:, :width]
