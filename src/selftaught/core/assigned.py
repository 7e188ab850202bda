"""One view of each item, to be told which group of the data set the item belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["AssignedView"]


@final
@dataclass(frozen=True)
class AssignedView(Views):
    """One view of each item, beside its row in the data set: what it is assigned to is kept by row.

    Args:
        view: of each item.

    Example:
        >>> import torch
        >>> from selftaught.core import AssignedView
        >>> views = AssignedView(torch.tensor([7, 3]), torch.zeros(2, 1, 8, 8))
        >>> views.mismatched()["the place of another item"].index
        tensor([3, 7])
    """

    view: Float[Tensor, "n ..."]

    def mismatched(self) -> Mapping[str, "AssignedView"]:
        """Each view beside the row of the next item."""
        return {"the place of another item": AssignedView(self.index.roll(-1), self.view)}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "AssignedView":
        """Random RGB images of 16x16 pixels, the first items of their data set."""
        return cls(torch.arange(n), torch.randn(n, 3, 16, 16, generator=generator))
