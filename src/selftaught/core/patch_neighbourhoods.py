"""A patch of every image and the eight around it, each said to be somewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["PatchNeighbourhoods"]

_MIDDLE, _AROUND = 4, (0, 1, 2, 3, 5, 6, 7, 8)


@final
@dataclass(frozen=True)
class PatchNeighbourhoods(Views):
    """Nine patches of every image in three rows of three, and where each of the eight at the rim is said to lie.

    Args:
        patches: of each item, row by row; the fifth is the one in the middle.
        places: for each of the others, in this order, where it is said to lie, from 0 for above on the left to 7 for
            below on the right, row by row.

    Example:
        >>> import torch
        >>> from selftaught.core import PatchNeighbourhoods
        >>> views = PatchNeighbourhoods.example(2, torch.Generator())
        >>> views.middle.shape, views.around.shape, views.places[0].tolist()
        (torch.Size([2, 3, 8, 8]), torch.Size([2, 8, 3, 8, 8]), [0, 1, 2, 3, 4, 5, 6, 7])
    """

    patches: Float[Tensor, "n 9 c side side"]
    places: Int[Tensor, "n 8"]

    @property
    def middle(self) -> Float[Tensor, "n c side side"]:
        """The patch that places are told from."""
        return self.patches[:, _MIDDLE]

    @property
    def around(self) -> Float[Tensor, "n 8 c side side"]:
        """The patches whose places are to be told."""
        return self.patches[:, _AROUND]

    def mismatched(self) -> Mapping[str, "PatchNeighbourhoods"]:
        """The patches at the rim in a wrong order, said to lie where they do not; those of the next item."""
        another = self.patches.roll(-1, 0).clone()
        another[:, _MIDDLE] = self.middle
        return {
            "patches in a wrong order": replace(self, places=(self.places + 1) % len(_AROUND)),
            "patches across from where they lie": replace(self, places=len(_AROUND) - 1 - self.places),
            "patches of another image": replace(self, patches=another),
        }

    @classmethod
    def of(cls, index: Int[Tensor, " n"], patches: Float[Tensor, "n 9 c side side"]) -> "PatchNeighbourhoods":
        """Patches of which what is said is true."""
        return cls(index, patches, torch.arange(len(_AROUND), device=patches.device).expand(len(patches), -1))

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "PatchNeighbourhoods":
        """Random RGB patches of 8x8 pixels."""
        return cls.of(torch.arange(n), torch.randn(n, 9, 3, 8, 8, generator=generator))
