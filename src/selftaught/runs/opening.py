"""Runs and their encoders, from disk."""

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from selftaught.core import UserError
from selftaught.encoders import PretrainedClassifier, PretrainedEncoder, load_head
from selftaught.encoders import load_encoder as load_encoder_folder
from selftaught.runs.folder import RunFolder
from selftaught.runs.kinds import kind_named
from selftaught.runs.record import Record, read_record

__all__ = ["Run", "load_classifier", "load_encoder", "open_run"]


@dataclass(frozen=True)
class Run:
    """A run on disk.

    Args:
        folder: where its parts lie.
        record: everything asked for and resolved.
        best: take the encoder at its best, by the figure that `keep_best` named, for that of the end.

    Example:
        >>> from selftaught.runs import open_run
        >>> open_run("runs/none").encoder()
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """

    folder: RunFolder
    record: Record = field(repr=False)
    best: bool = False

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    def encoder(self) -> PretrainedEncoder:
        """What the run learned.

        Raises:
            UserError: it is not there, as when the run has not finished.
        """
        folder = self.folder.encoder_best if self.best else self.folder.encoder
        self.folder.require(folder)
        return load_encoder_folder(folder)

    def start(self) -> PretrainedEncoder:
        """The same encoder before training.

        Raises:
            UserError: it is not there.
        """
        self.folder.require(self.folder.start)
        return load_encoder_folder(self.folder.start)


def open_run(path: str | Path | Run, *, best: bool = False) -> Run:
    """A run by its folder.

    Args:
        path: its folder.
        best: take the encoder at its best for that of the end; only a run with `keep_best` has one.

    Raises:
        UserError: there is none, or it is not whole.

    Example:
        >>> from selftaught.runs import open_run
        >>> open_run("missing")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at missing: there is no such folder
    """
    run = path
    if not isinstance(run, Run):
        folder = RunFolder(Path(run))
        folder.require()
        run = Run(folder, read_record(folder.record))
    if best and not run.folder.encoder_best.exists():
        raise UserError(f"the run at {run.path} kept no best encoder: keep_best of pretrain names the figure for it")
    return replace(run, best=True) if best else run


def load_encoder(path: str | Path | Run) -> PretrainedEncoder:
    """The encoder of a run, or of a folder that holds only an encoder, in eval mode.

    It takes raw items: of images tensors, arrays, PIL images and paths, alone or in a list; strings; recordings and
    their paths; a graph.

    Raises:
        UserError: there is none.

    Example:
        >>> from selftaught.runs import load_encoder
        >>> load_encoder("missing")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no encoder in missing: expected a file config.json
    """
    if isinstance(path, Run) or (Path(path) / "run.json").exists():
        model = open_run(path).encoder()
    else:
        model = load_encoder_folder(Path(path))
    model.read = partial(kind_named(model.kind).read, preparation=model.preprocessing)
    return model


def load_classifier(path: str | Path | Run) -> PretrainedClassifier:
    """The classifier of a run that learned classes, in eval mode: what `finetune` and `distill` write.

    It takes what `load_encoder`'s takes, and gives a logit for each of its `classes`.

    Raises:
        UserError: there is no such run, or it learned no classes.

    Example:
        >>> from selftaught.runs import load_classifier
        >>> load_classifier("missing")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at missing: there is no such folder
    """
    run = open_run(path)
    head, classes = load_head(run.folder.classifier)
    return PretrainedClassifier(load_encoder(run), head, classes).eval()
