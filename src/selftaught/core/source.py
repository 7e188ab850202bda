"""Where items come from, whatever they are, and what happens to them before an encoder sees them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Int, Shaped
from torch import Tensor

__all__ = ["Preparation", "Regrouping", "Rows", "Skipped", "Source"]

Rows = Sequence[int] | np.ndarray | Tensor
"""Row numbers, or a truth value for every row."""

S = TypeVar("S", bound="Source")


class Skipped(NamedTuple):
    """An item that could not be read, and why.

    Example:
        >>> from selftaught.core import Skipped
        >>> Skipped("cats/7.jpg", "truncated").key
        'cats/7.jpg'
    """

    key: str
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Source(ABC):
    """A set of items that hands out batches.

    Sources can be pickled into worker processes, and `batch` may be called from several threads.

    Class attributes:
        kind: of the data: images, text, graph, audio or video.
        nouns: what messages call one item and several.
        in_one_batch: items mean nothing apart, as the nodes of a graph; training and reading take all at once.

    Args:
        name: how messages call the set.
        keys: each item's own name: its path relative to the folder, or its row number.
        rows: where each item stands in what the source was made of.
        labels: each item's class, or None where there are none. Pre-training never looks at them.
        classes: the names of the classes that `labels` counts, where they have names.
        skipped: the items that could not be read.
        columns: what else is known of every item, by name, such as who speaks in a recording.
    """

    kind: ClassVar[str]
    nouns: ClassVar[tuple[str, str]]
    in_one_batch: ClassVar[bool] = False

    name: str
    keys: Sequence[str] = field(repr=False)
    rows: Int[np.ndarray, " n"] = field(repr=False)
    labels: Int[np.ndarray, " n"] | None = field(default=None, repr=False)
    classes: tuple[str, ...] | None = None
    skipped: Sequence[Skipped] = field(default=())
    columns: Mapping[str, Shaped[np.ndarray, " n"]] = field(default_factory=dict[str, np.ndarray], repr=False)

    @abstractmethod
    def read(self, stored: Int[np.ndarray, " n"]) -> Any:
        """The items at these places of what the source was made of, in a batch that has `to(device)`; see `rows`."""

    @abstractmethod
    def facts(self) -> Mapping[str, Any]:
        """What a record of a run says of these items beside how many there are: sizes, channels, rates."""

    def lengths(self) -> Int[np.ndarray, " n"] | None:
        """How long each item is, in any unit, where they differ: those of similar length are read together."""
        return None

    def __len__(self) -> int:
        return len(self.keys)

    def batch(self, rows: Rows) -> Any:
        """The items of these rows, in this order."""
        return self.read(self.rows[_chosen(rows)])

    def counted(self, number: int | None = None) -> str:
        """So many items in words, as in "3 images"; all of them where no number is given."""
        count = len(self) if number is None else number
        return f"{count:,} {self.nouns[count != 1]}"

    def take(self: S, rows: Rows) -> S:
        """The source of only these rows, in this order. Copies no items."""
        chosen = _chosen(rows)
        return replace(
            self,
            keys=[self.keys[row] for row in chosen],
            rows=self.rows[chosen],
            labels=None if self.labels is None else self.labels[chosen],
            columns={name: column[chosen] for name, column in self.columns.items()},
        )


@dataclass(frozen=True)
class Preparation(ABC):
    """From a batch of raw items to what an encoder takes, in evaluation and use. Subclasses are frozen dataclasses."""

    @property
    def values_an_item(self) -> int:
        """About how many numbers an item is, by which the size of batches is chosen."""
        return 1

    @abstractmethod
    def __call__(self, batch: Any) -> Any:
        """The items as the encoder takes them, on the device where they are."""


@runtime_checkable
class Regrouping(Protocol):
    """A view maker that asks about other things than the items of the data: sentence pairs, segments of recordings."""

    def regroup(self, source: Source) -> Any:
        """What training goes over: something with a length, and `batch(rows)` that gives what has `to(device)`."""
        ...


def _chosen(rows: Rows) -> Int[np.ndarray, " n"]:
    chosen = np.asarray(rows)
    return np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen.astype(np.int64)
