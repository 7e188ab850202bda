"""Weather-like changes: snow, frost, fog, and how bright it is. Arguments are as in `noise`."""

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.evaluation.corruptions.warping import cloud, lengths_factor, random_numbers, streak, zoom

__all__ = ["brightness", "fog", "frost", "snow"]

_LUMA = (0.299, 0.587, 0.114)
_FROST_LOWEST, _FROST_DECAY, _FROST_FIRST = 0.35, 1.5, 2


def snow(images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """Whiten each image, and let flakes fall through it, smeared along one direction of its own.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.weather import snow
        >>> images = torch.zeros(4, 3, 32, 32)
        >>> light, heavy = (snow(images, severity, torch.Generator()).mean() for severity in (1, 5))
        >>> bool(0 < light < heavy)
        True
    """
    mean, deviation, size, threshold, radius, sigma, kept = (
        (0.1, 0.2, 1.0, 0.6, 8, 3, 0.95),
        (0.1, 0.2, 1.0, 0.5, 10, 4, 0.9),
        (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
        (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
        (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
    )[severity - 1]
    n, channels, height, width = images.shape
    factor = lengths_factor(images)
    noise = torch.randn((n, 1, height, width), generator=generator, device=generator.device).to(images)
    flakes = zoom(noise * deviation + mean, max(size * factor, 1.0))
    flakes = torch.where(flakes < threshold, 0, flakes.clamp(0, 1))
    degrees = random_numbers((n,), -135.0, -45.0, generator, images)
    flakes = streak(flakes, degrees, radius=radius * factor, sigma=sigma * factor)
    weights = images.new_tensor(_LUMA if channels == 3 else (1 / channels,) * channels).view(1, -1, 1, 1)
    grey = (images * weights).sum(1, keepdim=True)
    whitened = kept * images + (1 - kept) * images.maximum(grey * 1.5 + 0.5)
    return (whitened + flakes + flakes.rot90(2, (2, 3))).clamp_(0, 1)


def frost(images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """Lay branching crystals of ice over each image: the ridges of a random field.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.weather import frost
        >>> iced = frost(torch.zeros(1, 3, 32, 32), 5, torch.Generator())
        >>> bool(iced.min() > 0.1) and bool(iced.max() <= 0.45)
        True
    """
    kept, ice = ((1.0, 0.2), (1.0, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45))[severity - 1]
    field = cloud(images, _FROST_DECAY, generator, first=_FROST_FIRST)
    ridges = (1 - (2 * field - 1).abs()) ** 3
    return (kept * images + ice * (_FROST_LOWEST + (1 - _FROST_LOWEST) * ridges)).clamp_(0, 1)


def fog(images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """Add a smooth random field, and scale the sum so that the image's largest value stays where it was.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.weather import fog
        >>> foggy = fog(torch.linspace(0, 1, 1024).view(1, 1, 32, 32), 5, torch.Generator())
        >>> bool(foggy.max() <= 1) and bool(foggy.std() < 0.29)
        True
    """
    amount, decay = ((0.2, 3.0), (0.5, 3.0), (0.75, 2.5), (1.0, 2.0), (1.5, 1.75))[severity - 1]
    largest = images.amax((1, 2, 3), keepdim=True)
    return ((images + amount * cloud(images, decay, generator)) * largest / (largest + amount)).clamp_(0, 1)


def brightness(images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """Raise each pixel's largest channel by 0.05 to 0.3, the others in proportion: HSV's value. Draws nothing.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.weather import brightness
        >>> brightness(torch.tensor([0.5, 0.25, 0.0]).view(1, 3, 1, 1), 5, torch.Generator()).flatten()
        tensor([0.8000, 0.4000, 0.0000])
    """
    more = (0.05, 0.1, 0.15, 0.2, 0.3)[severity - 1]
    value = images.amax(1, keepdim=True)
    raised = (value + more).clamp(max=1)
    return torch.where(value > 0, images * (raised / value.clamp(min=torch.finfo(images.dtype).tiny)), raised)
