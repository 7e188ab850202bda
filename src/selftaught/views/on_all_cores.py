"""Pieces of a batch worked on side by side, a thread for each core of a CPU.

An operation on a few images ends before the threads that share it have met: shared operation by operation, a second
core makes views of photographs hardly a fifth faster, and views of small images slower. A thread that does everything
to its own images needs the others but once.
"""

import functools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

__all__ = ["on_all_cores"]

Piece = TypeVar("Piece")


def on_all_cores(work: Callable[[Piece], None], pieces: Sequence[Piece], device: torch.device) -> None:
    """Do the work on every piece, as many at once as torch uses threads, in the caller's modes of gradient.

    Args:
        work: what is done to a piece; pieces are worked on in any order.
        pieces: what to work on.
        device: that the work is done on; where it is no CPU, the caller's thread does it.

    Example:
        >>> import torch
        >>> from selftaught.views.on_all_cores import on_all_cores
        >>> squares = torch.zeros(4)
        >>> on_all_cores(lambda row: squares[row].fill_(row * row), range(4), torch.device("cpu"))
        >>> squares
        tensor([0., 1., 4., 9.])
    """
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    if threads == 1:
        for piece in pieces:
            work(piece)
        return
    inference, gradients = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    def in_modes(piece: Piece) -> None:
        with torch.inference_mode(inference), torch.set_grad_enabled(gradients):
            work(piece)

    for _ in _workers(threads, os.getpid()).map(in_modes, pieces):
        pass


@functools.lru_cache(1)
def _workers(count: int, process: int) -> ThreadPoolExecutor:  # after a fork there are no threads
    """Threads of which each works alone, torch's own being the caller's business."""
    met = threading.Barrier(count)

    def alone() -> None:
        torch.set_num_threads(1)  # of this thread, and of every thread that begins later
        torch.get_num_threads()  # from here on this thread asks no more what others are told
        met.wait()

    workers = ThreadPoolExecutor(count, f"selftaught-views-{process}", initializer=alone)
    for begun in [workers.submit(int) for _ in range(count)]:
        begun.result()
    torch.set_num_threads(count)  # what later threads begin with
    return workers
