"""How long a step takes, and how much memory: found by taking a few, with a copy of the method."""

import copy
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from lightning_fabric import Fabric

from selftaught.training.job import Job, Timing
from selftaught.training.loop import begin_epoch, learn
from selftaught.training.memory import peak_bytes
from selftaught.training.preparing import embedding_as_asked, prepare

__all__ = ["time_steps"]

_LEAST_STEPS, _MOST_STEPS = 3, 50
_SECONDS = 4.0
_ENDLESS = 10**9


def time_steps(job: Job, fabric: Fabric, *, processes: int | None = None) -> Timing:
    """Take a few steps with a copy of the method. Writes nothing and changes nothing.

    Args:
        job: what would be trained.
        fabric: the device and the other processes, all of which time together.
        processes: how many will share each batch; None for those that are there.
    """
    if fabric.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    trial = replace(job, method=copy.deepcopy(job.method), resume=False)
    run = prepare(trial, fabric, _ENDLESS, processes=processes)

    def timed(work: Callable[[], None]) -> float:
        _wait_for(fabric.device)
        started = time.perf_counter()
        work()
        _wait_for(fabric.device)
        return time.perf_counter() - started

    with run.batches, run.monitor, embedding_as_asked(trial):
        start_seconds = timed(lambda: begin_epoch(run, 0))
        timed(lambda: learn(run, 0))  # the first steps set things up
        seconds = timed(lambda: learn(run, 1))
        count = fabric.broadcast(min(max(int(_SECONDS / seconds), _LEAST_STEPS), _MOST_STEPS))
        seconds = sum(timed(lambda step=step: learn(run, step)) for step in range(2, 2 + count)) / count
        epoch_seconds = timed(lambda: begin_epoch(run, 1))  # another thing than the first, with banks and clusterings
    per_step = fabric.broadcast(seconds + epoch_seconds / run.order.steps_per_epoch)
    start_seconds = fabric.broadcast(start_seconds)
    return Timing(seconds_per_step=per_step, peak_bytes=peak_bytes(fabric.device) or 0, start_seconds=start_seconds)


def _wait_for(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize()
