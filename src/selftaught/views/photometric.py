"""What changes the colours of images: each image of the batch by its own amount.

Images are (n, c, h, w) in 0..1, and so are the results.
"""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.objectives import full_precision

__all__ = [
    "add_noise",
    "change_colours",
    "colour_maps",
    "grey",
    "solarise",
]

_LUMA = (0.2989, 0.587, 0.114)  # ITU-R 601-2, as torchvision rounds it


@full_precision
def colour_maps(
    amounts: Float[Tensor, "n 4"],
    order: Int[Tensor, "n 4"],
    greyed: Bool[Tensor, " n"],
    channels: int,
) -> Float[Tensor, "n 2 c c"]:
    """Brightness, contrast, saturation, hue and grey of each image as one linear map of its colours.

    Each of the four is linear in a pixel's colour x and in the mean colour m of the image, so that a chain of them is
    one pair of matrices: `change_colours` gives A (x - m) + B m. With grey(f) = f I + (1 - f) 1 luma^T, the steps are

        brightness f: f I for both,            saturation f: grey(f) for both,
        contrast f:   A is f I, B is grey(f),  hue:          for both a turn about the axis of greys.

    Brightness, contrast, saturation and grey are torchvision's, but for colours that leave 0..1 on the way: they are
    clamped once, at the end, and may come back before. A turn about the axis of greys keeps the mean of the channels
    and the distance from it, where torchvision's hue keeps the largest channel and the smallest; they agree at each
    third of the circle. Over photographs the distributions of the results differ by less than two of 255 levels.

    Args:
        amounts: factors >= 0 of brightness, contrast and saturation, where 1 changes nothing, and the shift of hue in
            turns, where 0 changes nothing and 1/3 makes red green. Without 3 channels the last two are not read.
        order: which of the four comes first, second, ...
        greyed: which images lose their colours after that; none without 3 channels.
        channels: how many the images have. The luma is 0.2989 R + 0.587 G + 0.114 B for 3, else the mean of all.

    Source:
        Haeberli 1993, "Matrix operations for image processing", for brightness, saturation and hue as matrices.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import change_colours, colour_maps
        >>> to_green = torch.tensor([[1.0, 1.0, 1.0, 1 / 3]])
        >>> maps = colour_maps(to_green, torch.arange(4).view(1, 4), torch.tensor([False]), 3)
        >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
        >>> change_colours(red, maps).flatten().round(decimals=4).abs()
        tensor([0., 1., 0.])
    """
    identity = torch.eye(channels)
    brightness, contrast, saturation, shifts = amounts.view(-1, 4, 1, 1).unbind(1)
    coloured, turned = identity.expand(len(amounts), -1, -1), identity.expand(len(amounts), -1, -1)
    if channels == 3:
        coloured, turned = _towards_grey(saturation, channels), _turns(shifts)
    for_differences = torch.stack([brightness * identity, contrast * identity, coloured, turned], 1)
    for_means = torch.stack([brightness * identity, _towards_grey(contrast, channels), coloured, turned], 1)
    steps = torch.stack([for_differences, for_means], 2)  # (n, 4, 2, c, c)
    first, second, third, fourth = steps[torch.arange(len(steps)).unsqueeze(1), order].unbind(1)
    without_grey = fourth @ third @ second @ first
    return _towards_grey((~greyed).float().view(-1, 1, 1), channels).unsqueeze(1) @ without_grey


def change_colours(images: Float[Tensor, "n c h w"], maps: Float[Tensor, "n 2 c c"]) -> Float[Tensor, "n c h w"]:
    """Change the colours of each image: clamp(A (x - m) + B m), with m its mean colour.

    Args:
        images: any number of channels.
        maps: A and B of each image; see `colour_maps`.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import change_colours
        >>> half_the_contrast = torch.tensor([0.5, 1.0]).view(1, 2, 1, 1)
        >>> change_colours(torch.tensor([0.2, 0.6]).view(1, 1, 1, 2), half_the_contrast).flatten()
        tensor([0.3000, 0.5000])
    """
    differences, means = maps.to(images.dtype).unbind(1)
    shift = (means - differences) @ images.mean((2, 3)).unsqueeze(2)  # (n, c, 1)
    return torch.baddbmm(shift, differences, images.flatten(2)).clamp_(0, 1).view(images.shape)


def grey(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """Each image without colours: three times its luma 0.2989 R + 0.587 G + 0.114 B.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import grey
        >>> grey(torch.tensor([1.0, 1.0, 0.0]).view(1, 3, 1, 1)).flatten()
        tensor([0.8859, 0.8859, 0.8859])
    """
    return _luma(images).repeat(1, 3, 1, 1)


def solarise(images: Float[Tensor, "n c h w"], threshold: float) -> Float[Tensor, "n c h w"]:
    """Turn the bright pixels dark: 1 - x where x >= threshold.

    Args:
        images: any number of channels.
        threshold: in [0, 1].

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import solarise
        >>> solarise(torch.tensor([0.25, 0.75]).view(1, 1, 1, 2), 0.5).flatten()
        tensor([0.2500, 0.2500])
    """
    return torch.where(images >= threshold, 1 - images, images)


def add_noise(
    images: Float[Tensor, "n c h w"], noise: Float[Tensor, "n c h w"], deviation: float
) -> Float[Tensor, "n c h w"]:
    """Add noise to every pixel: clamp(x + deviation noise).

    Args:
        images: any number of channels.
        noise: from the standard normal distribution.
        deviation: in units of pixel values, >= 0.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import add_noise
        >>> add_noise(torch.tensor([0.5, 0.9]).view(1, 1, 1, 2), torch.ones(1, 1, 1, 2), 0.2).flatten()
        tensor([0.7000, 1.0000])
    """
    return torch.add(images, noise, alpha=deviation).clamp_(0, 1)


def _towards_grey(factors: Float[Tensor, "n 1 1"], channels: int) -> Float[Tensor, "n c c"]:
    luma = torch.tensor(_LUMA) if channels == 3 else torch.full((channels,), 1 / channels)
    return factors * torch.eye(channels) + (1 - factors) * luma.expand(channels, -1)


def _turns(shifts: Float[Tensor, "n 1 1"]) -> Float[Tensor, "n 3 3"]:
    """Rotations about (1, 1, 1) by Rodrigues' formula, in the sense that takes red to green to blue."""
    angles, identity = 2 * math.pi * shifts, torch.eye(3)
    across = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / math.sqrt(3)
    return angles.cos() * identity + angles.sin() * across + (1 - angles.cos()) / 3


def _luma(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1 h w"]:
    red, green, blue = images.split(1, dim=1)
    return (red * _LUMA[0]).add_(green, alpha=_LUMA[1]).add_(blue, alpha=_LUMA[2])
