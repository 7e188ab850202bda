"""Images in all four quarter turns, and what is said of each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["TurnedImages"]


@final
@dataclass(frozen=True)
class TurnedImages(Views):
    """Every image as it is and turned by one, two and three quarters, each beside the turn that it is said to have.

    Args:
        images: of each item the four, square.
        turns: by how many quarters each is said to be turned against the clock, from 0 to 3.

    Example:
        >>> import torch
        >>> from selftaught.core import TurnedImages
        >>> views = TurnedImages.example(2, torch.Generator())
        >>> views.turns[0].tolist(), views.mismatched()["half a turn off"].turns[0].tolist()
        ([0, 1, 2, 3], [2, 3, 0, 1])
    """

    images: Float[Tensor, "n 4 c s s"]
    turns: Int[Tensor, "n 4"]

    @classmethod
    def of(cls, index: Int[Tensor, " n"], upright: Float[Tensor, "n c s s"]) -> "TurnedImages":
        """The four turns of images, in which no pixel is computed anew: rows become columns, and their order turns.

        Args:
            index: each image's row in the data set.
            upright: the images as they are.
        """
        turned = torch.stack([upright.rot90(quarters, (2, 3)) for quarters in range(4)], 1)
        return cls(index, turned, torch.arange(4, device=upright.device).expand(len(upright), 4))

    def mismatched(self) -> Mapping[str, "TurnedImages"]:
        """The same images, said to be turned otherwise than they are."""
        said = {"a quarter turn off": 1, "half a turn off": 2, "three quarter turns off": 3}
        return {name: replace(self, turns=(self.turns + more) % 4) for name, more in said.items()}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "TurnedImages":
        """Random RGB images of 16x16 pixels."""
        return cls.of(torch.arange(n), torch.randn(n, 3, 16, 16, generator=generator))
