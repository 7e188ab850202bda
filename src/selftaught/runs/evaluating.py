"""`evaluate`: how good a run's encoder is, beside the same encoder before training and the raw input."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from selftaught.core import Method, Preparation, Source, Track, UserError, silent
from selftaught.data import Splits, check_kind
from selftaught.encoders import rebuild_encoder
from selftaught.evaluation import (
    Evaluation,
    Trend,
    energy_areas,
    evaluate_again,
    evaluate_encoder,
    loss_trend,
    own_task,
    pair_encoders,
    paired_sentence,
    suited_protocols,
)
from selftaught.methods import METHODS
from selftaught.runs.answers import write_answers
from selftaught.runs.cost import run_cost
from selftaught.runs.folder import write_aside
from selftaught.runs.kinds import Kind, kind_named
from selftaught.runs.labelling import column_names, labelled_parts, two_parts
from selftaught.runs.opening import Run, open_run
from selftaught.runs.planning import training_items
from selftaught.runs.rebuilding import has_own_views, methods_of, settings_of, views_of
from selftaught.runs.reporting import refresh_report
from selftaught.training import resolve_device, resolve_precision

__all__ = ["evaluate"]

_MOVING_LOSSES = ("adversarial", "clustering")  # families whose loss does not fall while they learn


def evaluate(
    run: str | Path | Run,
    data: Any,
    test_data: Any = None,
    *,
    protocols: str | Sequence[str] | None = None,
    against: str | Path | Run | None = None,
    label: str | None = None,
    text_column: str | None = None,
    encoding: str | None = None,
    split_by: str | None = None,
    best: bool = False,
    device: str = "auto",
    seed: int = 0,
    strict: bool = False,
    track: Track = silent,
) -> dict[str, Any]:
    """Measure a run's encoder and its controls, write `evaluation.json`, and refresh `report.html`.

    Without labels every figure that needs them is None, and the verdict says so.

    Args:
        run: its folder.
        data: labelled data, as for `pretrain`; of two parts the first teaches the probes and the second tests them.
        test_data: labelled data to test on, where they stand elsewhere. Without any, a fifth of `data` is kept out.
        protocols: what to measure, as in "knn,linear" or "all"; see `selftaught.evaluation.PROTOCOLS`. None measures
            the usual ones.
        against: another run, whose encoder is measured on the same items and compared item by item.
        label: the column of the labels, or several as in "a,b"; None for the usual one. What a column holds decides:
            classes, numbers, or lists of several labels.
        text_column: the column of the texts, where it is not the usual one.
        encoding: of text files, where it is not UTF-8.
        split_by: a column of the data: what is kept out are whole groups of its values, such as speakers.
        best: measure the encoder at its best, by the figure that the run's `keep_best` named, for that of the end.
        device: auto, cpu, cuda or mps.
        seed: of the draws of labels.
        strict: stop at an item that cannot be read, instead of passing it over.
        track: who watches.

    Returns:
        What `selftaught evaluate --json` prints.

    Raises:
        UserError: the run is not whole, or there are no such data.

    Example:
        >>> from selftaught.runs import evaluate
        >>> evaluate("runs/none", "fashion-mnist-10k")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    names = column_names(label)
    opened = open_run(run, best=best)
    other = None if against is None else open_run(against)
    folder = opened.folder
    folder.require(folder.encoder_best if opened.best else folder.encoder, folder.start)
    model, start, chosen = opened.encoder(), opened.start(), resolve_device(device)
    kind = kind_named(model.kind)
    asked, left_out = suited_protocols(protocols, model.encoder, model.preprocessing)
    if other is not None and other.encoder().kind != kind.name:
        raise UserError(f"{other.path} learned from {other.encoder().kind}, and {opened.path} from {kind.name}")
    if test_data is not None and split_by is not None:
        raise UserError("expected data to test on, or a column to split by, got both")
    given = _Given(
        kind=kind,
        data=data,
        test_data=test_data,
        options={"text_column": text_column, "encoding": encoding},
        strict=strict,
        by=opened.record.method,
        track=track,
    )
    found: list[str] = []
    train, test, targets = labelled_parts(
        names, lambda column: given.read(model.preprocessing, column, found), seed=seed
    )
    if split_by is not None:
        test = None
    start_name = "random start" if opened.record.weights is None else "the encoder before training"
    make_views = views_of(opened.record, model.preprocessing)
    reading: dict[str, Any] = {"device": chosen, "precision": resolve_precision("auto", chosen), "track": track}
    methods = _methods(opened) if {"energy", "own_task", "keeps"} & set(asked) else None
    result = evaluate_encoder(
        model.encoder,
        start.encoder,
        model.preprocessing,
        train,
        test,
        seed=seed,
        protocols=asked,
        targets=targets,
        start_name=start_name,
        raw_input=kind.raw_input(model.preprocessing, train),
        split_by=split_by,
        make_views=make_views if training_items(train, make_views) is train else None,  # others ask about pieces
        projections=_projections(methods),
        fresh=None if opened.record.weights is None else rebuild_encoder(start.encoder, seed=seed),
        trend=_trend(opened),
        **reading,
    )
    measured = result.as_json()
    measured["notes"] += [*left_out, *_projection_note(asked, methods)]
    measured["notes"] += kind.left_out(model.preprocessing, train)
    measured |= {"data": list(dict.fromkeys(found)), "start": start_name, "encoder": "best" if opened.best else "last"}
    asking = {"device": chosen, "seed": seed, "track": track}
    measured |= _of_the_method(opened, methods, _to_ask_about(opened, given, test or train), asked, asking)
    measured |= {"cost": run_cost(opened.record, folder.metrics, measured), "against": None}
    if other is not None:
        measured["against"] = _against(opened, other, result, given, (train, test), reading)
    write_answers(folder, result.protocols)
    write_aside(folder.evaluation, json.dumps(measured, indent=2) + "\n")
    shown = train
    if result.rows is not None:
        shown = (test if result.rows.apart and test is not None else train).take(result.rows.test)
    refresh_report(opened, shown, make_views, device=chosen, track=track)
    return measured


@dataclass(frozen=True, kw_only=True)
class _Given:
    """The data as a user named them, to be read as any encoder takes them."""

    kind: Kind
    data: Any
    test_data: Any
    options: dict[str, str | None]
    strict: bool
    by: str
    track: Track

    def read(self, preprocessing: Preparation, label: str | None, found: list[str]) -> tuple[Source, Source | None]:
        """What is learned from and what is tested on; what was found is noted."""
        seen = self.kind.with_reading(self.kind.as_seen(preprocessing, strict=self.strict), self.options)
        splits: list[Splits[Any]] = []
        for part in [self.data] if self.test_data is None else [self.data, self.test_data]:
            check_kind(part, self.kind.name, self.by)
            splits.append(self.kind.open(part, seen, label=label, labelled=True, track=self.track))
        found[:] = [each.found for each in splits]
        return two_parts(splits[0], splits[1] if len(splits) > 1 else None)


def _trend(opened: Run) -> Trend | None:
    """Whether the loss was still falling when the run ended; None where it does not tell."""
    entry, path = METHODS.get(opened.record.method), opened.folder.metrics
    if not path.is_file() or (entry is not None and entry.family in _MOVING_LOSSES):
        return None
    with path.open(newline="", encoding="utf-8") as file:
        return loss_trend([float(row["loss"]) for row in csv.DictReader(file) if row.get("loss")])


def _against(
    opened: Run,
    other: Run,
    result: Evaluation,
    given: _Given,
    sources: tuple[Source, Source | None],
    reading: dict[str, Any],
) -> dict[str, Any]:
    """The other run's encoder on the same items, and the differences."""
    model = other.encoder()
    train, test = given.read(model.preprocessing, None, [])
    test = None if sources[1] is None else test
    for ours, theirs in zip(sources, (train, test), strict=True):
        if ours is not None and (theirs is None or list(ours.keys) != list(theirs.keys)):
            raise UserError(f"{other.path} does not see the same {train.nouns[1]} of {ours.name} as {opened.path}")
    protocols = evaluate_again(result, model.encoder, model.preprocessing, train, test, **reading)
    answer: dict[str, Any] = {"run": str(other.path), "method": other.record.method}
    if protocols is None:
        return answer | {
            "protocols": None,
            "differences": [],
            "sentence": "Without labels two runs cannot be compared.",
        }
    differences = pair_encoders(result.protocols["encoder"], protocols)
    return answer | {
        "protocols": protocols.as_json(),
        "differences": [each.as_json() for each in differences],
        "sentence": paired_sentence(str(opened.path), str(other.path), differences),
    }


def _methods(opened: Run) -> dict[str, Method[Any]] | None:
    """The method before and after training; None where it cannot be rebuilt from its folder alone.

    Nor can it be rebuilt around an encoder that is not that of the end.
    """
    record = opened.record
    if opened.best or record.method not in METHODS or has_own_views(record) or not opened.folder.checkpoint.is_file():
        return None
    return methods_of(opened)


def _to_ask_about(opened: Run, given: _Given, source: Source) -> Source | None:
    """The items to ask the method about: those at hand or, where it knows only those that it learned from, these."""
    record = opened.record
    if record.method not in METHODS or not settings_of(record).counts_items:
        return source
    if record.data.given is None:
        return None  # they were in memory, and are gone
    seen = given.kind.as_seen(opened.encoder().preprocessing, strict=False)
    own = given.kind.open(record.data.given, seen, label=None, labelled=False, track=given.track).unlabelled
    return own if len(own) == record.data.items else None


def _projections(methods: Mapping[str, Method[Any]] | None) -> dict[str, nn.Module]:
    """What stands behind the encoder, where the method calls it `projector`."""
    names = {"trained": "encoder", "start": "random_start"}
    parts = {names[name]: dict(method.named_children()) for name, method in (methods or {}).items()}
    return {name: part["projector"] for name, part in parts.items() if "projector" in part}


def _projection_note(asked: Sequence[str], methods: Mapping[str, Method[Any]] | None) -> list[str]:
    if "keeps" not in asked or _projections(methods):
        return []
    why = "the method has none" if methods is not None else "the method cannot be rebuilt around this encoder"
    return [f"keeps: of the encoder alone and not of a projection, for {why}"]


def _of_the_method(
    opened: Run,
    methods: Mapping[str, Method[Any]] | None,
    source: Source | None,
    asked: Sequence[str],
    how: dict[str, Any],
) -> dict[str, Any]:
    """What the method itself does with items, before and after training: its energies, and its own task."""
    found: dict[str, Any] = {"energy": None, "own_task": None}
    if methods is None or source is None or not found.keys() & set(asked):
        return found
    make_views = views_of(opened.record, opened.encoder().preprocessing)
    items = training_items(source, make_views)
    if len(items) < 2:
        return found
    if "energy" in asked:
        found["energy"] = {name: energy_areas(method, make_views, items, **how) for name, method in methods.items()}
    if "own_task" in asked:
        figures = own_task(methods["trained"], make_views, items, start=methods["start"], **how)
        found["own_task"] = {name: figure.as_json() for name, figure in figures.items()}
    return found
