"""The batch of every step, read while the step before it runs."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from selftaught.training.job import Source
from selftaught.training.order import Order

__all__ = ["Batches"]


class Batches:
    """This process's part of every batch, on the device, one step ahead of its use.

    Args:
        source: where the items come from.
        order: which items belong to which step.
        device: where they are needed.
        total_steps: nothing is read for steps beyond.
        epochs_depend: the order of an epoch is not known before its start, so nothing is read across it.
    """

    def __init__(
        self, source: Source, order: Order, device: torch.device, total_steps: int, *, epochs_depend: bool = False
    ) -> None:
        self.order = order
        self.sampling_weights: Tensor | None = None
        self._source, self._device, self._total_steps = source, device, total_steps
        self._epochs_depend = epochs_depend
        self._reader = ThreadPoolExecutor(1, "selftaught-batches")
        self._ahead: tuple[int, Future[tuple[Any, Tensor]]] | None = None
        self._order_of = lru_cache(1)(lambda epoch: order.of_epoch(epoch, self.sampling_weights))

    def __enter__(self) -> "Batches":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.shutdown(cancel_futures=True)

    def draw_by(self, weights: Tensor | None) -> None:
        """How often the epoch that now begins, or goes on, draws each item; None for each item once."""
        if weights is not None or self.sampling_weights is not None:
            self.sampling_weights = weights
            self._order_of.cache_clear()

    def at(self, step: int) -> tuple[Any, Tensor]:
        """The items of a step, and their rows in the source; starts to read those of the next."""
        ahead = self._ahead[1] if self._ahead and self._ahead[0] == step else self._reader.submit(self._read, step)
        items, rows = ahead.result()
        following, self._ahead = step + 1, None
        crosses = self._epochs_depend and following % self.order.steps_per_epoch == 0
        if following < self._total_steps and not crosses:
            self._ahead = following, self._reader.submit(self._read, following)
        return items, rows

    def _read(self, step: int) -> tuple[Any, Tensor]:
        rows = self.order.rows(step, self._order_of(self.order.epoch(step)))
        return self._source.batch(rows.numpy()).to(self._device), rows.to(self._device)
