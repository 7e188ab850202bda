"""One view of each item, to be told from what is remembered of others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["BankedView"]


@final
@dataclass(frozen=True)
class BankedView(Views):
    """One view of each item, beside its own row in the data set and rows that were drawn for it at random.

    Args:
        view: of each item.
        drawn: rows of the data set, the item's own perhaps among them.

    Example:
        >>> import torch
        >>> from selftaught.core import BankedView
        >>> views = BankedView(torch.tensor([7, 3]), torch.zeros(2, 1, 8, 8), torch.tensor([[0, 1], [7, 5]]))
        >>> views.mismatched()["the place of another item"].index
        tensor([3, 7])
    """

    view: Float[Tensor, "n ..."]
    drawn: Int[Tensor, "n m"]

    def mismatched(self) -> Mapping[str, "BankedView"]:
        """Each view beside the row of the next item."""
        return {"the place of another item": replace(self, index=self.index.roll(-1))}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "BankedView":
        """Random RGB images of 16x16 pixels, the first items of their data set, with 8 of these rows for each."""
        images = torch.randn(n, 3, 16, 16, generator=generator)
        return cls(torch.arange(n), images, torch.randint(n, (n, 8), generator=generator))
