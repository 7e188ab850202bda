"""Looking up images between their pixels, and smooth random fields: what blurs, weather and warps are made of."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from selftaught.views.filters import gaussian_blur

__all__ = ["blur", "cloud", "lengths_factor", "look_up", "random_numbers", "streak", "zoom"]

_USUAL_SIDE = 32  # pixels, for which the strengths of CIFAR-10-C hold
_FAINTEST = 1e-3  # share of a streak's first tap, below which taps are left out


def lengths_factor(images: Float[Tensor, "n c h w"]) -> float:
    """By how much lengths in pixels grow beside those of CIFAR-10-C, so that larger images change alike.

    They do not shrink with smaller images: a disk of less than a pixel would change nothing.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.warping import lengths_factor
        >>> lengths_factor(torch.zeros(1, 3, 224, 224))
        7.0
    """
    return max(min(images.shape[2:]) / _USUAL_SIDE, 1.0)


def random_numbers(
    shape: tuple[int, ...], low: float, high: float, generator: torch.Generator, like: Tensor
) -> Float[Tensor, "..."]:
    """Numbers in [low, high), on the device and in the dtype of another tensor.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.warping import random_numbers
        >>> random_numbers((4,), 2.0, 3.0, torch.Generator(), torch.zeros(1)).floor()
        tensor([2., 2., 2., 2.])
    """
    drawn = torch.rand(shape, generator=generator, device=generator.device).to(like)
    return drawn * (high - low) + low


def look_up(
    images: Float[Tensor, "n c h w"],
    rows: Float[Tensor, "n h w"],
    columns: Float[Tensor, "n h w"],
    *,
    reflect: bool = False,
) -> Float[Tensor, "n c h w"]:
    """The images at other places, bilinearly between their pixels.

    Args:
        images: any number of channels.
        rows: where each pixel comes from, in pixels from the centre of the first row.
        columns: the same along the other axis.
        reflect: what lies outside is the mirrored image, else the nearest pixel.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.warping import look_up
        >>> image = torch.tensor([[[[0.0, 1.0]]]])
        >>> look_up(image, torch.zeros(1, 1, 2), torch.tensor([[[0.25, 9.0]]])).flatten()
        tensor([0.2500, 1.0000])
    """
    height, width = images.shape[2:]
    places = torch.stack([(2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1], 3)  # (n, h, w, 2)
    return F.grid_sample(images, places, padding_mode="reflection" if reflect else "border", align_corners=False)


def zoom(images: Float[Tensor, "n c h w"], factor: float) -> Float[Tensor, "n c h w"]:
    """The centre of each image, magnified.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.warping import zoom
        >>> zoom(torch.tensor([[[[0.0, 1, 2, 3]]]]), 3.0).flatten()
        tensor([1.0000, 1.3333, 1.6667, 2.0000])
    """
    rows, columns = _places(images)
    middle = [(size - 1) / 2 for size in images.shape[2:]]
    return look_up(images, (rows - middle[0]) / factor + middle[0], (columns - middle[1]) / factor + middle[1])


def _places(images: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n h w"], Float[Tensor, "n h w"]]:
    """The row and the column of every pixel."""
    n, _, height, width = images.shape
    rows = torch.arange(height, device=images.device, dtype=images.dtype).view(1, -1, 1).expand(n, -1, width)
    columns = torch.arange(width, device=images.device, dtype=images.dtype).expand(n, height, -1)
    return rows, columns


def streak(
    images: Float[Tensor, "n c h w"], degrees: Float[Tensor, " n"], *, radius: float, sigma: float
) -> Float[Tensor, "n c h w"]:
    """Smear each image in its own direction: taps a pixel apart, one half of a Gaussian.

    Args:
        images: any number of channels.
        degrees: the direction, 0 along the rows.
        radius: half the longest streak, in pixels.
        sigma: of the Gaussian, in pixels.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.warping import streak
        >>> line = torch.tensor([0.0, 0, 1, 0, 0]).view(1, 1, 1, 5)
        >>> streak(line, torch.tensor([0.0]), radius=1.0, sigma=1.0).flatten()
        tensor([0.0777, 0.3482, 0.5741, 0.0000, 0.0000])
    """
    reach = min(2 * radius, sigma * math.sqrt(-2 * math.log(_FAINTEST)))
    taps = torch.arange(int(reach) + 1)
    weights = (-0.5 * (taps / sigma) ** 2).softmax(0).tolist()
    angle = torch.deg2rad(degrees).to(images).view(-1, 1, 1)
    rows, columns = _places(images)
    result = images * weights[0]
    for tap, weight in enumerate(weights[1:], 1):
        result += weight * look_up(images, rows + tap * angle.sin(), columns + tap * angle.cos())
    return result


def blur(images: Float[Tensor, "n c h w"], sigma: float, *, truncate: float = 4.0) -> Float[Tensor, "n c h w"]:
    """Blur all images by one Gaussian, cut off at `truncate` deviations or where the reflected image ends.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.warping import blur
        >>> blur(torch.tensor([0.0, 0, 1, 0, 0]).expand(1, 1, 5, 5), 1.0)[0, 0, 0]
        tensor([0.1080, 0.2464, 0.3992, 0.2464, 0.1080])
    """
    reach = min(int(truncate * sigma + 0.5), min(images.shape[2:]) - 1)
    if reach == 0:
        return images
    return gaussian_blur(images, images.new_full((len(images),), sigma), 2 * reach + 1)


def cloud(
    images: Float[Tensor, "n c h w"], decay: float, generator: torch.Generator, *, first: int = 0
) -> Float[Tensor, "n 1 h w"]:
    """A random field an image in 0..1: noise on grids of 2, 3, 5, 9, ... points a side, each weaker by a factor.

    Args:
        images: how many fields, and how large.
        decay: the factor, > 1; the larger, the smoother.
        generator: of the noise.
        first: how many of the coarsest grids are left out.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.warping import cloud
        >>> field = cloud(torch.zeros(2, 3, 32, 32), 2.0, torch.Generator())
        >>> field.shape, field.amin((1, 2, 3)).tolist(), field.amax((1, 2, 3)).tolist()
        (torch.Size([2, 1, 32, 32]), [0.0, 0.0], [1.0, 1.0])
    """
    n, size = len(images), images.shape[2:]
    field = images.new_zeros(n, 1, *size)
    for octave in range(first, math.ceil(math.log2(max(size))) + 1):
        points = 2**octave + 1
        noise = random_numbers((n, 1, points, points), -1.0, 1.0, generator, images)
        field += F.interpolate(noise, size=size, mode="bicubic", align_corners=True) * decay**-octave
    field -= field.amin((2, 3), keepdim=True)
    return field / field.amax((2, 3), keepdim=True)
