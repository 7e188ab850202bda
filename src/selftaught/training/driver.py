"""Training from outside: one call, in one process or in several."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from selftaught.core import Method, Track, UserError, silent
from selftaught.training.checkpoint import checkpoint_path, load_checkpoint
from selftaught.training.compiling import check_compiler
from selftaught.training.devices import resolve_device
from selftaught.training.job import Job, Source, Timing, TrainingResult, ViewMaker, Watcher
from selftaught.training.logs import check_logger
from selftaught.training.order import Order
from selftaught.training.settings import TrainingSettings

__all__ = ["time_training", "train"]


def train(
    method: Method[Any],
    source: Source,
    make_views: ViewMaker,
    settings: TrainingSettings,
    *,
    folder: Path,
    total_steps: int | None = None,
    resume: bool = False,
    preprocessing: Any = None,
    watchers: Sequence[Watcher] = (),
    track: Track = silent,
) -> TrainingResult:
    """Train a method on items, writing checkpoints/last.ckpt and metrics.csv into a folder.

    SIGTERM and SIGINT end the run after the step under way and a checkpoint. A resumed run continues to the bit on the
    same machine with the same number of threads and processes and the same versions of the libraries.

    Args:
        method: what to train; its weights are trained in the end, on the device where they were.
        source: the items to learn from.
        make_views: what makes views of them.
        settings: every number.
        folder: where checkpoints and metrics go; created if need be.
        total_steps: how many steps in all; None takes them from the settings, or, where those say minutes and the run
            is resumed, from the checkpoint.
        resume: continue from the checkpoint in the folder.
        preprocessing: what happens to items before the encoder; only methods that look at the whole data set between
            epochs need it.
        watchers: are shown every logged row, in this process.
        track: shows how far training is.

    Raises:
        UserError: there are fewer items than a batch holds, a value cannot work here, the checkpoint is missing,
            damaged or of another run, or the disk is full.
        NonFiniteLoss: a loss became infinite or not a number.
        Interrupted: a signal asked to stop. It is a `SystemExit`; its `message` says how to continue.

    Example:
        >>> import torch
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from selftaught.core import ImageBatch
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.training import TrainingSettings, train
        >>> from selftaught.views import TwoViews
        >>> class Noise:
        ...     def __len__(self):
        ...         return 32
        ...
        ...     def batch(self, rows):
        ...         return ImageBatch.of(torch.rand(len(rows), 1, 8, 8))
        >>> method = SimCLR(SmallResNet(channels=1, image_size=8), hidden_width=16, embedding_width=8)
        >>> views = TwoViews(image_size=8, channels=1)
        >>> with TemporaryDirectory() as folder:
        ...     result = train(method, Noise(), views, TrainingSettings(epochs=1, batch_size=16), folder=Path(folder))
        >>> result.steps, result.items_seen
        (2, 32)
    """
    check_logger(settings.logger)
    job = Job(
        method=method,
        source=source,
        make_views=make_views,
        settings=settings,
        folder=folder,
        total_steps=total_steps,
        resume=resume,
        preprocessing=preprocessing,
    )
    _check_devices(job)

    from selftaught.training.processes import launch, launched
    from selftaught.training.working import work

    if settings.devices == 1 or launched():
        return work(job, track, watchers)
    result = launch(work, job, track, watchers)
    method.load_state_dict(load_checkpoint(checkpoint_path(folder)).method)
    return result


def time_training(
    method: Method[Any],
    source: Source,
    make_views: ViewMaker,
    settings: TrainingSettings,
    *,
    preprocessing: Any = None,
) -> Timing:
    """What a step of a run would cost, found by taking a few with a copy of the method. Writes and changes nothing.

    With several devices, the steps are those of one of them, without what the processes tell each other.

    Args:
        method: what would be trained.
        source: the items it would learn from.
        make_views: what would make views of them.
        settings: every number.
        preprocessing: see `train`.

    Raises:
        UserError: as `train`.
    """
    job = Job(
        method=method,
        source=source,
        make_views=make_views,
        settings=settings,
        folder=Path(),
        preprocessing=preprocessing,
    )
    _check_devices(job)

    from selftaught.training.processes import connect
    from selftaught.training.timing import time_steps

    with connect(settings) as fabric:
        return time_steps(job, fabric, processes=settings.devices)


def _check_devices(job: Job) -> None:
    settings, device = job.settings, resolve_device(job.settings.device)
    there = {"cuda": torch.cuda.device_count(), "mps": 1}.get(device.type)
    if there is not None and settings.devices > there:
        raise UserError(
            f"devices: expected at most {there}, as many {device.type} devices as there are, got {settings.devices}"
        )
    if settings.compile:
        check_compiler()
    Order(len(job.source), settings.batch_size, settings.seed, processes=settings.devices)
