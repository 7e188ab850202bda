"""Tiles of images in one of a few orders."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["ShuffledTiles"]


@final
@dataclass(frozen=True)
class ShuffledTiles(Views):
    """The tiles of every image, in an order that has a number.

    Args:
        tiles: of each item, in that order.
        orders: the number of each item's order in a list that whoever asks and whoever answers have agreed on.

    Example:
        >>> import torch
        >>> from selftaught.core import ShuffledTiles
        >>> views = ShuffledTiles.example(4, torch.Generator())
        >>> wrong = views.mismatched()["tiles in a wrong order"]
        >>> torch.equal(wrong.tiles[0, 1], views.tiles[0, 0]), torch.equal(wrong.orders, views.orders)
        (True, True)
    """

    tiles: Float[Tensor, "n tiles c side side"]
    orders: Int[Tensor, " n"]

    def mismatched(self) -> Mapping[str, "ShuffledTiles"]:
        """The same tiles, each a place further on; the true order, with the next item's tiles in every other place."""
        other = self.tiles.roll(-1, 0)
        every_other = (torch.arange(self.tiles.shape[1], device=other.device) % 2 == 0).view(-1, 1, 1, 1)
        return {
            "tiles in a wrong order": replace(self, tiles=self.tiles.roll(1, 1)),
            "some tiles of another image": replace(self, tiles=torch.where(every_other, self.tiles, other)),
        }

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "ShuffledTiles":
        """Nine random RGB tiles of 8x8 pixels for every item, said to be in one of eight orders."""
        tiles = torch.randn(n, 9, 3, 8, 8, generator=generator)
        return cls(torch.arange(n), tiles, torch.randint(8, (n,), generator=generator))
