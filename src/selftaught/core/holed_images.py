"""Images of which some pixels are hidden."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["HoledImages"]


@final
@dataclass(frozen=True)
class HoledImages(Views):
    """Square images, each with a hole.

    Args:
        images: whole; who asks must see to it that nothing looks into the hole.
        mask: true where a pixel is hidden.

    Example:
        >>> import torch
        >>> from selftaught.core import HoledImages
        >>> views = HoledImages(torch.arange(1), torch.ones(1, 1, 2, 2), torch.eye(2).bool().view(1, 1, 2, 2))
        >>> views.seen[0, 0].tolist(), views.filled(torch.full((1, 1, 2, 2), 7.0)).images[0, 0].tolist()
        ([[0.0, 1.0], [1.0, 0.0]], [[7.0, 1.0], [1.0, 7.0]])
    """

    images: Float[Tensor, "n c s s"]
    mask: Bool[Tensor, "n 1 s s"]

    @property
    def seen(self) -> Float[Tensor, "n c s s"]:
        """(1 - mask) x image: of normalised images the hidden pixels have the mean colour."""
        return self.images.masked_fill(self.mask, 0.0)

    def filled(self, others: Float[Tensor, "n c s s"]) -> "HoledImages":
        """The same question with the pixels of other images in the hole."""
        return replace(self, images=torch.where(self.mask, others.to(self.images.dtype), self.images))

    def mismatched(self) -> Mapping[str, "HoledImages"]:
        """The hole filled from the next image, and the own filling under noise as strong as normalised images are."""
        noise = torch.randn(self.images.shape, generator=torch.Generator().manual_seed(0)).to(self.images)
        return {
            "another item's filling": self.filled(self.images.roll(-1, 0)),
            "noise over the hole": self.filled(self.images + noise),
        }

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "HoledImages":
        """Random RGB images of 16x16 pixels without the 6x6 in their middle."""
        mask = torch.zeros(n, 1, 16, 16, dtype=torch.bool)
        mask[:, :, 5:11, 5:11] = True
        return cls(torch.arange(n), torch.randn(n, 3, 16, 16, generator=generator), mask)
