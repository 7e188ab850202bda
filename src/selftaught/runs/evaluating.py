"""`evaluate`: how good a run's encoder is, beside the same encoder before training and the raw input."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from selftaught.core import Source, Track, UserError, silent
from selftaught.encoders import rebuild_encoder
from selftaught.evaluation import (
    Evaluation,
    Trend,
    choose_tune_labels,
    evaluate_encoder,
    loss_trend,
    measure_depths,
    single_layers,
    suited_protocols,
)
from selftaught.evaluation.confusion import confusion
from selftaught.extraction import find_layers, running_stages
from selftaught.methods import METHODS
from selftaught.runs.against import compare_with
from selftaught.runs.answers import write_answers
from selftaught.runs.asking_methods import (
    figures_of_methods,
    heads_of,
    items_to_ask_about,
    projection_note,
    projections_of,
    rebuilt_methods,
)
from selftaught.runs.cost import run_cost
from selftaught.runs.folder import write_aside
from selftaught.runs.given_data import GivenData
from selftaught.runs.kinds import kind_named
from selftaught.runs.labelling import column_names, labelled_parts
from selftaught.runs.opening import Run, open_run
from selftaught.runs.planning import training_items
from selftaught.runs.rebuilding import views_of
from selftaught.runs.reporting import refresh_report
from selftaught.runs.rivals import find_rival
from selftaught.training import keep_freed_memory, resolve_device, resolve_precision

__all__ = ["evaluate"]

_MOVING_LOSSES = ("adversarial", "clustering")  # families whose loss does not fall while they learn


def evaluate(
    run: str | Path | Run,
    data: Any,
    test_data: Any = None,
    *,
    protocols: str | Sequence[str] | None = None,
    against: str | Path | Run | None = None,
    at: str | Sequence[str] | None = None,
    fine_tune_from: int = 0,
    tune_labels: str | Sequence[str] | None = None,
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
        against: another encoder, which is measured on the same items and compared item by item: a run, a folder that
            holds an encoder, ours or another's, or a network of timm as "timm:NAME:FILE"; see
            `selftaught.runs.rivals.find_rival`.
        at: layers of the encoder to be probed, too: dotted names of its modules, as in "layer2,layer4", or "all" for
            its stages; "layer3+layer4" is both side by side. See `selftaught.extraction.LayerVectors`.
        fine_tune_from: the layer of the projection head from which "fine_tune" starts: 0 is the encoder, 1 keeps the
            head's first layer with its ReLU, too, and so on.
        tune_labels: the budgets of labels that "supervised" and "fine_tune" train on, as in "1%,10%", of 100, 1%, 10%
            and all; None for all. Each budget but "all" is three trainings and their search for settings.
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
    keep_freed_memory()
    opened = open_run(run, best=best)
    folder = opened.folder
    folder.require(folder.encoder_best if opened.best else folder.encoder, folder.start)
    model, start, chosen = opened.encoder(), opened.start(), resolve_device(device)
    kind = kind_named(model.kind)
    asked, left_out = suited_protocols(protocols, model.encoder, model.preprocessing)
    if fine_tune_from and "fine_tune" not in asked:
        raise UserError("fine_tune_from: expected fine_tune among the protocols")
    budgets = choose_tune_labels(tune_labels, asked)
    layers = _layer_names(at)
    find_layers(model.encoder, single_layers([name for name in layers if name != "all"]))
    crop = getattr(model.preprocessing, "crop_fraction", 1.0)
    other = None if against is None else find_rival(against, crop_fraction=crop)
    if other is not None and other.model.kind != kind.name:
        raise UserError(f"{other.told} learned from {other.model.kind}, and {opened.path} from {kind.name}")
    if test_data is not None and split_by is not None:
        raise UserError("expected data to test on, or a column to split by, got both")
    asks_method = {"energy", "own_task", "keeps"} & set(asked) or fine_tune_from
    methods = rebuilt_methods(opened) if asks_method else None
    heads = heads_of(methods, fine_tune_from)
    given = GivenData(
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
        find_same=kind.find_same,
        split_by=split_by,
        make_views=make_views if training_items(train, make_views) is train else None,  # others ask about pieces
        projections=projections_of(methods),
        heads=heads,
        tune_labels=budgets,
        fresh=None if opened.record.weights is None else rebuild_encoder(start.encoder, seed=seed),
        trend=_trend(opened),
        steps=opened.record.steps,
        stopped=None if opened.best else opened.record.collapse,
        **reading,
    )
    measured = result.as_json()
    measured["notes"] += [*left_out, *projection_note(asked, methods)]
    measured["notes"] += kind.left_out(model.preprocessing, train)
    measured |= {"data": list(dict.fromkeys(found)), "start": start_name, "encoder": "best" if opened.best else "last"}
    measured |= {"confusion": _confusion(result, train)}
    asking = {"device": chosen, "seed": seed, "track": track}
    measured["rules"] |= {"fine_tune_from": fine_tune_from, "tune_labels": list(budgets)}
    asked_about = items_to_ask_about(opened, given, test or train)
    measured |= figures_of_methods(opened, methods, asked_about, asked, asking)
    if "all" in layers:
        stages = running_stages(model.encoder, model.preprocessing, train)
        layers = [*stages, *(name for name in layers if name not in ("all", *stages))]
    depths = measure_depths(
        *(model.encoder, start.encoder, layers, model.preprocessing, train, test, result.rows),
        protocols=asked,
        seed=seed,
        **reading,
    )
    measured |= {"depths": {each.layer: each.as_json() for each in depths}}
    measured |= {"cost": run_cost(opened.record, folder.metrics, measured), "against": None}
    if other is not None:
        measured["against"] = compare_with(
            *(opened, other, result, given, (train, test), reading),
            targets=targets,
            other_run=None if against is None or other.method is None else open_run(against),
            fine_tune_from=fine_tune_from,
            notes=measured["notes"],
        )
    write_answers(folder, result.answers, result.truth, result.deciding)
    write_aside(folder.evaluation, json.dumps(measured, indent=2) + "\n")
    shown = train
    if result.rows is not None:
        shown = (test if result.rows.apart and test is not None else train).take(result.rows.test)
    refresh_report(opened, shown, make_views, device=chosen, track=track)
    return measured


def _trend(opened: Run) -> Trend | None:
    """Whether the loss was still falling when the run ended; None where it does not tell."""
    entry, path = METHODS.get(opened.record.method), opened.folder.metrics
    if not path.is_file() or (entry is not None and entry.family in _MOVING_LOSSES):
        return None
    with path.open(newline="", encoding="utf-8") as file:
        return loss_trend([float(row["loss"]) for row in csv.DictReader(file) if row.get("loss")])


def _confusion(result: Evaluation, train: Source) -> dict[str, Any] | None:
    """Which classes the encoder's probe takes for which, under their names."""
    if result.rows is None or "encoder" not in result.protocols:
        return None
    names: tuple[str, ...] = train.classes or ()
    numbers = map(int, np.unique(result.rows.train_labels))
    told = [names[each] if each < len(names) else f"class {each}" for each in numbers]
    return confusion(result.protocols["encoder"], told)


def _layer_names(at: str | Sequence[str] | None) -> list[str]:
    words = [] if at is None else at.split(",") if isinstance(at, str) else at
    names = list(dict.fromkeys(word.strip() for word in words))
    if "" in names or (at is not None and not names):
        raise UserError(f"at: expected names of layers with commas between, or all, got '{at}'")
    return names
