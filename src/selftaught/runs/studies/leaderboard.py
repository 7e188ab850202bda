"""The leaderboard: from the folders of finished runs to one table, beside what has learned nothing."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from selftaught.core import UserError
from selftaught.evaluation import SEEDS_RULE
from selftaught.runs.answers import Answers, read_answers
from selftaught.runs.environment import versions
from selftaught.runs.opening import open_run
from selftaught.runs.record import Record
from selftaught.runs.studies.columns import beside_probes, figure_over_seeds, scalar_figures, title_of, unit_of
from selftaught.runs.studies.contender import Contender, written
from selftaught.runs.studies.pairs import Entrant, conclude_pairs, pair_all
from selftaught.runs.studies.running import has_collapsed
from selftaught.runs.studies.study import Study, StudyRun

__all__ = ["gather"]

_CONTROLS = {"random_start": "random start", "raw_input": "raw input", "from_scratch": "from scratch"}

_NAMED = 3  # so many contenders are named in the title of a control that others do not share

_SCRATCH = {
    "fine-tuned": "From scratch, beside what was fine-tuned: the same network with fresh weights, trained alike on the "
    "same labels.",
    "supervised": "From scratch, beside linear probes: the same network with fresh weights, trained on their labels.",
}


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """A run with what was found of it."""

    run: StudyRun
    record: Record
    evaluation: Mapping[str, Any]
    answers: Answers | None

    def right(self, network: str) -> Mapping[str, Any]:
        return {} if self.answers is None else self.answers.networks.get(network, {})


def gather(study: Study) -> dict[str, Any]:
    """Everything that was found of a study so far, best first; what `selftaught compare --json` prints.

    Args:
        study: with some of its runs measured.

    Raises:
        UserError: no run is measured, or they were not measured on the same items.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.studies import Contender, Study, gather
        >>> one = Contender(name="simclr", method="simclr")
        >>> gather(Study(folder=Path("runs/none"), kind="comparison", contenders=(one,), seeds=1, data="photos"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run in runs/none is measured yet
    """
    there = [run for run in study.runs() if run.folder.evaluation.is_file() and run.folder.holds_run()]
    measured = [_read(run) for run in there if not has_collapsed(run)]  # even if somebody evaluated it by hand
    if not measured:
        raise UserError(f"no run in {study.folder} is measured yet")
    _check_same_items(measured)
    groups = {
        contender.name: [each for each in measured if each.run.contender.name == contender.name]
        for contender in study.contenders
    }
    groups = {name: group for name, group in groups.items() if group}
    deciding = _deciding(measured[0])
    entrants = [_entrant(name, group) for name, group in groups.items()]
    ranked = sorted(entrants, key=lambda each: -each.mean(deciding[0]) if deciding else 0.0)
    pairs = pair_all(ranked, deciding)
    names = [each.name for each in ranked]
    if deciding:
        headline, sentences = conclude_pairs(pairs, names, noun=study.noun)
    else:
        why = (
            "Without labels" if measured[0].answers is None else "Without knn, linear or fine_tune among the protocols"
        )
        headline, sentences = f"{why}, no {study.noun} can be said to be better than another", []
    rows = [_row(study, groups[name]) for name in names]
    rows += _control_rows(groups, {figure for row in rows for figure in row["figures"]})
    figures = list(dict.fromkeys(figure for row in rows for figure in row["figures"]))
    return {
        "kind": study.kind,
        "headline": headline,
        "sentences": sentences,
        "notes": _notes(study, measured),
        "rule": SEEDS_RULE,
        "decided_by": deciding,
        "columns": [{"figure": name, "title": title_of(name), "unit": unit_of(name)} for name in figures],
        "rows": sorted(rows, key=lambda row: _place(row, deciding[0])) if deciding else rows,
        "pairs": [asdict(pair) | {"interval": list(pair.interval), "real": pair.sign != 0} for pair in pairs],
        "missing": [run.words for run in study.runs() if not run.folder.evaluation.is_file()],
        "study": study.as_json(),
        "varied": {
            name: list(dict.fromkeys(written(each.varied[name]) for each in study.contenders))
            for name in study.contenders[0].varied
        },
        "items": measured[0].evaluation["items"],
        "found": measured[0].record.data.found,
        "machine": dict(measured[0].record.machine),
        "versions": versions(),
        "command": list(study.command),
    }


def _read(run: StudyRun) -> _Measured:
    path = run.folder.evaluation
    try:
        evaluation = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}): take it away, and the run is measured again") from error
    record = open_run(run.folder.path).record
    return _Measured(run=run, record=record, evaluation=evaluation, answers=read_answers(run.folder))


def _check_same_items(measured: Sequence[_Measured]) -> None:
    first = measured[0]
    for each in measured[1:]:
        a, b = first.answers, each.answers
        same = (a is None) == (b is None) and (a is None or b is None or np.array_equal(a.truth, b.truth))
        rules = [one.evaluation["rules"] for one in (first, each)]
        if not same or any(rules[0].get(name) != rules[1].get(name) for name in ("asked", "tune_labels")):
            raise UserError(
                f"{each.run.folder.path} was measured on other items or otherwise than {first.run.folder.path}: take "
                f"its evaluation.json away, and it is measured again"
            )


def _deciding(one: _Measured) -> list[str]:
    """The figures of the verdict, kNN first: it has no draws of labels."""
    return [] if one.answers is None else list(one.answers.deciding[::-1])


def _entrant(name: str, group: Sequence[_Measured]) -> Entrant:
    encoder, start, raw, scratch = (
        {each.run.seed: each.right(network) for each in group} for network in ("encoder", *_CONTROLS)
    )
    return Entrant(name=name, encoder=encoder, start=start, raw=raw, scratch=scratch)


def _place(row: Mapping[str, Any], figure: str) -> float:
    """What rows are sorted by: the best first, those without the figure last."""
    return -row["figures"][figure]["mean"] if figure in row["figures"] else math.inf


def _row(study: Study, group: Sequence[_Measured]) -> dict[str, Any]:
    contender, record = group[0].run.contender, group[0].record
    scalars = [scalar_figures(each.evaluation, each.record) for each in group]
    figures = _accuracies([each.right("encoder") for each in group])
    figures |= {
        name: figure_over_seeds([each[name] for each in scalars if name in each], name)
        for name in dict.fromkeys(name for each in scalars for name in each)
    }
    return {
        "name": contender.name,
        "role": study.noun,
        "method": contender.method,
        "recipe": contender.recipe,
        "varied": {name: written(value) for name, value in contender.varied.items()},
        "encoder": record.encoder["name"],
        "settings": record.settings,
        "runs": [{"seed": each.run.seed, "folder": each.run.folder.path.name} for each in group],
        "figures": figures,
    }


def _accuracies(by_seed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: figure_over_seeds([each[name] for each in by_seed], name) for name in by_seed[0]}


def _control_rows(groups: Mapping[str, Sequence[_Measured]], known: Collection[str]) -> list[dict[str, Any]]:
    """Each control once, where several contenders share it: one row a start, a mean over its seeds."""
    rows: list[dict[str, Any]] = []
    for network, title in _CONTROLS.items():
        shared: list[tuple[dict[int, _Measured], list[str]]] = []
        for name, group in groups.items():
            own = {each.run.seed: each for each in group}
            place = next((each for each in shared if _same(each[0], own, network)), None)
            if place is None:
                shared.append((own, [name]))
            else:
                place[0].update(own)
                place[1].append(name)
        for members, names in shared:
            row = _control_row(network, [members[seed] for seed in sorted(members)], known)
            rows += [{"name": f"{title}{_whose(names, list(groups))}", "of": names, **row}] if row["figures"] else []
    return rows


def _whose(names: Sequence[str], all_names: Sequence[str]) -> str:
    """Whose control it is, in few words, as an end to its title.

    Example:
        >>> from selftaught.runs.studies.leaderboard import _whose
        >>> _whose(["simclr", "moco", "byol", "swav"], ["simclr", "moco", "byol", "swav", "cpc_images"])
        ' of all but cpc_images'
        >>> _whose(list("abcd"), list("abcdefgh"))
        ' of a, b and 2 others'
    """
    others = [name for name in all_names if name not in names]
    if not others:
        return ""
    if len(names) <= _NAMED:
        return f" of {', '.join(names)}"
    if len(others) <= _NAMED:
        return f" of all but {', '.join(others)}"
    return f" of {', '.join(names[: _NAMED - 1])} and {len(names) - _NAMED + 1} others"


def _same(one: Mapping[int, _Measured], other: Mapping[int, _Measured], network: str) -> bool:
    """Whether they share a control: the same answers, or, of what was trained on labels, the same network."""
    if network == "from_scratch":
        networks = [next(iter(each.values())).record for each in (one, other)]
        return all(getattr(networks[0], what) == getattr(networks[1], what) for what in ("encoder", "preprocessing"))
    common = [(one[seed].right(network), other[seed].right(network)) for seed in one if seed in other]
    return bool(common) and all(all(np.array_equal(a[name], b[name]) for name in a) for a, b in common)


def _control_row(network: str, members: Sequence[_Measured], known: Collection[str]) -> dict[str, Any]:
    by_seed = [each.right(network) for each in members]
    if network == "raw_input" and all(_alike(by_seed[0], each) for each in by_seed):
        by_seed = by_seed[:1]  # no seed has any part in it
    figures = {beside_probes(figure, known): each for figure, each in _accuracies(by_seed).items()}
    ranks = [each.evaluation["label_free"].get(network, {}).get("rankme") for each in members]
    ranked = [rank for rank in ranks if rank is not None]
    figures |= {"RankMe": figure_over_seeds(ranked, "RankMe")} if ranked else {}
    return {"role": "control", "control": network, "figures": figures, "runs": [], "varied": {}, "encoder": None}


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in one)


def _notes(study: Study, measured: Sequence[_Measured]) -> list[str]:
    """What a reader must know before believing the table."""
    notes: list[str] = []
    collapsed = [run.words for run in study.runs() if has_collapsed(run)]
    notes += [f"Stopped because the encoder had collapsed: {', '.join(collapsed)}."] if collapsed else []
    still = [each.run.words for each in measured if each.evaluation["outcome"] == "collapsed"]
    notes += [f"Collapsed: {', '.join(still)}."] if still else []
    if study.seeds == 1:
        notes.append(
            "With one seed, a difference between two trainings cannot be told from one between two "
            f"{study.noun}s: intervals are over test items alone. Three seeds or more tell."
        )
    scratch = {figure.partition(" ")[0] for each in measured for figure in each.right("from_scratch")}
    notes += [_SCRATCH[name] for name in _SCRATCH if name in scratch]
    encoders = {each.record.encoder["name"] for each in measured}
    notes += [f"The networks differ: {', '.join(sorted(encoders))}."] if len(encoders) > 1 else []
    devices = {str(each.record.machine.get("processor")) + str(each.record.machine.get("device")) for each in measured}
    notes += ["The runs were on different machines: seconds do not compare."] if len(devices) > 1 else []
    notes += [sentence for sentence in _numbers(study.contenders) if study.kind == "comparison"]
    return notes


def _numbers(contenders: Sequence[Contender]) -> list[str]:
    """Whose numbers were taken."""
    fitted = [f"{each.name} those of the recipe {each.recipe}" for each in contenders if each.recipe]
    own = [each.name for each in contenders if not each.recipe]
    defaults = [f"{', '.join(own)} the defaults"] if own else []
    return [f"Numbers: {'; '.join([*fitted, *defaults])}."]
