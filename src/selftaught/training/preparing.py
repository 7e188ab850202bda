"""A job put on its device, at its start or at a checkpoint."""

import math
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from selftaught.core import Method, UserError, Views
from selftaught.training.batches import Batches
from selftaught.training.checkpoint import Checkpoint, checkpoint_path, load_checkpoint
from selftaught.training.compiling import compiled
from selftaught.training.devices import resolve_precision
from selftaught.training.job import Job, Watcher
from selftaught.training.logs import Log, MetricsFile, open_logger
from selftaught.training.looking import Looks, Onlooker
from selftaught.training.loop import Run
from selftaught.training.monitor import Monitor
from selftaught.training.optimisers import build_optimiser
from selftaught.training.order import Order
from selftaught.training.pieces import embedding_in_pieces

__all__ = ["embedding_as_asked", "prepare", "read_checkpoint"]

_LONGEST_WARMUP_EPOCHS = 10


class _Forward(nn.Module):
    """A method's step as a module's forward pass: what DDP watches, in types that Fabric can walk through."""

    def __init__(self, method: Method[Any]) -> None:
        super().__init__()
        self.method = method

    def forward(self, views: Views) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
        outcome = self.method.step(views)
        return dict(outcome.losses), dict(outcome.remember), dict(outcome.metrics)


def prepare(
    job: Job,
    fabric: Fabric,
    total_steps: int,
    *,
    checkpoint: Checkpoint | None = None,
    watchers: Sequence[Watcher] = (),
    onlookers: Sequence[Onlooker] = (),
    writes: bool = False,
    processes: int | None = None,
) -> Run:
    """Set a run up in this process.

    Args:
        job: what to train. Its method is moved to the device; its batch norms are synchronised if that is asked for.
        fabric: the device and the other processes.
        total_steps: how many steps the run has.
        checkpoint: where to go on from.
        watchers: are shown the logged rows.
        onlookers: are shown every look.
        writes: this process writes metrics and checkpoints, if it is the first.
        processes: how many share each batch; None for those that are there.

    Raises:
        UserError: a value cannot work with these items or with the checkpoint.
    """
    settings, method = job.settings, job.method
    order = Order(
        len(job.source), settings.batch_size, settings.seed, fabric.global_rank, processes or fabric.world_size
    )
    warmup_steps = _warmup_steps(job, total_steps, order.steps_per_epoch)
    if fabric.device.type == "cuda":
        torch.backends.cudnn.deterministic = True  # or a resumed run would differ in its last bits
    if settings.synchronise_batch_norm and fabric.world_size > 1:
        _synchronise_batch_norm(method)
    method.to(fabric.device).to(memory_format=torch.channels_last).train()
    optimiser = build_optimiser(method, settings)
    start, seconds, losses = 0, 0.0, {}
    if checkpoint is not None:
        start, seconds, losses = checkpoint.step, checkpoint.seconds, checkpoint.losses
        _restore(method, optimiser, checkpoint)
    batches = Batches(
        job.source,
        order,
        fabric.device,
        total_steps,
        epochs_depend=type(method).before_epoch is not Method.before_epoch,
    )
    batches.draw_by(checkpoint.sampling_weights if checkpoint else None)
    forward, optimiser = fabric.setup(_Forward(method), optimiser)
    metrics, logs = None, list[Log]()
    if writes and fabric.is_global_zero:
        metrics = MetricsFile(job.folder / "metrics.csv", keep_bytes=checkpoint.metrics_bytes if checkpoint else 0)
        logger = open_logger(settings.logger, job.folder, step=start)
        logs = [metrics, logger] if logger else [metrics]
    return Run(
        job=job,
        fabric=fabric,
        precision=resolve_precision(settings.precision, fabric.device),
        forward=forward,
        optimiser=optimiser,
        order=order,
        batches=batches,
        monitor=Monitor(
            order,
            total_steps,
            log_every=settings.log_every,
            logs=logs,
            watchers=watchers if logs else (),
            late=fabric.device.type != "cpu",
            seconds=seconds,
            losses=losses,
        ),
        looks=Looks(
            job.observer if logs else None,
            method,
            fabric.device,
            job.folder,
            steps_per_epoch=order.steps_per_epoch,
            total_steps=total_steps,
            state=checkpoint.watched if checkpoint else None,
            logs=logs[1:],
            onlookers=onlookers,
        ),
        total_steps=total_steps,
        warmup_steps=warmup_steps,
        start=start,
        metrics=metrics,
    )


@contextmanager
def embedding_as_asked(job: Job) -> Generator[None, None, None]:
    """Within it, the job's networks are compiled, and its encoder works in pieces, where the settings ask for it.

    Raises:
        UserError: the encoder's items cannot be embedded apart.
    """
    with ExitStack() as stack:
        if job.settings.compile:
            stack.enter_context(compiled(job.method))
        if job.settings.embed_in_pieces is not None:
            stack.enter_context(embedding_in_pieces(job.method.encoder, job.settings.embed_in_pieces))
        yield


def read_checkpoint(job: Job) -> Checkpoint:
    """Where the job's run stands.

    Raises:
        UserError: there is no checkpoint, it is damaged, or the run was started with other numbers or has more steps.
    """
    checkpoint = load_checkpoint(checkpoint_path(job.folder))
    for name, now in job.unchangeable().items():
        before = checkpoint.unchangeable[name]
        if before != now:
            raise UserError(f"{name}: the run in {job.folder} was started with {before}, and cannot go on with {now}")
    return checkpoint


def _restore(method: Method[Any], optimiser: Optimizer, checkpoint: Checkpoint) -> None:
    try:
        method.load_state_dict(checkpoint.method)
        optimiser.load_state_dict(checkpoint.optimiser)
    except (RuntimeError, ValueError) as error:
        first_lines = " ".join(str(error).split())[:200]
        raise UserError(f"the checkpoint is of another method or encoder: {first_lines}") from error


def _synchronise_batch_norm(method: Method[Any]) -> None:
    from selftaught.parts.batch_norm import synchronised

    plain = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d
    for part in method.children():
        if any(isinstance(module, plain) for module in part.modules()):  # those of `parts` are synchronised already
            synchronised(part)


def _warmup_steps(job: Job, total_steps: int, steps_per_epoch: int) -> int:
    asked = job.settings.warmup_epochs
    if asked is None:
        return min(total_steps // 10, _LONGEST_WARMUP_EPOCHS * steps_per_epoch)
    if asked * steps_per_epoch > total_steps:
        raise UserError(f"warmup_epochs: expected at most the run's {total_steps / steps_per_epoch:g}, got {asked:g}")
    return math.ceil(asked * steps_per_epoch)
