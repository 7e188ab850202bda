"""How often each pixel had each level: the likelihood that needs no network."""

import math
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import gather

__all__ = ["LevelHistograms"]


@final
class LevelHistograms(nn.Module):
    """Counts of the levels of every channel of every pixel, of all batches so far; each begins with one.

    A model of images that does not beat it has not learned that pixels depend on each other.

    Args:
        values: of an image: one for each channel of each pixel.
        levels: that a channel of a pixel can have.

    Example:
        >>> import torch
        >>> from selftaught.parts import LevelHistograms
        >>> histograms = LevelHistograms(4, levels=2)
        >>> white = torch.ones(2, 1, 2, 2, dtype=torch.int64)
        >>> histograms.see(white)
        >>> round(histograms.bits_per_dimension(white).item(), 3)  # 3 of 4 counts: log2(4/3)
        0.415
    """

    counts: Int[Tensor, "values levels"]

    def __init__(self, values: int, *, levels: int) -> None:
        super().__init__()
        self.register_buffer("counts", torch.ones(values, levels, dtype=torch.int64))

    @torch.no_grad()
    def see(self, numbers: Int[Tensor, "n c h w"]) -> None:
        """Count the levels of the images of all processes."""
        found = gather(numbers).flatten(1).T  # (values, n)
        self.counts.scatter_add_(1, found, torch.ones_like(found))

    @torch.no_grad()
    def bits_per_dimension(self, numbers: Int[Tensor, "n c h w"]) -> Float[Tensor, ""]:
        """Bits that a channel of a pixel takes, on average, where each is coded by its own histogram."""
        found = self.counts.gather(1, numbers.flatten(1).T).double()  # (values, n)
        shares = found / self.counts.sum(1, keepdim=True)
        return -(shares.log().mean() / math.log(2)).float()
