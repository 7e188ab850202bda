"""Colours as lightness and two differences of colour."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.objectives import full_precision

__all__ = ["LAB_RANGES", "lab_to_rgb", "rgb_to_lab"]

_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_RGB = np.linalg.inv(_XYZ).tolist()
_WHITE = (0.95047, 1.0, 1.08883)  # D65, seen under 2 degrees

LAB_RANGES = {"L": (0.0, 100.0), "a": (-86.183, 98.233), "b": (-107.857, 94.478)}
"""The least and the largest value of L, a and b that a colour of sRGB has."""


@full_precision
def rgb_to_lab(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """CIE L*a*b* of sRGB colours, under daylight (D65).

    Args:
        images: red, green and blue in 0..1.

    Returns:
        L in 0..100; a from -86.2 (green) to 98.3 (red); b from -107.9 (blue) to 94.5 (yellow).

    Source:
        IEC 61966-2-1 for the gamma of sRGB, CIE 15 for L*a*b*; the numbers are those of scikit-image.

    Example:
        >>> import torch
        >>> from selftaught.parts import rgb_to_lab
        >>> rgb_to_lab(torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)).flatten().round(decimals=1)
        tensor([53.2000, 80.1000, 67.2000])
    """
    linear = torch.where(images > 0.04045, ((images + 0.055) / 1.055).clamp(min=0).pow(2.4), images / 12.92)
    xyz = _mixed(linear, [[weight / white for weight in row] for row, white in zip(_XYZ, _WHITE, strict=True)])
    root = torch.where(xyz > 0.008856, xyz.clamp(min=1e-6).pow(1 / 3), 7.787 * xyz + 16 / 116)
    x, y, z = root.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


@full_precision
def lab_to_rgb(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """SRGB colours of CIE L*a*b*, under daylight (D65); what no screen can show is brought to the nearest in range.

    Args:
        images: L, a and b as `rgb_to_lab` gives them.

    Returns:
        Red, green and blue in 0..1.

    Source:
        As `rgb_to_lab`, backwards.

    Example:
        >>> import torch
        >>> from selftaught.parts import lab_to_rgb
        >>> lab_to_rgb(torch.tensor([53.2, 80.1, 67.2]).view(1, 3, 1, 1)).flatten().round(decimals=2).abs()
        tensor([1., 0., 0.])
    """
    lightness, a, b = images.unbind(1)
    y = (lightness + 16) / 116
    root = torch.stack([a / 500 + y, y, (y - b / 200).clamp(min=0)], 1)
    xyz = torch.where(root > 0.2068966, root.clamp(min=0.1).pow(3), (root - 16 / 116) / 7.787)
    white = [[weight * each for weight, each in zip(row, _WHITE, strict=True)] for row in _RGB]
    linear = _mixed(xyz, white)
    rgb = torch.where(linear > 0.0031308, 1.055 * linear.clamp(min=1e-4).pow(1 / 2.4) - 0.055, 12.92 * linear)
    return rgb.clamp(0, 1)


def _mixed(images: Tensor, weights: list[list[float]]) -> Tensor:
    return (images[:, None] * images.new_tensor(weights)[..., None, None]).sum(2)
