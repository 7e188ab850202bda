"""`last.ckpt`: everything a run needs to continue to the bit, replaced whole or not at all."""

import io
import os
import pickle
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from selftaught.core import UserError

__all__ = ["Checkpoint", "checkpoint_path", "load_checkpoint", "save_checkpoint", "writing"]

_FORMAT = "selftaught checkpoint 1"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Where a run stands after a step.

    Args:
        step: how many steps are done.
        total_steps: how many the run has.
        method: the method's state.
        optimiser: the optimiser's state.
        sampling_weights: how often the epoch under way draws each item; None for each once.
        metrics_bytes: length of metrics.csv.
        seconds: how long training has taken so far.
        losses: each loss term at the last step.
        unchangeable: the numbers with which a run must continue: batch size, seed, optimiser, items.
        watched: what was seen of the run so far; empty where nobody looked.
    """

    step: int
    total_steps: int
    method: dict[str, Any]
    optimiser: dict[str, Any]
    sampling_weights: Tensor | None
    metrics_bytes: int
    seconds: float
    losses: dict[str, float]
    unchangeable: dict[str, int | str]
    watched: dict[str, Any] = field(default_factory=dict[str, Any])


def checkpoint_path(folder: Path) -> Path:
    """Where a run folder keeps its checkpoint.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.training import checkpoint_path
        >>> checkpoint_path(Path("runs/simclr")).as_posix()
        'runs/simclr/checkpoints/last.ckpt'
    """
    return folder / "checkpoints" / "last.ckpt"


@contextmanager
def writing(path: Path) -> Generator[None, None, None]:
    """Turn a failure to write a file, such as a full disk, into an error that a user can mend.

    Raises:
        UserError: the file could not be written.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.training.checkpoint import writing
        >>> with writing(Path("run/metrics.csv")):
        ...     raise OSError(28, "No space left on device")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: could not write run/metrics.csv: No space left on device
    """
    try:
        yield
    except OSError as error:
        raise UserError(f"could not write {path}: {error.strerror or error}") from error


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint beside the last one, then put it in its place.

    Whatever happens while it is written, the file at `path` is the old checkpoint or the new one, whole.

    Raises:
        UserError: it could not be written, as when the disk is full; the last checkpoint still stands.
    """
    content = {field.name: getattr(checkpoint, field.name) for field in fields(checkpoint)}
    stream = io.BytesIO()  # torch.save on a full disk leaves an exception of no certain type; memory does not fill up
    torch.save({"format": _FORMAT, **content}, stream)
    aside = path.with_name(path.name + ".part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("wb") as file:
                file.write(stream.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        except OSError:
            aside.unlink(missing_ok=True)
            raise


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; never runs code that a file may hold.

    Raises:
        UserError: there is none, or it is truncated, damaged, or something else.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.training import load_checkpoint
        >>> load_checkpoint(Path("missing/last.ckpt"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no checkpoint at missing/last.ckpt
    """
    if not path.is_file():
        raise UserError(f"no checkpoint at {path}")
    try:
        with warnings.catch_warnings(action="ignore"):  # of torch, about files that no torch wrote
            content = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(content, dict) or content.pop("format", None) != _FORMAT:
            raise ValueError("it was not written by this version of selftaught")
        return Checkpoint(**content)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        own = f" ({error})" if type(error) is ValueError else ""  # what torch says would be advice to trust the file
        raise UserError(
            f"{path} is truncated, damaged or no checkpoint{own}, and was not opened: begin again with --overwrite"
        ) from error
