"""Images and random codes that belong to none of them: what adversarial methods are asked about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core.errors import UserError
from selftaught.core.views import Views

__all__ = ["ImagesWithLatents"]


@final
@dataclass(frozen=True)
class ImagesWithLatents(Views):
    """True images, and numbers of chance from which a generator makes others.

    Args:
        images: normalised.
        latents: from the standard normal distribution; those of row i have nothing to do with image i.
        coded: the images whose code is shown beside `images`, for methods that look at images and codes together:
            the same images, unless the pairing is wrong. None for methods that look at images alone.

    Example:
        >>> import torch
        >>> from selftaught.core import ImagesWithLatents
        >>> images = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 1, 2, 2)
        >>> views = ImagesWithLatents(torch.arange(2), images, torch.zeros(2, 8))
        >>> views.mismatched()["halves of two images"].images[0, 0].tolist()
        [[0.0, 0.0], [1.0, 1.0]]
    """

    images: Float[Tensor, "n c h w"]
    latents: Float[Tensor, "n numbers"]
    coded: Float[Tensor, "n c h w"] | None = None

    def noise(self, width: int) -> Float[Tensor, "n width"]:
        """The first so many latents of every item.

        Raises:
            UserError: there are fewer.
        """
        drawn = self.latents.shape[1]
        if drawn < width:
            raise UserError(f"expected at least {width} latents of every item, got {drawn}; views draw `noise_width`")
        return self.latents[:, :width]

    def mismatched(self) -> Mapping[str, "ImagesWithLatents"]:
        """The upper half of each image over the lower half of the next; the code of the next image."""
        half = self.images.shape[2] // 2
        joined = torch.cat([self.images[:, :, :half], self.images.roll(-1, 0)[:, :, half:]], 2)
        if self.coded is None:
            return {"halves of two images": replace(self, images=joined)}
        return {
            "halves of two images": replace(self, images=joined, coded=joined),
            "another image's code": replace(self, coded=self.coded.roll(-1, 0)),
        }

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "ImagesWithLatents":
        """`n` random RGB images of 16x16 pixels, and 128 latents each."""
        images = torch.randn(n, 3, 16, 16, generator=generator)
        return cls(torch.arange(n), images, torch.randn(n, 128, generator=generator))
