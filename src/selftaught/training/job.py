"""What is to be trained on what, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from selftaught.core import Method, Views
from selftaught.training.looking import Observer
from selftaught.training.settings import TrainingSettings
from selftaught.views import Draws

__all__ = ["Job", "Source", "Timing", "TrainingResult", "ViewMaker", "Watcher"]

Watcher = Callable[[int, Mapping[str, int | float]], None]
"""Is shown every logged row, as it goes into metrics.csv, with the number of steps done."""


@runtime_checkable
class Source(Protocol):
    """A set of items that hands out batches, such as a `selftaught.data.ImageSource`.

    What `batch` returns has a method `to(device)`. It is called from a thread beside the one that trains.
    """

    def __len__(self) -> int: ...

    def batch(self, rows: Any) -> Any:
        """The items of these rows, in this order."""
        ...


@runtime_checkable
class ViewMaker(Protocol):
    """Makes views of raw items, such as a `selftaught.views.TwoViews`."""

    def __call__(self, items: Any, *, index: Tensor | None = None, draws: Draws | None = None) -> Views:
        """The views of these items."""
        ...


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything a training process needs to know.

    Args:
        method: what to train.
        source: the items to learn from.
        make_views: what makes views of them.
        settings: every number.
        folder: where checkpoints and metrics go.
        total_steps: how many steps in all; None takes them from the settings.
        resume: continue from the checkpoint in the folder.
        preprocessing: what happens to items before the encoder, for methods that look at the whole data set between
            epochs.
        observer: looks at the encoder between steps; None for nobody.
    """

    method: Method[Any]
    source: Source
    make_views: ViewMaker
    settings: TrainingSettings
    folder: Path
    total_steps: int | None = None
    resume: bool = False
    preprocessing: Any = None
    observer: Observer | None = None

    def unchangeable(self) -> dict[str, int | str]:
        """The numbers with which a resumed run must go on."""
        settings = self.settings
        numbers = {"batch_size": settings.batch_size, "seed": settings.seed, "optimiser": settings.optimiser}
        return {**numbers, "items": len(self.source)}


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """What a training run came to.

    Args:
        steps: how many steps were done: all that the run has, unless a look at it stopped it.
        epochs: how many passes over the data that is; a fraction where the last was not whole.
        items_seen: by all steps, of all processes.
        seconds: how long training took, all sessions of a resumed run together.
        losses: each loss term at the last step.
        precision: in which the network computed.
        device: on which it did.
        compile_gain: how many times as fast a step was with `compile` as without; None if it was not asked for.
        peak_bytes: the most memory in use: on a GPU its own, on a CPU the whole process's; None where it is not known.
            Of several processes the first's, of a resumed run the last session's.
    """

    steps: int
    epochs: float
    items_seen: int
    seconds: float
    losses: Mapping[str, float] = field(default_factory=dict[str, float])
    precision: str = "float32"
    device: str = "cpu"
    compile_gain: float | None = None
    peak_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What a step costs.

    Args:
        seconds_per_step: batch, views, forward and backward pass and optimiser, and the step's share of what the method
            does before every epoch but the first.
        peak_bytes: the most memory in use: on a GPU its own, on a CPU the whole process's.
        start_seconds: what the method does before its first epoch, such as filling its bank.
    """

    seconds_per_step: float
    peak_bytes: int
    start_seconds: float = 0.0

    def steps_in(self, minutes: float) -> int:
        """How many steps fit, at least 1.

        Example:
            >>> from selftaught.training import Timing
            >>> Timing(seconds_per_step=0.25, peak_bytes=0, start_seconds=20.0).steps_in(2.0)
            400
        """
        return max(1, int((minutes * 60 - self.start_seconds) / self.seconds_per_step))
