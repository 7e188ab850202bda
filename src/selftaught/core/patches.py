"""Images as rows of square patches, and back: the one place that says which pixel stands where."""

from jaxtyping import Float
from torch import Tensor

from selftaught.core.errors import UserError

__all__ = ["patchify", "unpatchify", "usual_patch_pixels"]

_SMALL_IMAGE_PIXELS, _SMALL_GRID, _PATCH_PIXELS = 64, 8, 16
_FEWEST, _MOST = 4, 32  # patches a side


def patchify(images: Float[Tensor, "n c h w"], patch_pixels: int) -> Float[Tensor, "n patches values"]:
    """The patches of every image, row by row from the top left; in a patch row, column, channel.

    Args:
        images: whose sides are multiples of a patch's.
        patch_pixels: side of a patch, in pixels.

    Raises:
        UserError: the patches do not tile the images.

    Source:
        He et al. 2021, https://arxiv.org/abs/2111.06377, section 3.

    Example:
        >>> import torch
        >>> from selftaught.core import patchify
        >>> patchify(torch.arange(16.0).view(1, 1, 4, 4), 2)[0, 1]
        tensor([2., 3., 6., 7.])
    """
    n, channels, height, width = images.shape
    if height % patch_pixels or width % patch_pixels:
        raise UserError(f"expected patches that tile images of {height}x{width} pixels, got patches of {patch_pixels}")
    grid = images.reshape(n, channels, height // patch_pixels, patch_pixels, width // patch_pixels, patch_pixels)
    return grid.permute(0, 2, 4, 3, 5, 1).reshape(n, -1, patch_pixels**2 * channels)


def unpatchify(patches: Float[Tensor, "n patches values"], channels: int) -> Float[Tensor, "n c s s"]:
    """The square images that have these patches: `patchify` backwards.

    Args:
        patches: a square number of square patches.
        channels: of the images.

    Example:
        >>> import torch
        >>> from selftaught.core import patchify, unpatchify
        >>> images = torch.randn(2, 3, 8, 8)
        >>> torch.equal(unpatchify(patchify(images, 4), 3), images)
        True
    """
    n, count, values = patches.shape
    side, pixels = round(count**0.5), round((values / channels) ** 0.5)
    grid = patches.reshape(n, side, side, pixels, pixels, channels)
    return grid.permute(0, 5, 1, 3, 2, 4).reshape(n, channels, side * pixels, side * pixels)


def usual_patch_pixels(image_size: int) -> int:
    """The side of a patch that suits square images of one size, where nobody names another.

    Of the sides from 2 pixels on that tile the image with 4 to 32 patches a side: up to 64 pixels the one whose grid is
    nearest to 8x8, above that the one nearest to 16 pixels.

    Args:
        image_size: height and width of the images, in pixels.

    Raises:
        UserError: no such patch tiles the images.

    Example:
        >>> from selftaught.core import usual_patch_pixels
        >>> [usual_patch_pixels(size) for size in (28, 32, 64, 96, 224)]
        [4, 4, 8, 16, 16]
    """

    def distance(pixels: int) -> int | float:
        small = image_size <= _SMALL_IMAGE_PIXELS
        return abs(image_size / pixels - _SMALL_GRID) if small else abs(pixels - _PATCH_PIXELS)

    grids = range(_FEWEST, _MOST + 1)
    sides = [image_size // grid for grid in grids if image_size % grid == 0 and image_size >= 2 * grid]
    if not sides:
        nearest = max(_SMALL_GRID, round(image_size / _SMALL_GRID) * _SMALL_GRID)
        raise UserError(
            f"expected an image size that 4 to 32 patches a side tile, got {image_size} pixels: the nearest is "
            f"--image-size {nearest}"
        )
    return min(sides, key=distance)
