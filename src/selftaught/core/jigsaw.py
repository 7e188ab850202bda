"""Whole images, and the same images in shuffled tiles."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["JigsawView"]


@final
@dataclass(frozen=True)
class JigsawView(Views):
    """A view of every image beside its tiles in disorder, and rows of the data set that were drawn for it at random.

    Args:
        image: of each item.
        tiles: of each item, shuffled.
        order: from which place of the grid each tile is, counted row by row.
        drawn: rows of the data set, the item's own perhaps among them.

    Example:
        >>> import torch
        >>> from selftaught.core import JigsawView
        >>> views = JigsawView.example(4, torch.Generator())
        >>> wrong = views.mismatched()["another image's tiles"]
        >>> torch.equal(wrong.tiles[0], views.tiles[1]), torch.equal(wrong.image, views.image)
        (True, True)
    """

    image: Float[Tensor, "n c h w"]
    tiles: Float[Tensor, "n tiles c side side"]
    order: Int[Tensor, "n tiles"]
    drawn: Int[Tensor, "n m"]

    def mismatched(self) -> Mapping[str, "JigsawView"]:
        """Each image beside the tiles of the next."""
        return {"another image's tiles": replace(self, tiles=self.tiles.roll(-1, 0), order=self.order.roll(-1, 0))}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "JigsawView":
        """Random RGB images of 16x16 pixels, nine tiles of 8x8 pixels from each, and 8 rows for each."""
        images = torch.randn(n, 3, 16, 16, generator=generator)
        order = torch.rand(n, 9, generator=generator).argsort(1)
        corners = [images[:, :, top : top + 8, left : left + 8] for top in (0, 4, 8) for left in (0, 4, 8)]
        tiles = torch.stack(corners, 1)[torch.arange(n)[:, None], order]  # (n, 9, 3, 8, 8)
        return cls(torch.arange(n), images, tiles, order, torch.randint(n, (n, 8), generator=generator))
