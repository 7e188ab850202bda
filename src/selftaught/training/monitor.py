"""What is watched while a run goes on: that losses stay finite, the log, and requests to stop."""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from selftaught.core import Step, UserError, process_count
from selftaught.training.job import Watcher
from selftaught.training.logs import Log
from selftaught.training.order import Order

__all__ = ["Monitor", "NonFiniteLoss"]


class NonFiniteLoss(UserError):
    """A loss became infinite or not a number; training cannot go on.

    Example:
        >>> from selftaught.training import NonFiniteLoss
        >>> raise NonFiniteLoss("nt_xent was nan at step 12")
        Traceback (most recent call last):
        selftaught.training.monitor.NonFiniteLoss: nt_xent was nan at step 12
    """


class _Reading(NamedTuple):
    step: int
    names: Sequence[str]
    terms: int  # the first so many are the losses
    values: Tensor
    learning_rate: float


class Monitor:
    """Reads the numbers of each step, and decides what they mean.

    On a GPU the numbers are read one step late, so that the GPU never waits for Python; `settle` reads what is left.

    Args:
        order: how the items make up batches and epochs.
        total_steps: the last of them is always logged.
        log_every: steps from one logged row to the next.
        logs: take the logged rows. Only the first process has any.
        watchers: are shown the logged rows.
        late: read one step late.
        seconds: how long the sessions before this one took.
        losses: each loss term at the last step so far.
    """

    def __init__(
        self,
        order: Order,
        total_steps: int,
        *,
        log_every: int = 1,
        logs: Sequence[Log] = (),
        watchers: Sequence[Watcher] = (),
        late: bool = False,
        seconds: float = 0.0,
        losses: Mapping[str, float] | None = None,
    ) -> None:
        self.losses = dict(losses or {})
        self._metrics: dict[str, float] = {}
        self.stop = self.enough = False
        self._order, self._total_steps, self._log_every = order, total_steps, log_every
        self._logs, self._watchers = logs, watchers
        self._pending: deque[_Reading] = deque()
        self._late = int(late)
        self._started = time.perf_counter() - seconds
        self._steps_read = 0
        self._last_row = (time.perf_counter(), 0)

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:
            for log in self._logs:
                stack.callback(log.close)

    @property
    def seconds(self) -> float:
        """How long training has taken so far, all sessions together."""
        return time.perf_counter() - self._started

    def note(self, step: int, outcome: Step, learning_rate: float, *, stop: bool = False, enough: bool = False) -> None:
        """Take the numbers of a step, and look at those that are due.

        Args:
            step: its number, from 0.
            outcome: what the method returned, in this process.
            learning_rate: at this step.
            stop: this process was asked to stop.
            enough: a look at the run says that it should go no further.

        Raises:
            NonFiniteLoss: a loss term is infinite or not a number.
        """
        named = {**outcome.losses, **outcome.metrics}
        if len(named) < len(outcome.losses) + len(outcome.metrics):
            raise ValueError(f"expected losses and metrics of different names, got {list(named)}")
        asked = (torch.full((), float(each), device=outcome.loss.device) for each in (stop, enough))
        values = torch.stack([*(value.detach().float() for value in named.values()), *asked])
        if process_count() > 1:  # every process reads the same, and so decides the same
            dist.all_reduce(values)
            values /= process_count()
        self._pending.append(_Reading(step, list(named), len(outcome.losses), values, learning_rate))
        while len(self._pending) > self._late:
            self._read(self._pending.popleft())

    def latest_loss(self) -> float:
        """The loss of the last step, all its terms together."""
        self.settle()
        return sum(self.losses.values())

    def latest_metrics(self) -> Mapping[str, float]:
        """The metrics of the last step, as means over all processes."""
        self.settle()
        return self._metrics

    def settle(self) -> None:
        """Look at the numbers of every step so far."""
        while self._pending:
            self._read(self._pending.popleft())

    def _read(self, reading: _Reading) -> None:
        *values, stop, enough = reading.values.tolist()
        named = dict(zip(reading.names, values, strict=True))
        self.losses = {name: named[name] for name in reading.names[: reading.terms]}
        self._metrics = {name: named[name] for name in reading.names[reading.terms :]}
        self.stop, self.enough = self.stop or stop > 0, self.enough or enough > 0
        for name, value in self.losses.items():
            if not -torch.inf < value < torch.inf:
                raise NonFiniteLoss(
                    f"the loss {name} was {value} at step {reading.step + 1} of {self._total_steps:,}: "
                    "try a lower learning rate, a longer warm-up, clip_norm 1, or precision float32"
                )
        self._steps_read += 1
        done = reading.step + 1
        if done % self._log_every == 0 or done == self._total_steps:
            self._log(done, named, reading.learning_rate)

    def _log(self, done: int, named: Mapping[str, float], learning_rate: float) -> None:
        then, steps_then = self._last_row
        self._last_row = now, steps_now = time.perf_counter(), self._steps_read
        row = {
            "epoch": done / self._order.steps_per_epoch,
            "items_seen": done * self._order.batch_size,
            "loss": sum(self.losses.values()),
            **named,
            "learning_rate": learning_rate,
            "items_per_second": (steps_now - steps_then) * self._order.batch_size / max(now - then, 1e-9),
            "seconds": self.seconds,
        }
        for log in self._logs:
            log.write(done, row)
        for watcher in self._watchers:
            watcher(done, row)
