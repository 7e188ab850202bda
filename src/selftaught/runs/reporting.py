"""The page of a run: what its folder holds, and a look at some of its items."""

import csv
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from selftaught.core import Encoder, Source, Track, silent
from selftaught.evaluation.spectra import variances
from selftaught.extraction import extract_each
from selftaught.methods import METHODS
from selftaught.report import (
    Neighbours,
    Picture,
    ReportContents,
    choose_queries,
    nearest_neighbours,
    write_report,
)
from selftaught.runs.asking_methods import projections_of, rebuilt_methods
from selftaught.runs.comparing_views import view_similarities
from selftaught.runs.drawing import DrawnViews, sample_views
from selftaught.runs.folder import RunFolder
from selftaught.runs.kinds import Kind, kind_named
from selftaught.runs.mapping import map_of
from selftaught.runs.opening import Run
from selftaught.runs.planning import training_items
from selftaught.runs.sample_strip import read_strip

__all__ = ["refresh_report"]

_MAPPED, _QUERIES, _NEIGHBOURS, _BESIDE = 2000, 8, 8, 4


def refresh_report(run: Run, source: Source, make_views: Any, *, device: torch.device, track: Track = silent) -> Path:
    """Write `report.html` from what the run folder holds and from a look at some items.

    Args:
        run: what the page is about.
        source: the items that map and neighbours are made of.
        make_views: the run's view maker; None shows no views.
        device: where the encoder looks at them.
        track: who watches.

    Returns:
        The page.

    Example:
        >>> import torch
        >>> from selftaught.runs.reporting import refresh_report
        >>> from selftaught.data import open_images
        >>> from selftaught.runs.opening import open_run
        >>> images = open_images("fashion-mnist-10k").test
        >>> refresh_report(open_run("runs/none"), images, None, device=torch.device("cpu"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    folder, record = run.folder, run.record
    rows = np.sort(np.random.default_rng(record.seed).permutation(len(source))[:_MAPPED])
    model, start = run.encoder(), run.start()
    kind, networks = kind_named(model.kind), [model.encoder, start.encoder]
    chosen = source.take(rows)
    read = extract_each(networks, model.preprocessing, chosen, device=device, track=track)
    start_name = "Random start" if record.weights is None else "Before training"
    vectors: dict[str, np.ndarray] = dict(
        zip(["This encoder", start_name], (each.numpy() for each in read), strict=True)
    )
    heads = {name: head for name, head in projections_of(rebuilt_methods(run)).items() if _takes(head, model.encoder)}
    entry = METHODS.get(record.method)
    evaluation = _read_json(folder.evaluation)
    drawn = DrawnViews()
    if make_views is not None:
        drawn = sample_views(training_items(chosen, make_views), make_views, model.preprocessing, record.seed)
    contents = ReportContents(
        title=f"{entry.class_name if entry else record.method} on {record.data.given or 'data in memory'}",
        evaluation=evaluation,
        notes=[] if evaluation is None else evaluation["notes"],
        metrics=_read_rows(folder.metrics),
        looks=_read_rows(folder.watch),
        watched=record.watched,
        views=drawn.examples(),
        view_lead=drawn.lead,
        made=_made(folder),
        through_training={f"{step:,}": each for step, each in read_strip(folder.strip).items()},
        view_notes=record.views["left_out"],
        map=map_of(kind, chosen, vectors["This encoder"], head=heads.get("encoder"), seed=record.seed),
        similarities=_similarities(networks, heads, start_name, chosen, make_views, record.seed),
        spectra={name: variances(torch.from_numpy(each)).numpy() for name, each in vectors.items()},
        neighbours=_neighbours(chosen, kind, vectors, record.seed),
        summary=_summary(run),
        facts=asdict(record),
        skipped=[(next(iter(row.values())), row["reason"]) for row in _read_rows(folder.skipped)],
        start_name=start_name,
        nouns=source.nouns,
        raw_input=kind.raw_words,
        command=shlex.join(record.command),
        paper=(entry.paper, entry.url) if entry else None,
    )
    return write_report(contents, folder.report)


def _takes(head: nn.Module, encoder: Encoder) -> bool:
    """Whether the head takes the encoder's vector, and not several of them or a part."""
    first = next((part for part in head.modules() if isinstance(part, nn.Linear)), None)
    return first is not None and first.in_features == encoder.width


def _similarities(
    networks: Sequence[nn.Module],
    heads: Mapping[str, nn.Module],
    start_name: str,
    source: Source,
    make_views: Any,
    seed: int,
) -> dict[str, np.ndarray]:
    if make_views is None or training_items(source, make_views) is not source:
        return {}
    keys = {"encoder": "This encoder", "random_start": start_name}
    encoders = dict(zip(keys.values(), networks, strict=True))
    named = {keys[key]: head for key, head in heads.items()}
    return view_similarities(encoders, named, source, make_views, seed=seed)


def _neighbours(source: Source, kind: Kind, vectors: Mapping[str, Any], seed: int) -> Neighbours | None:
    beside = min(_BESIDE, len(source) - 1)
    if beside < 1:
        return None
    queries = choose_queries(len(source), min(_QUERIES, len(source)), labels=source.labels, seed=seed)
    found = {name: nearest_neighbours(each, queries, beside) for name, each in vectors.items()}
    rows = np.unique(np.concatenate([queries, *(each.ravel() for each in found.values())]))
    return Neighbours(
        queries=queries,
        found=found,
        pictures=dict(zip(rows.tolist(), kind.show(source, rows), strict=True)),
        labels=source.labels,
        classes=source.classes or (),
    )


def _made(folder: RunFolder) -> dict[str, Picture]:
    """What the method made when training ended and what was drawn since, by name: one picture each."""
    from PIL import Image

    files = sorted(folder.pictures.glob("*.png")) if folder.pictures.is_dir() else []
    named = {file.stem.partition("-")[2].replace("-", " "): file for file in files}
    named |= {"samples drawn since": folder.samples} if folder.samples.is_file() else {}
    pictures = {name: np.asarray(Image.open(file)) for name, file in named.items()}
    return {name: picture if picture.ndim == 3 else picture[..., None] for name, picture in pictures.items()}


def _summary(run: Run) -> dict[str, str]:
    record = run.record
    return {
        "data": record.data.found,
        "encoder": f"{record.encoder['name']}, {record.encoder['parameters']:,} weights",
        "start": record.weights or "random",
        "steps": f"{record.steps:,}",
        "training took": f"{record.seconds:,.0f} s",
        "machine": f"{record.machine.get('processor')}, {record.machine.get('device')}",
    }


def _read_json(path: Path) -> Mapping[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _read_rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
