"""What each process of a run does."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from lightning_fabric import Fabric

from selftaught.core import Track, UserError
from selftaught.training.checkpoint import Checkpoint
from selftaught.training.job import Job, TrainingResult, Watcher
from selftaught.training.looking import Collapsed, Onlooker
from selftaught.training.loop import train_steps
from selftaught.training.memory import peak_bytes
from selftaught.training.preparing import embedding_as_asked, prepare, read_checkpoint
from selftaught.training.processes import connect
from selftaught.training.signals import StopRequest
from selftaught.training.timing import time_steps

__all__ = ["work"]


def work(
    job: Job, track: Track, watchers: Sequence[Watcher] = (), onlookers: Sequence[Onlooker] = ()
) -> TrainingResult:
    """Train a job to its end, or this process's share of it.

    Args:
        job: what to train. In the end its method is on the device where it was.
        track: shows how far training is; the first process alone has anything to show.
        watchers: are shown the rows that the first process logs.
        onlookers: are shown the first process's looks.

    Raises:
        UserError: see `selftaught.training.train`.
        Interrupted: a signal asked to stop, and a checkpoint is written.
        Collapsed: a look at the run says that it should go no further, and a checkpoint is written.
    """
    home = next(job.method.parameters()).device
    with connect(job.settings) as fabric, StopRequest() as request:
        checkpoint = read_checkpoint(job) if job.resume else None
        if fabric.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(fabric.device)
        gain = _compile_gain(job, fabric) if job.settings.compile else None
        total = _total_steps(job, fabric, checkpoint)
        try:
            run = prepare(
                job, fabric, total, checkpoint=checkpoint, watchers=watchers, onlookers=onlookers, writes=True
            )
            with run.batches, run.monitor, embedding_as_asked(job):
                done = train_steps(run, request, track)
        finally:
            job.method.to(home).to(memory_format=torch.contiguous_format)
        last = run.looks.last
        if last is not None and last.stop == "collapsed":
            raise Collapsed(
                f"{last.message}; stopped after step {done:,} of {total:,}, and saved. To go on all the same: "
                f"selftaught pretrain --resume {job.folder}"
            )
        return TrainingResult(
            steps=done,
            epochs=done / run.order.steps_per_epoch,
            items_seen=done * job.settings.batch_size,
            seconds=run.monitor.seconds,
            losses=run.monitor.losses,
            precision=str(run.precision).removeprefix("torch."),
            device=str(fabric.device),
            compile_gain=gain,
            peak_bytes=peak_bytes(fabric.device),
        )


def _compile_gain(job: Job, fabric: Fabric) -> float:
    plain = replace(job, settings=replace(job.settings, compile=False))
    return time_steps(plain, fabric).seconds_per_step / time_steps(job, fabric).seconds_per_step


def _total_steps(job: Job, fabric: Fabric, checkpoint: Checkpoint | None) -> int:
    if job.total_steps is not None:
        total = job.total_steps
    elif job.settings.minutes is None:
        total = job.settings.steps_in_epochs(len(job.source))
    elif checkpoint is not None:
        total = checkpoint.total_steps
    else:
        total = time_steps(job, fabric).steps_in(job.settings.minutes)
    if checkpoint is not None and total < checkpoint.step:
        raise UserError(f"expected at least the {checkpoint.step:,} steps that the run has done, got {total:,}")
    return total
