"""A square grid of patches over every image, each overlapping half of the next."""

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import UserError

__all__ = ["overlapping_patches", "patch_pixels"]

_LEAST_SIDE = 8


def overlapping_patches(
    images: Float[Tensor, "n c side side"], *, grid: int = 7
) -> Float[Tensor, "n rows columns c pixels pixels"]:
    """The patches of every image, row by row.

    A patch is 2 of grid + 1 parts high and wide, and the next begins one part on; where the parts are no whole pixels,
    they are rounded. So images of 256 pixels have 7x7 patches of 64, 32 apart.

    Args:
        images: square, of at least 8 pixels.
        grid: patches in a row and in a column.

    Raises:
        UserError: the images are smaller.

    Source:
        van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, section 3.2.

    Example:
        >>> import torch
        >>> from selftaught.parts import overlapping_patches
        >>> overlapping_patches(torch.zeros(2, 3, 256, 256)).shape, overlapping_patches(torch.zeros(2, 1, 28, 28)).shape
        (torch.Size([2, 7, 7, 3, 64, 64]), torch.Size([2, 7, 7, 1, 8, 8]))
    """
    side = images.shape[-1]
    pixels = patch_pixels(side, grid=grid)
    starts = torch.linspace(0, side - pixels, grid, device=images.device, dtype=torch.float64).round().long()
    places = starts[:, None] + torch.arange(pixels, device=images.device)  # (grid, pixels)
    return images[:, :, places][..., places].permute(0, 2, 4, 1, 3, 5)


def patch_pixels(side: int, *, grid: int = 7) -> int:
    """Height and width of the patches that `overlapping_patches` cuts.

    Args:
        side: height and width of the images in pixels, at least 8.
        grid: patches in a row and in a column.

    Raises:
        UserError: the images are smaller.

    Example:
        >>> from selftaught.parts import patch_pixels
        >>> patch_pixels(224), patch_pixels(28)
        (56, 8)
    """
    if side < max(_LEAST_SIDE, grid + 1):
        raise UserError(f"expected images of at least {_LEAST_SIDE} pixels to cut into {grid}x{grid}, got {side}")
    return 2 * round(side / (grid + 1))
