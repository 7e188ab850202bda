"""Pairs of segments of text with some tokens hidden, and the question whether the second follows the first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from selftaught.core.items import Sequences
from selftaught.core.views import Views

__all__ = ["MaskedText"]

_NO_TARGET = -1


@final
@dataclass(frozen=True)
class MaskedText(Views):
    """Token numbers of [CLS] first [SEP] second [SEP], partly hidden, and what was there.

    Args:
        tokens: with padding behind them; hidden ones replaced.
        lengths: how many tokens of each item are real.
        first_lengths: how many of them belong to the first segment, with its [CLS] and [SEP].
        positions: where tokens are to be predicted; the first `target_counts` of each line count.
        targets: which tokens they were.
        target_counts: how many are to be predicted of each item.
        is_next: whether the second segment is said to follow the first where they come from.

    Example:
        >>> import torch
        >>> from selftaught.core import MaskedText
        >>> views = MaskedText.example(4, torch.Generator().manual_seed(0))
        >>> bool((views.target_counts >= 1).all()), views.segments.shape == views.tokens.shape
        (True, True)
    """

    tokens: Int[Tensor, "n t"]
    lengths: Int[Tensor, " n"]
    first_lengths: Int[Tensor, " n"]
    positions: Int[Tensor, "n k"]
    targets: Int[Tensor, "n k"]
    target_counts: Int[Tensor, " n"]
    is_next: Bool[Tensor, " n"]

    @property
    def sequences(self) -> Sequences:
        """The tokens as an encoder takes them."""
        return Sequences(self.tokens, self.lengths)

    @property
    def segments(self) -> Int[Tensor, "n t"]:
        """The segment of each token: 0 for the first, 1 for the second."""
        return (self._places() >= self.first_lengths[:, None]).long()

    def mismatched(self) -> Mapping[str, "MaskedText"]:
        """Wrong pairings, with tokens still to be predicted.

        "another item" has the second segment of the next item, said to follow; where both are longer than the longest
        item of the batch, it loses its beginning. "wrong order" has the second segment before the first, and says of
        them what is said of the item. "corrupted" has the next item's words where words are to be predicted.
        """
        return {"another item": self._paired_wrongly(), "wrong order": self._turned(), "corrupted": self._reworded()}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "MaskedText":
        """Random tokens out of 32, the first five of them special; 8 to 16 tokens and 1 or 2 targets an item."""

        def draw(low: int, high: int, *shape: int) -> Tensor:
            return torch.randint(low, high, (n, *shape), generator=generator)

        first, second = draw(4, 9), draw(4, 9)
        place = torch.arange(16)
        real, ends = place < (first + second)[:, None], torch.stack([first - 1, first + second - 1], dim=1)
        tokens = torch.where(real, draw(5, 32, 16), 0).scatter(1, ends, 3)
        tokens[:, 0] = 2
        positions = torch.stack([torch.ones(n, dtype=torch.long), first], dim=1)
        targets = tokens.gather(1, positions)
        counts = draw(1, 3)
        return cls(
            torch.arange(n),
            tokens.scatter(1, positions[:, :1], 4),
            first + second,
            first,
            positions,
            targets,
            counts,
            draw(0, 2).bool(),
        )

    def _places(self) -> Int[Tensor, " t"]:
        return torch.arange(self.tokens.shape[1], device=self.tokens.device)

    def _paired_wrongly(self) -> "MaskedText":
        item = torch.arange(len(self), device=self.tokens.device)
        other = item.roll(-1)
        both = self.first_lengths + (self.lengths - self.first_lengths)[other]
        length = both.clamp(max=self.tokens.shape[1])
        in_first = self._places() < self.first_lengths[:, None]
        from_end = (self.lengths[other] - length)[:, None] + self._places()  # the second segments end together
        row = torch.where(in_first, item[:, None], other[:, None])
        place = torch.where(in_first, self._places(), from_end)
        said = torch.ones_like(self.is_next)
        return replace(self._gathered(row, place, length), first_lengths=self.first_lengths, is_next=said)

    def _turned(self) -> "MaskedText":
        second = (self.lengths - self.first_lengths)[:, None]
        place = self._places()
        moved = torch.where(place <= second, self.first_lengths[:, None] + place - 1, place - second)
        row = torch.arange(len(self), device=self.tokens.device)[:, None].expand_as(moved)
        turned = self._gathered(row, torch.where(place == 0, 0, moved), self.lengths)
        return replace(turned, first_lengths=second[:, 0] + 1)

    def _reworded(self) -> "MaskedText":
        slot = torch.arange(self.targets.shape[1], device=self.tokens.device)
        others = self.targets.roll(-1, 0).gather(1, slot % self.target_counts.roll(-1)[:, None].clamp(min=1))
        return replace(self, targets=others)

    def _gathered(self, row: Int[Tensor, "n t"], place: Int[Tensor, "n t"], length: Int[Tensor, " n"]) -> "MaskedText":
        """The items whose token at each place is another place's, with whatever was to be predicted there."""
        width = self.tokens.shape[1]
        counts = torch.arange(self.positions.shape[1], device=self.tokens.device) < self.target_counts[:, None]
        dense = torch.full((len(self), width + 1), _NO_TARGET, device=self.tokens.device)
        dense = dense.scatter(1, torch.where(counts, self.positions, width), self.targets)
        real, place = self._places() < length[:, None], place.clamp(0, width - 1)
        wanted = torch.where(real, dense[row, place], _NO_TARGET)
        target_counts = (wanted != _NO_TARGET).sum(1)
        order = (wanted == _NO_TARGET).int().argsort(dim=1, stable=True)[:, : max(1, int(target_counts.max()))]
        return replace(
            self,
            tokens=torch.where(real, self.tokens[row, place], 0),
            lengths=length,
            positions=order,
            targets=wanted.gather(1, order).clamp(min=0),
            target_counts=target_counts,
        )
