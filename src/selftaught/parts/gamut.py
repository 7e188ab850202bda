"""The colours that a screen can show, in bins of a and b."""

import functools

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.parts.lab import rgb_to_lab

__all__ = ["gamut_bins"]


def gamut_bins(size: int = 10) -> Float[Tensor, "bins 2"]:
    """The centres of all bins of a and b that hold a colour of sRGB, on multiples of their size.

    A colour's bin is the centre nearest to it. All 8-bit colours with a channel at 0 or 255 are tried: these are the
    surface of the colour cube, and in the direction of L every colour has one of the surface above it.

    Args:
        size: of a bin, in units of a and b.

    Returns:
        In the order of a, then b. For a size of 10 there are 261: the published list of Zhang et al. has 313, of which
        some hold no colour of sRGB.

    Source:
        Zhang et al. 2016, https://arxiv.org/abs/1603.08511, section 2.1: the bins of ab that are in gamut.

    Example:
        >>> from selftaught.parts import gamut_bins
        >>> len(gamut_bins()), gamut_bins(40)[0].tolist()
        (261, [-80.0, 0.0])
    """
    return _bins(size).clone()


@functools.cache
def _bins(size: int) -> Tensor:
    with torch.device("cpu"):
        levels = torch.arange(256.0) / 255
        grid = torch.cartesian_prod(levels, levels)  # (65,536, 2)
        faces = [
            torch.cat([grid[:, :axis], torch.full((len(grid), 1), end), grid[:, axis:]], 1)
            for axis in range(3)
            for end in (0.0, 1.0)
        ]
        lab = rgb_to_lab(torch.cat(faces).double()[..., None, None])
        return ((lab[:, 1:, 0, 0] / size).round().unique(dim=0) * size).float()
