"""Where the numbers of a run go: metrics.csv always, and TensorBoard, Weights & Biases or MLflow where asked."""

import csv
import io
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from selftaught.core import UserError
from selftaught.training.checkpoint import writing

__all__ = ["Log", "MetricsFile", "check_logger", "open_logger"]


@runtime_checkable
class Log(Protocol):
    """Takes the numbers of a step."""

    def write(self, step: int, row: Mapping[str, int | float]) -> None:
        """Take a row; `step` is the number of steps done."""
        ...

    def close(self) -> None:
        """No more rows will come."""
        ...


class MetricsFile:
    """metrics.csv: one row a logged step; the first row decides the columns.

    Args:
        path: of the file.
        keep_bytes: how much of a file that is there already to keep; the rest is cut off.

    Raises:
        UserError: less than `keep_bytes` is there, or the file could not be written.
    """

    def __init__(self, path: Path, *, keep_bytes: int = 0) -> None:
        self._path = path
        there = path.stat().st_size if path.is_file() else 0
        if there < keep_bytes:
            raise UserError(
                f"expected at least {keep_bytes:,} bytes in {path}, as at the last checkpoint, got {there:,}"
            )
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab+", buffering=0)  # nothing is left to write when the disk is full
            self._file.truncate(keep_bytes)
            self._file.seek(0)
            header = self._file.readline().decode()
        self._columns = header.rstrip("\n").split(",") if header else None

    def write(self, step: int, row: Mapping[str, int | float]) -> None:
        """Add a row.

        Raises:
            ValueError: the row has a column that the first had not.
            UserError: it could not be written.
        """
        # 9 digits give a float32 back to the bit
        full = {"step": step, **{name: v if isinstance(v, int) else f"{v:.9g}" for name, v in row.items()}}
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns or list(full), lineterminator="\n")
        if self._columns is None:
            self._columns = list(full)
            writer.writeheader()
        writer.writerow(full)
        rest = text.getvalue().encode()
        with writing(self._path):
            while rest:
                rest = rest[self._file.write(rest) :]

    def settle(self) -> int:
        """Make sure that what was written is on the disk; returns how many bytes that is."""
        with writing(self._path):
            os.fsync(self._file.fileno())
        return self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def check_logger(name: str) -> None:
    """Find out early whether a logger's package is there.

    Raises:
        UserError: it is not; the message says what to install.

    Example:
        >>> from selftaught.training.logs import check_logger
        >>> check_logger("csv")
    """
    if name != "csv" and find_spec(name) is None:
        raise UserError(f"logger: {name} is not installed here; install it with: pip install 'selftaught[{name}]'")


def open_logger(name: str, folder: Path, *, step: int = 0) -> Log | None:
    """The logger that was asked for besides metrics.csv.

    Args:
        name: tensorboard, wandb, mlflow, or csv for none.
        folder: the run's.
        step: how many steps are done; what TensorBoard holds beyond them is hidden.

    Raises:
        UserError: its package is not installed.
    """
    check_logger(name)
    loggers: dict[str, Callable[[], Log | None]] = {
        "csv": lambda: None,
        "tensorboard": lambda: _TensorBoard(folder, step),
        "wandb": lambda: _WeightsAndBiases(folder, step),
        "mlflow": lambda: _MLflow(folder),
    }
    return loggers[name]()


class _TensorBoard:
    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, row: Mapping[str, int | float]) -> None:
        for name, value in row.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class _WeightsAndBiases:
    def __init__(self, folder: Path, step: int) -> None:
        wandb: Any = import_module("wandb")
        name, resume = folder.resolve().name, "auto" if step else None
        self._run = wandb.init(project="selftaught", dir=folder, name=name, resume=resume)

    def write(self, step: int, row: Mapping[str, int | float]) -> None:
        self._run.log(dict(row), step=step)

    def close(self) -> None:
        self._run.finish()


class _MLflow:
    def __init__(self, folder: Path) -> None:
        self._mlflow: Any = import_module("mlflow")
        self._mlflow.set_experiment("selftaught")
        self._mlflow.start_run(run_name=folder.resolve().name)

    def write(self, step: int, row: Mapping[str, int | float]) -> None:
        self._mlflow.log_metrics(dict(row), step=step)

    def close(self) -> None:
        self._mlflow.end_run()
