"""The training loop: `learn` is one step of a run, `train_steps` the run."""

import time
from dataclasses import dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.optim import Optimizer

from selftaught.core import Source, Step, Track, UserError, Views
from selftaught.parts import is_unsettled, settle_statistics
from selftaught.training.batches import Batches
from selftaught.training.checkpoint import Checkpoint, checkpoint_path, save_checkpoint
from selftaught.training.devices import autocast
from selftaught.training.job import Job
from selftaught.training.logs import MetricsFile
from selftaught.training.looking import Looks
from selftaught.training.monitor import Monitor
from selftaught.training.optimisers import set_learning_rate
from selftaught.training.order import Order, mixed_seed
from selftaught.training.schedules import schedule
from selftaught.training.signals import Interrupted, StopRequest
from selftaught.views import Draws

__all__ = ["Run", "begin_epoch", "learn", "train_steps"]

_SETTLING_ITEMS = 512


@dataclass(kw_only=True)
class Run:
    """One process's share of a run, set up by `prepare`.

    Args:
        job: what is trained on what.
        fabric: the device and the other processes.
        precision: of the network.
        forward: the method's step, by way of DDP.
        optimiser: over the method's parameter groups.
        order: which items belong to which step.
        batches: gives them.
        monitor: looks at every step's numbers.
        looks: look at the encoder now and then.
        total_steps: of the whole run.
        warmup_steps: over which the learning rate rises.
        start: how many steps were done before.
        metrics: where this process writes; None if another does.
    """

    job: Job
    fabric: Fabric
    precision: torch.dtype
    forward: Any
    optimiser: Optimizer
    order: Order
    batches: Batches
    monitor: Monitor
    looks: Looks
    total_steps: int
    warmup_steps: int
    start: int = 0
    metrics: MetricsFile | None = None


def train_steps(run: Run, request: StopRequest, track: Track) -> int:
    """Every step of a run from where it stands, unless a look at it says that it should go no further.

    Returns:
        How many steps are done.

    Raises:
        Interrupted: the process, or one beside it, was asked to stop; a checkpoint is written.
    """
    run.looks.begin(run.start)
    if run.start == 0:
        _save(run, 0)  # a run that is killed at any time can be resumed
    saved = time.monotonic()
    for step in track(range(run.start, run.total_steps), "training", run.total_steps - run.start):
        if step % run.order.steps_per_epoch == 0:
            begin_epoch(run, run.order.epoch(step))
        learn(run, step, stop=request.number is not None, enough=run.looks.enough)
        last = step + 1 == run.total_steps
        stop = run.monitor.stop or (last and request.number is not None)
        if not stop:
            run.looks.after(step + 1, run.monitor.latest_loss, run.monitor.latest_metrics)
        if stop or last or run.monitor.enough or time.monotonic() - saved > run.job.settings.checkpoint_minutes * 60:
            _save(run, step + 1)
            saved = time.monotonic()
        if stop:
            where = f"stopped after step {step + 1:,} of {run.total_steps:,}, and saved"
            raise Interrupted(request.number, f"{where}; continue with: selftaught pretrain --resume {run.job.folder}")
        if run.monitor.enough:  # all processes learn of it in the same step, one or two after the look
            return step + 1
    return run.total_steps


def learn(run: Run, step: int, *, stop: bool = False, enough: bool = False) -> None:
    """One step: a batch, its views, the losses, their gradient, and every weight moved.

    Args:
        run: what learns.
        step: how many steps are done.
        stop: this process was asked to stop; the monitor tells all processes.
        enough: a look at the run says that it should go no further; the monitor tells all processes.

    Raises:
        NonFiniteLoss: a loss term is infinite or not a number.
    """
    settings, method, fabric = run.job.settings, run.job.method, run.fabric

    items, index = run.batches.at(step)
    draws = Draws.at(settings.seed, step, batch=settings.batch_size, rows=run.order.part)
    torch.manual_seed(mixed_seed("step", settings.seed, step, fabric.global_rank))  # dropout and the like
    views = _channels_last(run.job.make_views(items, index=index, draws=draws))

    with autocast(fabric.device, run.precision):
        outcome = Step(*run.forward(views))
    fabric.backward(outcome.loss)
    if settings.clip_norm is not None:
        for weights in method.players().values() or [method.parameters()]:  # opponents do not share a length
            torch.nn.utils.clip_grad_norm_([weight for weight in weights if weight.requires_grad], settings.clip_norm)

    factor = schedule(settings.schedule)(step, run.total_steps, run.warmup_steps)
    run.monitor.note(step, outcome, settings.learning_rate * factor, stop=stop, enough=enough)
    set_learning_rate(run.optimiser, settings.learning_rate, factor)
    run.optimiser.step()
    run.optimiser.zero_grad()
    method.after_step(outcome, (step + 1) / run.total_steps)


def begin_epoch(run: Run, epoch: int) -> None:
    """What the method does before an epoch, and how often the epoch draws each item.

    Raises:
        UserError: the method looks at the whole data set, and the job does not say how to prepare it.
    """
    job = run.job

    def features() -> Tensor:
        from selftaught.extraction import extract

        if job.preprocessing is None or not isinstance(job.source, Source):
            name = type(job.method).__name__
            raise UserError(f"{name} looks at the whole data set: expected a `core.Source` and its `preprocessing`")
        encoder, preparation = job.method.looks_through() or (job.method.encoder, job.preprocessing)
        if is_unsettled(encoder):  # or these were vectors of another network than the one that learns
            chance = torch.Generator().manual_seed(job.settings.seed)
            rows = torch.randperm(len(job.source), generator=chance)[:_SETTLING_ITEMS]
            settle_statistics(encoder, preparation(job.source.batch(rows).to(run.fabric.device)))
        return extract(encoder, preparation, job.source, device=run.fabric.device, precision=run.precision)

    torch.manual_seed(mixed_seed("epoch", job.settings.seed, epoch))
    run.batches.draw_by(job.method.before_epoch(features))


def _save(run: Run, step: int) -> None:
    run.monitor.settle()
    if run.metrics is None:
        return
    checkpoint = Checkpoint(
        step=step,
        total_steps=run.total_steps,
        method=dict(run.job.method.state_dict()),
        optimiser=run.optimiser.state_dict(),
        sampling_weights=run.batches.sampling_weights,
        metrics_bytes=run.metrics.settle(),
        seconds=run.monitor.seconds,
        losses=run.monitor.losses,
        unchangeable=run.job.unchangeable(),
        watched=run.looks.state(),
    )
    save_checkpoint(checkpoint, checkpoint_path(run.job.folder))


def _channels_last(views: Views) -> Views:
    return views.map(lambda part: part.contiguous(memory_format=torch.channels_last) if part.dim() == 4 else part)
