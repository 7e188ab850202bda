"""The folder of a comparison: what is asked in it, so that a second call continues the first and nothing else."""

import json
import os
import re
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from selftaught.core import UserError
from selftaught.evaluation import choose_protocols, choose_tune_labels
from selftaught.runs.environment import versions
from selftaught.runs.folder import RunFolder
from selftaught.runs.studies.contender import Contender, written

__all__ = ["Study", "StudyRun", "asked_of_evaluation", "read_part"]

_NOUNS = {"comparison": "method", "ablation": "setting"}


def asked_of_evaluation(
    settings: Mapping[str, Any],
    *,
    protocols: str | Sequence[str] | None,
    tune_labels: str | Sequence[str] | None = None,
    label: str | None,
    split_by: str | None,
) -> dict[str, Any]:
    """`Study.evaluation`: what every run is asked alike.

    Args:
        settings: of training, from which texts know their column and encoding.
        protocols: see `evaluate`.
        tune_labels: see `evaluate`.
        label: see `evaluate`.
        split_by: see `evaluate`.

    Raises:
        UserError: there is no such protocol or budget of labels, or nothing that trains on these.

    Example:
        >>> from selftaught.runs.studies import asked_of_evaluation
        >>> asked_of_evaluation({}, protocols=["knn", "linear"], label=None, split_by=None)["protocols"]
        'knn,linear'
    """
    budgets = choose_tune_labels(tune_labels, choose_protocols(protocols))
    return {
        "protocols": protocols if isinstance(protocols, str | None) else ",".join(protocols),
        "tune_labels": None if tune_labels is None else ",".join(budgets),
        "label": label,
        "text_column": settings.get("text_column"),
        "encoding": settings.get("encoding"),
        "split_by": split_by,
    }


@dataclass(frozen=True, kw_only=True)
class StudyRun:
    """One training: a contender with a seed.

    Args:
        contender: what is trained.
        seed: of the training.
        folder: where it is written.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.folder import RunFolder
        >>> from selftaught.runs.studies import Contender, StudyRun
        >>> StudyRun(contender=Contender(name="a", method="simclr"), seed=1, folder=RunFolder(Path("x"))).words
        'a, seed 1'
    """

    contender: Contender
    seed: int
    folder: RunFolder

    @property
    def words(self) -> str:
        """What people call it."""
        return f"{self.contender.name}, seed {self.seed}"


@dataclass(frozen=True, kw_only=True)
class Study:
    """Several contenders on the same data, each with the same seeds.

    Args:
        folder: holds all runs, `study.json`, `leaderboard.json` and `report.html`.
        kind: comparison of methods, or ablation of one method's settings.
        contenders: those that are compared.
        seeds: how many trainings each has: 0, 1, ...
        data: what they learn from.
        labelled: what teaches the probes; the data themselves if None.
        test_data: what tests them, where it stands elsewhere.
        evaluation: further arguments of `evaluate`: protocols, tune_labels, label, text_column, encoding, split_by.
        device: where all runs are trained and measured.
        command: the words of the command line.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.studies import Contender, Study
        >>> contenders = (Contender(name="simclr", method="simclr"), Contender(name="byol", method="byol"))
        >>> study = Study(folder=Path("runs/none"), kind="comparison", contenders=contenders, seeds=2, data="photos")
        >>> [run.folder.path.name for run in study.runs()]
        ['simclr-seed0', 'byol-seed0', 'simclr-seed1', 'byol-seed1']
    """

    folder: Path
    kind: Literal["comparison", "ablation"]
    contenders: tuple[Contender, ...]
    seeds: int
    data: Any
    labelled: Any = None
    test_data: Any = None
    evaluation: Mapping[str, Any] = field(default_factory=dict[str, Any])
    device: str = "auto"
    command: tuple[str, ...] = ()

    @property
    def noun(self) -> str:
        """What one contender is called."""
        return _NOUNS[self.kind]

    @property
    def record(self) -> Path:
        """What is asked."""
        return self.folder / "study.json"

    @property
    def leaderboard(self) -> Path:
        """What was found."""
        return self.folder / "leaderboard.json"

    @property
    def report(self) -> Path:
        """What a person looks at."""
        return self.folder / "report.html"

    def runs(self) -> list[StudyRun]:
        """Every training: first all contenders with the first seed, so that an early end leaves a whole picture."""
        return [
            StudyRun(contender=contender, seed=seed, folder=RunFolder(self.folder / contender.folder_name(seed=seed)))
            for seed in range(self.seeds)
            for contender in self.contenders
        ]

    def as_json(self) -> dict[str, Any]:
        """What is asked, in the form of `study.json`."""
        return {
            "kind": self.kind,
            "data": _named(self.data),
            "labelled": _named(self.labelled),
            "test_data": _named(self.test_data),
            "evaluation": {name: value for name, value in self.evaluation.items() if value is not None},
            "seeds": self.seeds,
            "contenders": [contender.as_json() for contender in self.contenders],
            "versions": versions(),
        }

    def begin(self) -> None:
        """Write `study.json`, or make sure that the one there asks the same; seeds and contenders may have been added.

        Raises:
            UserError: the folder holds something else, or something was changed; says what.
        """
        if self.seeds < 1:
            raise UserError(f"seeds: expected at least 1, got {self.seeds}")
        names = Counter(contender.folder_name(seed=0) for contender in self.contenders)
        if twice := [name for name, count in names.items() if count > 1]:
            raise UserError(f"expected every {self.noun} once, got '{twice[0].removesuffix('-seed0')}' twice")
        asked = self.as_json()
        if self.folder.is_file():
            raise UserError(f"{self.folder} is a file: expected a folder for the {self.kind}")
        if self.record.is_file():
            earlier = self._earlier()
            started = any(self.folder.glob("*-seed*/run.json"))  # what no run has begun may still be changed
            if started and (differences := _differences(earlier, asked, self.noun)):
                raise UserError(
                    f"{self.folder} holds a {self.kind} with {'; '.join(differences)}: ask for the same, or choose "
                    "another --out"
                )
            if {**earlier, "versions": None} == {**asked, "versions": None}:
                return
        elif self.folder.exists() and any(self.folder.iterdir()):
            raise UserError(f"{self.folder} holds files that are no {self.kind}: expected a new or an empty folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write(self.record, asked)

    def write(self, path: Path, document: Mapping[str, Any]) -> None:
        """A file of the folder, whole or not at all, even where several machines write it at once."""
        aside = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}")
        try:
            aside.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8")
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)

    def _earlier(self) -> dict[str, Any]:
        try:
            earlier = json.loads(self.record.read_text(encoding="utf-8"))
            if "selftaught" in earlier["versions"] and isinstance(earlier["contenders"], list):
                return earlier
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{self.record} is damaged ({type(error).__name__}: {error})") from error
        raise UserError(f"{self.record} is no record of a {self.kind}")


def read_part(text: str | None) -> tuple[int, int] | None:
    """Which share of the runs is meant by "2/5": the second of five.

    Raises:
        UserError: it is written otherwise, or there is no such share.

    Example:
        >>> from selftaught.runs.studies import read_part
        >>> read_part("2/5")
        (2, 5)
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise UserError(f"only: expected K/N with K from 1 to N, as in 2/5, got '{text}'")
    return int(found[1]), int(found[2])


def _named(data: Any) -> str | None:
    if data is None:
        return None
    return str(data) if isinstance(data, str | Path) else f"{type(data).__name__} in memory"


def _differences(earlier: Mapping[str, Any], asked: Mapping[str, Any], noun: str) -> list[str]:
    """What an earlier call asked otherwise, in words; contenders and seeds may be added, not left out."""
    found = [
        f"{name.replace('_', ' ')} {_said(earlier.get(name))}, and {_said(asked[name])} was asked for"
        for name in ("kind", "data", "labelled", "test_data", "evaluation")
        if earlier.get(name) != asked[name]
    ]
    if earlier["seeds"] > asked["seeds"]:
        found.append(f"{earlier['seeds']} seeds, and {asked['seeds']} were asked for")
    now = {each["name"]: each for each in asked["contenders"]}
    for each in earlier["contenders"]:
        if each["name"] not in now:
            found.append(f"the {noun} {each['name']}, which was not named now")
            continue
        other = now[each["name"]]
        before, after = ({"recipe": one["recipe"], **one["settings"]} for one in (each, other))
        found += [
            f"{each['name']}: {name} {_said(before.get(name))}, and {_said(after.get(name))} was asked for"
            for name in dict.fromkeys([*before, *after])
            if before.get(name) != after.get(name)
        ]
    return found


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {written(each)}" for name, each in value.items()) or "nothing"
    return written(value)
