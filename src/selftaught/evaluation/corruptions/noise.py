"""Noise on pixels: of the sensor, of few photons, of broken bits.

Images are (n, c, h, w) in 0..1, and so are the results; severities count from 1 to 5. Random numbers are drawn where
the generator lives and then moved to the images.
"""

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["gaussian_noise", "impulse_noise", "shot_noise"]


def gaussian_noise(
    images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator
) -> Float[Tensor, "n c h w"]:
    """Add normal noise of one deviation to every value: clamp(x + d noise), d from 0.04 to 0.10.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.noise import gaussian_noise
        >>> noisy = gaussian_noise(torch.full((8, 3, 32, 32), 0.5), 5, torch.Generator())
        >>> round(noisy.std().item(), 2)
        0.1
    """
    deviation = (0.04, 0.06, 0.08, 0.09, 0.10)[severity - 1]
    noise = torch.randn(images.shape, generator=generator, device=generator.device).to(images)
    return torch.add(images, noise, alpha=deviation).clamp_(0, 1)


def shot_noise(images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """Count photons: clamp(Poisson(k x) / k), k from 500 for a full value to 50.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.noise import shot_noise
        >>> noisy = shot_noise(torch.full((8, 3, 32, 32), 0.5), 5, torch.Generator())
        >>> round(noisy.var().item(), 3)  # 0.5 / 50
        0.01
    """
    photons = (500, 250, 100, 75, 50)[severity - 1]
    counts = torch.poisson((images * photons).to(generator.device), generator=generator).to(images)
    return counts.div_(photons).clamp_(0, 1)


def impulse_noise(
    images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator
) -> Float[Tensor, "n c h w"]:
    """Set a share of all values to 0 or 1, each equally often: salt and pepper, a share from 0.01 to 0.07.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.noise import impulse_noise
        >>> noisy = impulse_noise(torch.full((8, 3, 32, 32), 0.5), 5, torch.Generator())
        >>> round((noisy != 0.5).float().mean().item(), 2), sorted(noisy.unique().tolist())
        (0.07, [0.0, 0.5, 1.0])
    """
    share = (0.01, 0.02, 0.03, 0.05, 0.07)[severity - 1]
    drawn = torch.rand(images.shape, generator=generator, device=generator.device).to(images)
    return torch.where(drawn < share, (drawn < share / 2).to(images), images)
