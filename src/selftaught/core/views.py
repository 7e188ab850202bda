"""Related parts of items: what a method is asked about."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast, final

import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core.errors import UserError

__all__ = ["MultiView", "Views"]

V = TypeVar("V", bound="Views")


@dataclass(frozen=True)
class Views(ABC):
    """The parts of a batch of items, and where the items stand in the data set.

    Subclasses are frozen dataclasses, one per shape of question. Their fields are tensors, or tuples of tensors, whose
    first axis runs over the items.

    Args:
        index: each item's row in the data set.
    """

    index: Int[Tensor, " n"]

    @abstractmethod
    def mismatched(self: V) -> Mapping[str, V]:
        """The kinds of wrong pairing of this batch, by name: what `Method.energy` should find less compatible."""

    @classmethod
    @abstractmethod
    def example(cls: type[V], n: int, generator: torch.Generator) -> V:
        """Views of `n` random items, as `testing.check_method` feeds them to a method."""

    def __len__(self) -> int:
        return len(self.index)

    def map(self: V, change: Callable[[Tensor], Tensor]) -> V:
        """The same views with every tensor changed."""

        def each(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(each(part) for part in cast("tuple[Any, ...]", value))
            return change(value) if isinstance(value, Tensor) else value

        return type(self)(**{field.name: each(getattr(self, field.name)) for field in fields(self)})

    def take(self: V, rows: Tensor | slice) -> V:
        """The views of some of the items."""
        return self.map(lambda tensor: tensor[rows])

    def to(self: V, device: torch.device, dtype: torch.dtype | None = None) -> V:
        """The same views on another device; floating-point ones in another dtype."""
        return self.map(lambda tensor: tensor.to(device, dtype if tensor.is_floating_point() else None))


@final
@dataclass(frozen=True)
class MultiView(Views):
    """Several views of each item: augmentations of an image, crops of a clip.

    Args:
        views: each of shape (n, ...); row i of every one comes from item i.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> views = MultiView(torch.arange(4), (torch.zeros(4, 8), torch.ones(4, 8)))
        >>> first, second = views.pair()
        >>> second.mean()
        tensor(1.)
    """

    views: tuple[Tensor, ...]

    def pair(self) -> tuple[Tensor, Tensor]:
        """The two views of every item.

        Raises:
            UserError: there are not exactly two.
        """
        if len(self.views) != 2:
            raise UserError(f"expected exactly 2 views of every item, got {len(self.views)}")
        return self.views[0], self.views[1]

    def mismatched(self) -> Mapping[str, "MultiView"]:
        """Each first view beside the other views of the next item."""
        first, *others = self.views
        return {"another item": MultiView(self.index, (first, *(view.roll(-1, 0) for view in others)))}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "MultiView":
        """Two noisy copies of `n` random RGB images of 16x16 pixels."""
        items = torch.randn(n, 3, 16, 16, generator=generator)
        noisy = (items + 0.3 * torch.randn(items.shape, generator=generator) for _ in range(2))
        return cls(torch.arange(n), tuple(noisy))
