"""What an item shows in each of several groups of channels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["ChannelViews"]


@final
@dataclass(frozen=True)
class ChannelViews(Views):
    """Groups of the channels of one crop of every item, and rows of the data set that were drawn for it at random.

    Args:
        parts: each of shape (n, some channels, height, width): lightness and colour, or colours and depth.
        drawn: rows of the data set, the item's own perhaps among them.

    Example:
        >>> import torch
        >>> from selftaught.core import ChannelViews
        >>> views = ChannelViews.example(4, torch.Generator())
        >>> wrong = views.mismatched()["another item's other channels"]
        >>> [part.shape[1] for part in wrong.parts], torch.equal(wrong.parts[1][0], views.parts[1][1])
        ([1, 2], True)
    """

    parts: tuple[Tensor, ...]
    drawn: Int[Tensor, "n m"]

    def mismatched(self) -> Mapping[str, "ChannelViews"]:
        """The first group of each item beside the others of the next."""
        first, *others = self.parts
        return {"another item's other channels": replace(self, parts=(first, *(part.roll(-1, 0) for part in others)))}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "ChannelViews":
        """One and two channels of `n` random images of 16x16 pixels that have something in common, and 8 rows each."""
        shared = torch.randn(n, 1, 16, 16, generator=generator)
        parts = tuple(shared + 0.3 * torch.randn(n, width, 16, 16, generator=generator) for width in (1, 2))
        return cls(torch.arange(n), parts, torch.randint(n, (n, 8), generator=generator))
