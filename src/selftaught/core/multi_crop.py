"""A few large crops of each item and many small ones, to be told apart by size."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.core.errors import UserError
from selftaught.core.views import Views

__all__ = ["MultiCrop"]


@final
@dataclass(frozen=True)
class MultiCrop(Views):
    """Two large crops of each image and any number of small ones, which show less of it at fewer pixels.

    Args:
        large: two of each image; row i of every crop comes from item i.
        small: any number, none included, all of one size.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiCrop
        >>> crops = MultiCrop(torch.arange(4), (torch.zeros(4, 3, 8, 8),) * 2, (torch.ones(4, 3, 4, 4),) * 6)
        >>> len(crops.views), [each.shape for each in crops.by_size()]
        (8, [torch.Size([8, 3, 8, 8]), torch.Size([24, 3, 4, 4])])
    """

    large: tuple[Float[Tensor, "n c side side"], ...]
    small: tuple[Float[Tensor, "n c smaller smaller"], ...] = ()

    @property
    def views(self) -> tuple[Tensor, ...]:
        """All crops, the large ones first."""
        return (*self.large, *self.small)

    def pair(self) -> tuple[Tensor, Tensor]:
        """The two large crops of every item.

        Raises:
            UserError: there are not exactly two.
        """
        if len(self.large) != 2:
            raise UserError(f"expected exactly 2 large crops of every item, got {len(self.large)}")
        return self.large[0], self.large[1]

    def by_size(self) -> list[Float[Tensor, "rows c s s"]]:
        """The crops of one size behind each other, as a network takes them at once: the large, then the small.

        Raises:
            UserError: there are not exactly two large crops.
        """
        return [torch.cat(crops) for crops in (self.pair(), self.small) if crops]

    def mismatched(self) -> Mapping[str, "MultiCrop"]:
        """Each first crop beside the other crops of the next item."""
        first, *others = self.large
        turned = (first, *(crop.roll(-1, 0) for crop in others))
        return {"another item": MultiCrop(self.index, turned, tuple(crop.roll(-1, 0) for crop in self.small))}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "MultiCrop":
        """Two noisy copies of `n` random RGB images of 16x16 pixels, and two of 8x8: a quarter, the whole reduced."""
        items = torch.randn(n, 3, 16, 16, generator=generator)
        large = [items + 0.3 * torch.randn(items.shape, generator=generator) for _ in range(2)]
        reduced = [items[:, :, :8, :8], F.avg_pool2d(items, 2)]
        small = [each + 0.3 * torch.randn(each.shape, generator=generator) for each in reduced]
        return cls(torch.arange(n), tuple(large), tuple(small))
