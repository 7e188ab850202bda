"""Where the parts of a run lie, and what may be written over."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from selftaught.core.errors import UserError

__all__ = ["RunFolder", "is_first_process", "write_aside"]

_PARTS = (
    "run.json",
    "encoder",
    "encoder_best",
    "classifier",
    "start",
    "checkpoints",
    "metrics.csv",
    "watch.csv",
    "skipped.csv",
    "evaluation.json",
    "answers.npz",
    "classification.json",
    "pictures",
    "prior",
    "samples.png",
    "samples_through_training.npz",
    "report.html",
    "tensorboard",
)


def is_first_process() -> bool:
    """Whether this process writes: alone, or the first of those that torchrun started.

    Example:
        >>> from selftaught.runs.folder import is_first_process
        >>> is_first_process()
        True
    """
    return os.environ.get("RANK", "0") == "0"


def write_aside(path: Path, text: str) -> None:
    """Write a text file whole or not at all: aside, then renamed.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.folder import write_aside
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
        >>> write_aside(path, "done")
        >>> path.read_text()
        'done'
    """
    aside = path.with_name(path.name + ".partial")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


@dataclass(frozen=True)
class RunFolder:
    """A folder that holds a run, or is about to.

    Args:
        path: of the folder.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.folder import RunFolder
        >>> RunFolder(Path("runs/simclr")).encoder
        PosixPath('runs/simclr/encoder')
    """

    path: Path

    @property
    def pictures(self) -> Path:
        """What the method made when training ended."""
        return self.path / "pictures"

    @property
    def prior(self) -> Path:
        """What `selftaught sample` fitted to the codes of a method that needs it to make new images."""
        return self.path / "prior"

    @property
    def samples(self) -> Path:
        """What `selftaught sample` drew."""
        return self.path / "samples.png"

    @property
    def strip(self) -> Path:
        """What the method made of the same latents at a few times while it trained."""
        return self.path / "samples_through_training.npz"

    @property
    def record(self) -> Path:
        """Everything asked for and resolved."""
        return self.path / "run.json"

    @property
    def encoder(self) -> Path:
        """The product."""
        return self.path / "encoder"

    @property
    def encoder_best(self) -> Path:
        """The product at the look that found it best, where a figure was named to choose by."""
        return self.path / "encoder_best"

    @property
    def classifier(self) -> Path:
        """What stands behind the encoder, of runs that learned classes."""
        return self.path / "classifier"

    @property
    def classification(self) -> Path:
        """How often the classifier was right."""
        return self.path / "classification.json"

    @property
    def watch(self) -> Path:
        """A row for each look at the encoder while it trained."""
        return self.path / "watch.csv"

    @property
    def start(self) -> Path:
        """The encoder before training, in the same form: the control of the evaluation."""
        return self.path / "start"

    @property
    def checkpoint(self) -> Path:
        """Everything needed to continue to the bit."""
        return self.path / "checkpoints" / "last.ckpt"

    @property
    def metrics(self) -> Path:
        """A row for each logged step."""
        return self.path / "metrics.csv"

    @property
    def skipped(self) -> Path:
        """The images that could not be read, and why."""
        return self.path / "skipped.csv"

    @property
    def evaluation(self) -> Path:
        """What `selftaught evaluate` measured."""
        return self.path / "evaluation.json"

    @property
    def answers(self) -> Path:
        """What the evaluation found of every test item."""
        return self.path / "answers.npz"

    @property
    def report(self) -> Path:
        """What a person looks at."""
        return self.path / "report.html"

    def holds_run(self) -> bool:
        """Whether this is the folder of a run, begun or finished."""
        try:
            return "selftaught" in json.loads(self.record.read_text(encoding="utf-8"))["versions"]
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def check_free(self, *, overwrite: bool) -> None:
        """Make sure that a run may be written here, and write nothing.

        Args:
            overwrite: an earlier run may be replaced.

        Raises:
            UserError: the folder holds a run with a checkpoint and `overwrite` is false, or something that is no run.
        """
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f"{self.path} is a file: expected a folder for the run")
        if self.holds_run():
            if not overwrite and (self.checkpoint.is_file() or self.encoder.is_dir()):
                raise UserError(
                    f"{self.path} already holds a run: choose another --out, or give --overwrite or --resume"
                )
        elif self.path.exists() and any(self.path.iterdir()):
            raise UserError(f"{self.path} holds files that are no run of selftaught: expected a new or an empty folder")
        above = next(folder for folder in (self.path, *self.path.absolute().parents) if folder.exists())
        if not above.is_dir() or not os.access(above, os.W_OK):
            raise UserError(f"cannot write to {above}: expected a folder that may be written")

    def clear(self) -> None:
        """Make the folder, and take an earlier run out of it; files that are none of ours stay."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.holds_run():
            return
        for name in reversed(_PARTS):  # the record last: until then it is a run
            part = self.path / name
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part)
            else:
                part.unlink(missing_ok=True)

    def require(self, *parts: Path) -> None:
        """Make sure that this is a run and that these parts of it are there.

        Raises:
            UserError: one is missing; says which.
        """
        if not self.path.is_dir():
            raise UserError(f"no run at {self.path}: there is no such folder")
        wanted = dict.fromkeys((self.record, *parts))
        missing = [part.relative_to(self.path).as_posix() for part in wanted if not part.exists()]
        if missing:
            stopped = self.encoder.name in missing and self.checkpoint.exists()
            hint = f"; if it was stopped: selftaught pretrain --resume {self.path}" if stopped else ""
            raise UserError(f"the run at {self.path} is not whole: missing {', '.join(missing)}{hint}")
        if not self.holds_run():
            raise UserError(f"{self.record} is damaged, or no record of a run")
