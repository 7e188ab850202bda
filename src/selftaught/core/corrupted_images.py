"""Images as a network is shown them, and as they were before something was done to them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["CorruptedImages"]


@final
@dataclass(frozen=True)
class CorruptedImages(Views):
    """What is seen of every image, and the image that is to be made of it.

    Args:
        seen: normalised, with noise or without.
        images: the same images, normalised, without any noise.

    Example:
        >>> import torch
        >>> from selftaught.core import CorruptedImages
        >>> images = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 1, 2, 2)
        >>> views = CorruptedImages(torch.arange(2), images, images)
        >>> views.mismatched()["halves of two images"].seen[0, 0].tolist()
        [[0.0, 0.0], [1.0, 1.0]]
    """

    seen: Float[Tensor, "n c h w"]
    images: Float[Tensor, "n c h w"]

    def mismatched(self) -> Mapping[str, "CorruptedImages"]:
        """What belongs to no image, or to another.

        The upper half of each image over the lower half of the next, seen and meant alike; what is seen of the next
        image; an image under noise as strong as normalised images are, so that the noise is in both.
        """
        half = self.images.shape[2] // 2

        def joined(images: Tensor) -> Tensor:
            return torch.cat([images[:, :, :half], images.roll(-1, 0)[:, :, half:]], 2)

        noise = torch.randn(self.images.shape[1:], generator=torch.Generator().manual_seed(0)).to(self.images)
        return {
            "halves of two images": replace(self, seen=joined(self.seen), images=joined(self.images)),
            "seen of another image": replace(self, seen=self.seen.roll(-1, 0)),
            "noise over the image": replace(self, seen=self.seen + noise, images=self.images + noise),
        }

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "CorruptedImages":
        """`n` random RGB images of 16x16 pixels, seen under noise."""
        images = torch.randn(n, 3, 16, 16, generator=generator)
        return cls(torch.arange(n), images + 0.3 * torch.randn(images.shape, generator=generator), images)
