"""Looks at a run between its steps: when there is time for one, what it found, and whether the run goes on."""

import csv
import io
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor

from selftaught.core import Method, UserError
from selftaught.training.checkpoint import writing
from selftaught.training.logs import Log

__all__ = ["Collapsed", "Look", "Looks", "Observer", "Onlooker"]

_SHARE = 0.04  # of the run's time; the costs of later looks and steps are not quite those measured at the start
_LEAST_LOOKS = 10  # wanted in a run of a few epochs


class Collapsed(UserError):
    """A run was stopped because its encoder had collapsed, after a checkpoint was written.

    Example:
        >>> from selftaught.training import Collapsed
        >>> raise Collapsed("complete collapse at step 40")
        Traceback (most recent call last):
        selftaught.training.looking.Collapsed: complete collapse at step 40
    """


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was seen of a run after a step.

    Args:
        step: how many steps were done.
        epoch: how many passes over the data that is.
        figures: what was measured, by name.
        symptom: of collapse, by its name; None where there is none.
        message: what a person should be told now.
        best: whether the figure by which the best encoder is chosen was never better.
        stop: why the run should go no further.

    Example:
        >>> from selftaught.training import Look
        >>> Look(step=40, epoch=2.0, figures={"rankme": 31.5}).stop is None
        True
    """

    step: int
    epoch: float
    figures: Mapping[str, float]
    symptom: str | None = None
    message: str | None = None
    best: bool = False
    stop: Literal["collapsed", "no better"] | None = None


Onlooker = Callable[[Look], object]
"""Is shown every look."""


@runtime_checkable
class Observer(Protocol):
    """Looks at what a method has learned. Called in the first process alone; must leave the method as it was."""

    @property
    def every_epochs(self) -> int | float | None:
        """Passes over the data from one look to the next; None leaves that to what a look costs."""
        ...

    @property
    def keeps_best(self) -> bool:
        """Whether the weights of the best look are to be kept."""
        ...

    def __call__(
        self,
        method: Method[Any],
        device: torch.device,
        *,
        step: int,
        epoch: float,
        loss: float | None,
        metrics: Mapping[str, float],
        before: Sequence[Look],
    ) -> Look:
        """What is to be seen after a step.

        Args:
            method: what is trained.
            device: where it is.
            step: how many steps are done.
            epoch: how many passes over the data that is.
            loss: of this last step; None before the first.
            metrics: what the method showed of this last step; none before the first.
            before: the earlier looks, the first of them before the first step.
        """
        ...


class Looks:
    """The looks at a run: before its first step, at regular steps, and after its last.

    Where the observer leaves the interval open it is an epoch, or a tenth of the run where that is less, or the
    least multiple of it at which all looks together take 4 % of the run's time, as the first look and the steps before
    the second show. Then it stays, also when the run is resumed.

    Args:
        observer: who looks; None for no looks at all, as in processes other than the first.
        method: at what.
        device: where it is.
        folder: of the run; gets `watch.csv`.
        steps_per_epoch: of the run.
        total_steps: of the run.
        state: what the last checkpoint says of the looks before.
        logs: take the figures, too.
        onlookers: are shown every look.
    """

    def __init__(
        self,
        observer: Observer | None,
        method: Method[Any],
        device: torch.device,
        folder: Path,
        *,
        steps_per_epoch: int,
        total_steps: int,
        state: Mapping[str, Any] | None = None,
        logs: Sequence[Log] = (),
        onlookers: Sequence[Onlooker] = (),
    ) -> None:
        self._observer, self._method, self._device, self._folder = observer, method, device, folder
        self._steps_per_epoch, self._total_steps = steps_per_epoch, total_steps
        self._logs, self._onlookers = logs, onlookers
        state = state or {}
        self._looks = [Look(**each) for each in state.get("looks", [])]
        self._every_steps: int | None = state.get("every_steps")
        self._seconds: float = state.get("seconds", 0.0)
        self._best_weights: dict[str, Tensor] | None = state.get("best_weights")
        self._began, self._first_step = time.perf_counter(), 0
        self.last: Look | None = None  # of this session

    @property
    def enough(self) -> bool:
        """Whether a look of this session says that the run should stop."""
        return self.last is not None and self.last.stop is not None

    def begin(self, step: int) -> None:
        """Look before the first step; `step` steps were done in earlier sessions."""
        if self._observer is None:
            return
        if self._observer.every_epochs is not None:
            self._every_steps = max(1, round(self._observer.every_epochs * self._steps_per_epoch))
        if not self._looks:
            self._look(self._observer, step)
        self._began, self._first_step = time.perf_counter(), step

    def after(self, step: int, loss: Callable[[], float], metrics: Callable[[], Mapping[str, float]]) -> None:
        """Look after a step, if a look is due; `loss` and `metrics` tell that step's."""
        if self._observer is None or self.enough:
            return
        spacing = max(1, min(self._steps_per_epoch, self._total_steps // _LEAST_LOOKS))
        if self._every_steps is None and (step % spacing == 0 or step == self._total_steps):
            self._every_steps = self._affordable(spacing, step)
        if step == self._total_steps or (self._every_steps is not None and step % self._every_steps == 0):
            self._look(self._observer, step, loss(), metrics())

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "looks": [asdict(look) for look in self._looks],
            "every_steps": self._every_steps,
            "seconds": self._seconds,
            "best_weights": self._best_weights,
        }

    def _affordable(self, spacing: int, step: int) -> int:
        seconds_per_step = (time.perf_counter() - self._began) / max(step - self._first_step, 1)
        # The first look, whose cost is known, and the last have their share already.
        count = _SHARE * seconds_per_step * self._total_steps / max(self._seconds, 1e-9) - 2
        return self._total_steps if count < 1 else spacing * math.ceil(self._total_steps / (spacing * count))

    def _look(
        self, observer: Observer, step: int, loss: float | None = None, metrics: Mapping[str, float] | None = None
    ) -> None:
        if self._device.type != "cpu":
            torch.accelerator.synchronize()  # or the look would be charged for the steps before it
        began = time.perf_counter()
        epoch = step / self._steps_per_epoch
        look = observer(
            self._method,
            self._device,
            step=step,
            epoch=epoch,
            loss=loss,
            metrics=metrics or {},
            before=self._looks,
        )
        self.last = look
        self._looks.append(look)
        if observer.keeps_best and look.best:
            self._best_weights = {
                name: weight.detach().cpu().clone() for name, weight in self._method.encoder.state_dict().items()
            }
        self._write()
        for log in self._logs:
            log.write(step, {f"watch_{name}": value for name, value in look.figures.items()})
        self._seconds += time.perf_counter() - began
        for onlooker in self._onlookers:
            onlooker(look)

    def _write(self) -> None:
        names = dict.fromkeys(name for look in self._looks for name in look.figures)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["step", "epoch", *names, "symptom"])
        for look in self._looks:
            numbers = [f"{look.figures[name]:.9g}" if name in look.figures else "" for name in names]
            writer.writerow([look.step, f"{look.epoch:.9g}", *numbers, look.symptom or ""])
        path = self._folder / "watch.csv"
        aside = path.with_name(path.name + ".part")
        with writing(path):
            aside.write_text(text.getvalue(), encoding="utf-8")
            os.replace(aside, path)
