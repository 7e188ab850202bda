"""`run.json`: everything asked for and resolved, in a form that a person reads and a program repeats."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from selftaught.core.errors import UserError
from selftaught.runs.folder import RunFolder, write_aside

__all__ = ["DataRecord", "Record", "read_record"]


@dataclass(frozen=True, kw_only=True)
class DataRecord:
    """What a run learned from.

    Args:
        given: how the user named it; None for data that were handed over in memory.
        found: what was found there.
        kind: images, text, graph or audio.
        items: how many images, texts, nodes or recordings.
        skipped: how many could not be read.
        facts: what else is known of them: size, channels, edges, sample rate.

    Example:
        >>> from selftaught.runs.record import DataRecord
        >>> DataRecord(given="photos", found="folder of 3 images", kind="images", items=3).skipped
        0
    """

    given: str | None
    found: str
    kind: str
    items: int
    skipped: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything that a run was asked for and what became of it.

    Args:
        method: the method's name.
        recipe: the recipe's name, if one was taken.
        asked: the options that the user named.
        settings: the value of every option, by part.
        weights: where the encoder started, if not at random.
        data: what it learned from.
        encoder: the network, and how many weights it has.
        preprocessing: what happens to every item before the encoder.
        views: what makes the views, and what was left out for these data.
        steps: how many steps the run has in all.
        extended_at: the steps at which the run was made longer, each time under the schedule of its new length.
        seconds: how long training took.
        precision: in which the network computed.
        compile_gain: how many times as fast a step was with `compile` as without; None if it was not asked for.
        peak_bytes: the most memory in use while it trained: on a GPU its own, on a CPU the whole process's; of a
            resumed run the last session's. None where it is not known.
        seed: of every random choice.
        started: when, in UTC.
        finished: when, in UTC; None until then.
        watched: what looks at the encoder found while it trained: the items looked at, the looks' share of the time,
            every alarm, the best look, and why the run stopped early.
        command: the words of the command line, if that is where it came from.
        versions: of Python and the libraries.
        commit: of selftaught's source tree, if it was run from one.
        machine: where it ran.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.record import read_record
        >>> read_record(Path("runs/none/run.json")).steps
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no record of a run at runs/none/run.json
    """

    method: str
    recipe: str | None
    asked: Mapping[str, Any]
    settings: Mapping[str, Mapping[str, Any]]
    weights: str | None
    data: DataRecord
    encoder: Mapping[str, Any]
    preprocessing: Mapping[str, Any]
    views: Mapping[str, Any]
    steps: int | None
    seed: int
    started: str
    versions: Mapping[str, str]
    commit: str | None
    machine: Mapping[str, Any]
    extended_at: tuple[int, ...] = ()
    seconds: float = 0.0
    precision: str | None = None
    compile_gain: float | None = None
    peak_bytes: int | None = None
    finished: str | None = None
    watched: Mapping[str, Any] = field(default_factory=dict[str, Any])
    command: tuple[str, ...] = field(default=())

    @property
    def collapse(self) -> str | None:
        """The collapse that the run was stopped for, in words; None for a run that was not."""
        return self.watched.get("stopped") if self.finished is None else None

    def values(self) -> dict[str, Any]:
        """The value of every option, by its name."""
        return {name: value for part in self.settings.values() for name, value in part.items()}

    def write(self, folder: RunFolder) -> None:
        """Put it into the folder, whole or not at all."""
        write_aside(folder.record, json.dumps(asdict(self), indent=2, default=str) + "\n")


def read_record(path: Path) -> Record:
    """What `Record.write` wrote.

    Args:
        path: of `run.json`.

    Raises:
        UserError: there is no such file, or it is no record of a run.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.record import read_record
        >>> read_record(Path("missing/run.json"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no record of a run at missing/run.json
    """
    if not path.is_file():
        raise UserError(f"no record of a run at {path}")
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        stored = {known.name: stored[known.name] for known in fields(Record) if known.name in stored}
        stored["data"] = DataRecord(**stored["data"])
        stored |= {name: tuple(stored[name]) for name in ("command", "extended_at") if name in stored}
        return Record(**stored)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged, or no record of a run ({type(error).__name__}: {error})") from error
