"""Images with the values that a likelihood is of, and numbers of chance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core.errors import UserError
from selftaught.core.views import Views

__all__ = ["PixelsWithLatents"]


@final
@dataclass(frozen=True)
class PixelsWithLatents(Views):
    """Images as a network sees them, the values whose likelihood is asked for, and numbers of chance for latents.

    Args:
        images: normalised.
        pixels: the same images in 0..1, perhaps dequantised.
        latents: from the standard normal distribution; those of row i have nothing to do with image i.
        means: what was subtracted of values in 0..1 in each channel; the same in every row.
        deviations: what they were then divided by.

    Example:
        >>> import torch
        >>> from selftaught.core import PixelsWithLatents
        >>> views = PixelsWithLatents.example(2, torch.Generator())
        >>> torch.allclose(views.normalised(views.pixels), views.images, atol=1e-5)
        True
    """

    images: Float[Tensor, "n c h w"]
    pixels: Float[Tensor, "n c h w"]
    latents: Float[Tensor, "n numbers"]
    means: Float[Tensor, "n c"]
    deviations: Float[Tensor, "n c"]

    def noise(self, width: int) -> Float[Tensor, "n width"]:
        """The first so many latents of every item.

        Raises:
            UserError: there are fewer.
        """
        drawn = self.latents.shape[1]
        if drawn < width:
            raise UserError(f"expected at least {width} latents of every item, got {drawn}; views draw `noise_width`")
        return self.latents[:, :width]

    def normalised(self, pixels: Float[Tensor, "m c h w"]) -> Float[Tensor, "m c h w"]:
        """Any values in 0..1 as the network would see them."""
        mean, deviation = (each[0].view(-1, 1, 1) for each in (self.means, self.deviations))
        return (pixels - mean) / deviation

    def mismatched(self) -> Mapping[str, "PixelsWithLatents"]:
        """The upper half of each image over the lower half of the next."""
        half = self.images.shape[2] // 2

        def joined(images: Tensor) -> Tensor:
            return torch.cat([images[:, :, :half], images.roll(-1, 0)[:, :, half:]], 2)

        halves = replace(self, images=joined(self.images), pixels=joined(self.pixels))
        return {"halves of two images": halves}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "PixelsWithLatents":
        """`n` random RGB images of 16x16 pixels, and 128 latents each."""
        pixels = torch.rand(n, 3, 16, 16, generator=generator)
        half, quarter = torch.full((n, 3), 0.5), torch.full((n, 3), 0.25)
        latents = torch.randn(n, 128, generator=generator)
        return cls(torch.arange(n), (pixels - 0.5) / 0.25, pixels, latents, half, quarter)
