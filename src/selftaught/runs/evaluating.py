"""`evaluate`: how good a run's encoder is, beside the same encoder before training and the raw input."""

import json
from pathlib import Path
from typing import Any

import torch

from selftaught.core import Source, Track, UserError, silent
from selftaught.data import Splits, check_kind
from selftaught.evaluation import energy_areas, evaluate_encoder
from selftaught.methods import METHODS
from selftaught.runs.folder import write_aside
from selftaught.runs.kinds import kind_named
from selftaught.runs.opening import Run, open_run
from selftaught.runs.planning import training_items
from selftaught.runs.rebuilding import has_own_views, methods_of, views_of
from selftaught.runs.reporting import refresh_report
from selftaught.training import resolve_device, resolve_precision

__all__ = ["evaluate"]


def evaluate(
    run: str | Path | Run,
    data: Any,
    test_data: Any = None,
    *,
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
        label: the column of the labels; None for the usual one.
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
    opened = open_run(run, best=best)
    folder = opened.folder
    folder.require(folder.encoder_best if opened.best else folder.encoder, folder.start)
    model, start, chosen = opened.encoder(), opened.start(), resolve_device(device)
    kind = kind_named(model.kind)

    def read(given: Any) -> Splits[Any]:
        check_kind(given, kind.name, opened.record.method)
        options = {"text_column": text_column, "encoding": encoding}
        seen = kind.with_reading(kind.as_seen(model.preprocessing, strict=strict), options)
        return kind.open(given, seen, label=label, labelled=True, track=track)

    splits = read(data)
    train, test, found = splits.train, splits.test, [splits.found]
    if test_data is not None:
        if split_by is not None:
            raise UserError("expected data to test on, or a column to split by, got both")
        others = read(test_data)
        test = others.test or others.train
        found.append(others.found)
    if split_by is not None:
        test = None
    start_name = "random start" if opened.record.weights is None else "the encoder before training"
    result = evaluate_encoder(
        model.encoder,
        start.encoder,
        model.preprocessing,
        train,
        test,
        device=chosen,
        precision=resolve_precision("auto", chosen),
        seed=seed,
        start_name=start_name,
        raw_input=kind.raw_input(model.preprocessing, train),
        split_by=split_by,
        track=track,
    )
    measured = result.as_json()
    measured["notes"] += kind.left_out(model.preprocessing, train)
    measured |= {"data": found, "start": start_name, "encoder": "best" if opened.best else "last"}
    measured |= {"energy": _energies(opened, test or train, chosen, seed, track)}
    write_aside(folder.evaluation, json.dumps(measured, indent=2) + "\n")
    shown = train
    if result.rows is not None:
        shown = (test if result.rows.apart and test is not None else train).take(result.rows.test)
    refresh_report(opened, shown, views_of(opened.record, model.preprocessing), device=chosen, track=track)
    return measured


def _energies(
    opened: Run, source: Source, device: torch.device, seed: int, track: Track
) -> dict[str, dict[str, float]] | None:
    """The areas before and after training; None where the method cannot be rebuilt from its folder alone.

    Nor can the method be rebuilt around an encoder that is not that of the end.
    """
    record, folder = opened.record, opened.folder
    if opened.best or record.method not in METHODS or has_own_views(record) or not folder.checkpoint.is_file():
        return None
    methods = methods_of(opened)
    make_views = views_of(record, opened.encoder().preprocessing)
    items = training_items(source, make_views)
    if methods is None or len(items) < 2:
        return None
    return {
        name: energy_areas(method, make_views, items, device=device, seed=seed, track=track)
        for name, method in methods.items()
    }
