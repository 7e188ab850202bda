"""Raw items in batches, before any view is made of them."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

__all__ = ["ImageBatch"]


@final
@dataclass(frozen=True)
class ImageBatch:
    """Images of one channel count, of equal or different sizes, in one tensor.

    Args:
        pixels: uint8 in 0..255, or floating point in 0..1. Images smaller than the largest are padded below and to
            the right; nothing reads the padding.
        sizes: height and width of each image inside `pixels`, in pixels.

    Example:
        >>> import torch
        >>> from selftaught.core import ImageBatch
        >>> batch = ImageBatch.of(torch.zeros(4, 3, 32, 32, dtype=torch.uint8))
        >>> len(batch), batch.channels, batch.sizes[0].tolist()
        (4, 3, [32, 32])
    """

    pixels: Num[Tensor, "n c h w"]
    sizes: Int[Tensor, "n 2"]

    @classmethod
    def of(cls, pixels: Num[Tensor, "n c h w"]) -> "ImageBatch":
        """A batch of images that all fill their tensor."""
        height, width = pixels.shape[-2:]
        return cls(pixels, torch.tensor([[height, width]]).expand(len(pixels), 2))

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def channels(self) -> int:
        """How many channels every image has."""
        return self.pixels.shape[1]

    def to(self, device: torch.device) -> "ImageBatch":
        """The same images on another device."""
        return ImageBatch(self.pixels.to(device, non_blocking=True), self.sizes.to(device, non_blocking=True))
