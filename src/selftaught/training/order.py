"""Which items a step learns from: a pure function of the seed and the step, for any number of processes."""

import hashlib
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import UserError

__all__ = ["Order", "mixed_seed"]


def mixed_seed(*parts: int | str) -> int:
    """One seed out of several numbers; seeds of neighbouring numbers have nothing in common.

    Example:
        >>> from selftaught.training.order import mixed_seed
        >>> mixed_seed("step", 0, 1) != mixed_seed("step", 1, 0)
        True
    """
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1  # 63 bits, as torch's generators take


@dataclass(frozen=True)
class Order:
    """The order in which a run sees its items.

    An epoch is one random permutation of the items, cut into batches; the items that do not fill a last batch are left
    out of it. A process takes its contiguous part of each batch, so that any number of processes see the same batches.

    Args:
        items: how many there are.
        batch_size: items in a step, over all processes.
        seed: of the run.
        process: this process's rank.
        processes: how many there are.

    Raises:
        UserError: there are fewer items than a batch holds, or a batch does not split evenly over the processes.

    Example:
        >>> from selftaught.training import Order
        >>> order = Order(items=10, batch_size=4, seed=0)
        >>> order.steps_per_epoch, order.epoch(5)
        (2, 2)
        >>> sorted(order.of_epoch(0).tolist())
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        >>> order.rows(0).shape
        torch.Size([4])
    """

    items: int
    batch_size: int
    seed: int
    process: int = 0
    processes: int = 1

    def __post_init__(self) -> None:
        if self.items < self.batch_size:
            raise UserError(
                f"expected at least as many items as a batch holds, {self.batch_size}, got {self.items}: "
                "give more data or a smaller batch size"
            )
        if self.batch_size % self.processes:
            raise UserError(
                f"expected a batch size that {self.processes} processes can share equally, got {self.batch_size}"
            )

    @property
    def steps_per_epoch(self) -> int:
        """How many full batches there are in a pass over the items."""
        return self.items // self.batch_size

    @property
    def part(self) -> slice:
        """Which part of each batch is this process's."""
        share = self.batch_size // self.processes
        return slice(self.process * share, (self.process + 1) * share)

    def epoch(self, step: int) -> int:
        """Which pass over the items a step belongs to."""
        return step // self.steps_per_epoch

    def of_epoch(self, epoch: int, weights: Float[Tensor, " items"] | None = None) -> Int[Tensor, " items"]:
        """The items of a pass in the order in which they are seen, by all processes together.

        Args:
            epoch: which pass.
            weights: how often to draw each item, in any scale, with replacement; None for each item once.

        Raises:
            ValueError: a weight is negative or not finite, or all are zero.
        """
        generator = torch.Generator().manual_seed(mixed_seed("order", self.seed, epoch))
        if weights is None:
            return torch.randperm(self.items, generator=generator)
        if not bool((weights >= 0).all()) or not bool((weights.sum() > 0) & weights.sum().isfinite()):
            raise ValueError("expected sampling weights of at least 0 with a finite sum above 0")
        # Not torch.multinomial, which stops at 2**24 items.
        bounds = weights.cpu().double().cumsum(0)
        drawn = torch.rand(self.items, dtype=torch.float64, generator=generator) * bounds[-1]
        return torch.searchsorted(bounds, drawn, right=True).clamp(max=self.items - 1)

    def rows(self, step: int, order: Int[Tensor, " items"] | None = None) -> Int[Tensor, " share"]:
        """The items that this process learns from in a step.

        Args:
            step: which step of the run.
            order: what `of_epoch` gave for the step's epoch, so that it need not be made again.
        """
        order = self.of_epoch(self.epoch(step)) if order is None else order
        batch = step % self.steps_per_epoch * self.batch_size
        return order[batch : batch + self.batch_size][self.part]
