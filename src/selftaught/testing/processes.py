"""The same work in several processes at once, for tests of what must not depend on how many there are."""

import multiprocessing
import pickle
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import start_processes

from selftaught.core import UserError

__all__ = ["in_processes"]

R = TypeVar("R")


def in_processes(work: Callable[..., R], *arguments: object, count: int = 2) -> list[R]:
    """Run `work(*arguments)` in each of several processes that form one gloo group on this machine.

    Each process computes on one thread. Arguments are copied into it; results are copied back.

    Args:
        work: a function at the top of a module that can be imported.
        arguments: what can be pickled.
        count: how many processes.

    Returns:
        What each process returned, by rank.

    Raises:
        UserError: the work or an argument cannot be sent to another process.
        torch.multiprocessing.ProcessRaisedException: the work raised; the message holds its traceback.

    Example:
        >>> from selftaught.core import process_rank
        >>> from selftaught.testing import in_processes
        >>> in_processes(process_rank)
        [0, 1]
    """
    try:
        payload = pickle.dumps((work, arguments))
    except (AttributeError, pickle.PicklingError) as error:
        raise UserError(
            f"expected a function and classes that stand at the top of a module, to be sent to other processes: {error}"
        ) from error
    start_method = "forkserver" if sys.platform == "linux" else "spawn"
    if start_method == "forkserver":  # imports torch once, not once a process
        multiprocessing.get_context(start_method).set_forkserver_preload([__name__])
    with tempfile.TemporaryDirectory() as folder:
        start_processes(_take_part, (payload, Path(folder), count), nprocs=count, start_method=start_method)
        return [torch.load(_result(Path(folder), rank), weights_only=False) for rank in range(count)]


def _result(folder: Path, rank: int) -> Path:
    return folder / f"result-{rank}"


def _take_part(rank: int, payload: bytes, folder: Path, count: int) -> None:
    torch.set_num_threads(1)
    work, arguments = pickle.loads(payload)
    meeting = (folder / "meeting").as_uri()
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=count, timeout=timedelta(seconds=120))
    try:
        torch.save(work(*arguments), _result(folder, rank))
        dist.barrier()
    finally:
        dist.destroy_process_group()
