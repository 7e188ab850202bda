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

from selftaught.core import MultiCrop, MultiView, Preparation, Source, Track, silent
from selftaught.data import ImageSource
from selftaught.extraction import extract_each
from selftaught.methods import METHODS
from selftaught.report import (
    EmbeddingMap,
    Neighbours,
    Picture,
    ReportContents,
    ViewExample,
    choose_queries,
    nearest_neighbours,
    project,
    to_pictures,
    write_report,
)
from selftaught.runs.kinds import Kind, kind_named
from selftaught.runs.kinds.images import ImageKind
from selftaught.runs.opening import Run
from selftaught.views import Draws

__all__ = ["refresh_report", "sample_views"]

_EXAMPLES, _MAPPED, _QUERIES, _NEIGHBOURS, _BESIDE = 6, 2000, 8, 8, 4


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
    entry = METHODS.get(record.method)
    evaluation = _read_json(folder.evaluation)
    contents = ReportContents(
        title=f"{entry.class_name if entry else record.method} on {record.data.given or 'data in memory'}",
        evaluation=evaluation,
        notes=[] if evaluation is None else evaluation["notes"],
        metrics=_read_rows(folder.metrics),
        looks=_read_rows(folder.watch),
        watched=record.watched,
        views=[] if make_views is None else sample_views(chosen, make_views, model.preprocessing, record.seed),
        made=_made(folder.pictures),
        view_notes=record.views["left_out"],
        map=EmbeddingMap(
            positions=project(vectors["This encoder"], record.seed).astype(np.float64),
            labels=chosen.labels,
            classes=chosen.classes or (),
            pictures=_pictures(kind.show(chosen, np.arange(len(chosen)))) if isinstance(chosen, ImageSource) else [],
        ),
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


def sample_views(
    source: Any, make_views: Any, preprocessing: Preparation, seed: int, count: int = _EXAMPLES
) -> list[ViewExample]:
    """A few images beside the views that a method would be given of them.

    Args:
        source: the images.
        make_views: the view maker.
        preprocessing: says how views were normalised.
        seed: of the views.
        count: how many images.

    Example:
        >>> import numpy as np
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.reporting import sample_views
        >>> from selftaught.data import open_images
        >>> from selftaught.views import TwoViews
        >>> images = open_images(np.zeros((4, 12, 12), np.uint8)).train
        >>> preprocessing = Preprocessing(12, 1, (0.5,), (0.5,))
        >>> len(sample_views(images, TwoViews(image_size=12, channels=1), preprocessing, seed=0))
        4
    """
    if not isinstance(source, ImageSource):
        return []  # what the views of other data look like is not drawn yet
    rows = choose_queries(len(source), min(count, len(source)), seed=seed)
    made = make_views(source.batch(rows), index=torch.from_numpy(rows), draws=Draws.at(seed, "sample", batch=len(rows)))
    if not isinstance(made, MultiView | MultiCrop):
        return []
    seen: Any = preprocessing
    shown = [to_pictures(view, mean=seen.mean, standard_deviation=seen.standard_deviation) for view in made.views]
    originals = _pictures(ImageKind().show(source, rows))
    return [ViewExample(original, [view[place] for view in shown]) for place, original in enumerate(originals)]


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


def _pictures(shown: Sequence[np.ndarray | str]) -> list[Picture]:
    return [each for each in shown if not isinstance(each, str)]


def _made(folder: Path) -> dict[str, Picture]:
    """What the method made when training ended, by name: one picture each."""
    from PIL import Image

    files = sorted(folder.glob("*.png")) if folder.is_dir() else []
    pictures = {file.stem.partition("-")[2].replace("-", " "): np.asarray(Image.open(file)) for file in files}
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
