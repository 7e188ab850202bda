"""Blurs: out of focus, behind glass, in motion, while zooming. Arguments are as in `noise`."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from selftaught.evaluation.corruptions.warping import blur, lengths_factor, random_numbers, streak, zoom

__all__ = ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur"]


def defocus_blur(
    images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator
) -> Float[Tensor, "n c h w"]:
    """Average over a disk whose edge is softened, of a radius from 0.3 to 1.5 pixels in 32. Draws nothing.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.blurs import defocus_blur
        >>> point = torch.zeros(1, 1, 9, 9)
        >>> point[0, 0, 4, 4] = 1
        >>> defocus_blur(point.repeat(1, 1, 4, 4)[..., :32, :32], 5, torch.Generator())[0, 0, 4, 3:6]
        tensor([0.1111, 0.1111, 0.1111])
    """
    radius, softness = ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1.0, 0.2), (1.5, 0.1))[severity - 1]
    radius, softness = radius * lengths_factor(images), softness * lengths_factor(images)
    reach = min(int(radius + 4 * softness) + 1, min(images.shape[2:]) - 1)
    offsets = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    disk = (offsets.square() + offsets.square()[:, None] <= radius**2).to(images)
    kernel = blur((disk / disk.sum())[None, None], softness)
    channels = images.shape[1]
    padded = F.pad(images, (reach,) * 4, mode="reflect")
    return F.conv2d(padded, kernel.expand(channels, -1, -1, -1), groups=channels).clamp_(0, 1)


def glass_blur(images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """Blur, take every pixel from a place nearby, once or twice, and blur again.

    Places are up to 1 pixel in 32 away.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.blurs import glass_blur
        >>> glass_blur(torch.full((1, 1, 32, 32), 0.5), 5, torch.Generator()).unique()
        tensor([0.5000])
    """
    sigma, times = ((0.05, 1), (0.25, 1), (0.4, 1), (0.25, 2), (0.4, 2))[severity - 1]
    factor = lengths_factor(images)
    farthest = max(round(factor), 1)
    images = blur(images, sigma * factor)
    n, channels, height, width = images.shape
    rows = torch.arange(height, device=images.device)[:, None]
    columns = torch.arange(width, device=images.device)
    for _ in range(times):
        moves = torch.randint(-farthest, farthest, (2, n, height, width), generator=generator, device=generator.device)
        down, across = moves.to(images.device)
        places = (rows + down).clamp(0, height - 1) * width + (columns + across).clamp(0, width - 1)  # (n, h, w)
        index = places.view(n, 1, -1).expand(-1, channels, -1)
        images = images.flatten(2).gather(2, index).view_as(images)
    return blur(images, sigma * factor).clamp(0, 1)


def motion_blur(
    images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator
) -> Float[Tensor, "n c h w"]:
    """Smear each image along its own direction, up to 45 degrees from the rows.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.blurs import motion_blur
        >>> motion_blur(torch.full((1, 1, 32, 32), 0.5), 5, torch.Generator()).mean()
        tensor(0.5000)
    """
    radius, sigma = ((6, 1.0), (6, 1.5), (6, 2.0), (8, 2.0), (9, 2.5))[severity - 1]
    degrees = random_numbers((len(images),), -45.0, 45.0, generator, images)
    factor = lengths_factor(images)
    return streak(images, degrees, radius=radius * factor, sigma=sigma * factor).clamp_(0, 1)


def zoom_blur(images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """The mean of the image and of magnifications of it in steps of 0.01, up to 1.05 to 1.25. Draws nothing.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.blurs import zoom_blur
        >>> zoom_blur(torch.full((1, 1, 32, 32), 0.5), 5, torch.Generator()).mean()
        tensor(0.5000)
    """
    steps = (5, 10, 15, 20, 25)[severity - 1]
    total = 2 * images  # the image itself, and magnified 1.00 times
    for step in range(1, steps + 1):
        total = total + zoom(images, 1 + step / 100)
    return (total / (steps + 2)).clamp_(0, 1)
