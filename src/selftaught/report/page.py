"""The page itself: one HTML file that needs no network, and whose script only makes the map answer."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from selftaught.report.beyond import Table, beyond_tables
from selftaught.report.charts import budget_chart, curve_chart, metric_series, spectrum_chart
from selftaught.report.contents import Neighbours, Picture, ReportContents, ViewExample
from selftaught.report.depths import depth_tables
from selftaught.report.figures import UNKNOWN, Row, accuracy_rows, flatten, further_rows, label_budgets, label_free_rows
from selftaught.report.map_data import map_section
from selftaught.report.matrices import confusion_matrix, similarity_matrices
from selftaught.report.pictures import data_uri, wide_addresses
from selftaught.report.watched import NOT_CURVES, watched_section

__all__ = ["write_report", "write_views_page"]

_MOST_WORDS = 240  # characters


def write_report(contents: ReportContents, path: str | os.PathLike[str]) -> Path:
    """Write the report of a run: verdict, figures, curves, views, map, neighbours, facts.

    The page is written aside and then renamed, so that a full disk or a kill leaves the earlier page whole.

    Args:
        contents: what stands on it.
        path: the file, usually `report.html` in the run folder.

    Returns:
        The path of the page.

    Example:
        >>> import tempfile
        >>> from selftaught.report import ReportContents, write_report
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = write_report(ReportContents(title="SimCLR on photos"), f"{folder}/report.html")
        ...     "not evaluated yet" in page.read_text(encoding="utf-8")
        True
    """
    path = Path(path)
    evaluation = contents.evaluation
    unlabelled = evaluation is None and contents.map is not None and contents.map.labels is None
    return _write(
        path,
        contents,
        run_folder=str(path.parent),
        needs_labels=unlabelled,
        accuracy=None if evaluation is None else _accuracy(evaluation, contents.start_name),
        label_free=[] if evaluation is None else label_free_rows(evaluation, contents.start_name),
        further={"rows": []} if evaluation is None else further_rows(evaluation, contents.start_name),
        beyond=[] if evaluation is None else _tables(evaluation, contents.start_name),
        curves=_curves(contents.metrics),
        watched=watched_section(contents),
        map=None if contents.map is None else map_section(contents.map),
        neighbours=None if contents.neighbours is None else _neighbours(contents.neighbours),
        confusion=None if evaluation is None else confusion_matrix(evaluation),
        similarities=similarity_matrices(contents.similarities),
        spectrum=_spectrum(contents),
        estimates={},
    )


def write_views_page(
    path: str | os.PathLike[str],
    *,
    title: str,
    views: Sequence[ViewExample],
    estimates: Mapping[str, str],
    settings: Mapping[str, Any],
    view_lead: str = "",
    view_notes: Sequence[str] = (),
    notes: Sequence[str] = (),
    skipped: Sequence[tuple[str, str]] = (),
    command: str = "",
) -> Path:
    """Write what a dry run finds: sample views, estimates of time and memory, every resolved setting.

    Args:
        path: the file.
        title: what would be trained on what.
        views: items beside the views that the method would be given.
        view_lead: what one sees there.
        estimates: "time", "memory" and the like, as text with units.
        settings: what run.json would hold.
        view_notes: sentences on the views.
        notes: further sentences.
        skipped: each image that could not be read, and why.
        command: the command that would train.

    Returns:
        The path of the page.

    Example:
        >>> import tempfile
        >>> from selftaught.report import write_views_page
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = write_views_page(
        ...         f"{folder}/views.html", title="SimCLR", views=[], estimates={"time": "3 minutes"}, settings={}
        ...     )
        ...     "Nothing was trained" in page.read_text(encoding="utf-8")
        True
    """
    contents = ReportContents(
        title=title,
        verdict="Nothing was trained: this is what the run would see and take.",
        views=views,
        view_lead=view_lead,
        view_notes=view_notes,
        notes=notes,
        skipped=skipped,
        facts=settings,
        command=command,
    )
    return _write(
        Path(path),
        contents,
        run_folder="",
        needs_labels=False,
        accuracy=None,
        label_free=[],
        further={"rows": []},
        beyond=[],
        curves=None,
        watched=None,
        map=None,
        neighbours=None,
        confusion=None,
        similarities=[],
        spectrum=None,
        estimates=estimates,
    )


def _write(path: Path, contents: ReportContents, **sections: Any) -> Path:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("selftaught", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html").render(
        contents=contents,
        many=contents.nouns[1],
        views=[{caption: _shown(view) for caption, view in each.shown.items()} for each in contents.views],
        made=wide_addresses(contents.made),
        through_training=wide_addresses(contents.through_training),
        channels=_channels(contents.views),
        against=((contents.evaluation or {}).get("against") or {}).get("sentence"),
        energy=(contents.evaluation or {}).get("energy"),
        own_task=(contents.evaluation or {}).get("own_task"),
        tables=flatten(contents.facts),
        **sections,
    )
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(page, encoding="utf-8", errors="backslashreplace")  # file names may hold any byte
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def _channels(views: Sequence[ViewExample]) -> int:
    """Of the pictures among them; 0 where there are none."""
    pictures = [each for example in views for each in example.shown.values() if not isinstance(each, str)]
    return pictures[0].shape[2] if pictures else 0


def _shown(picture: Picture | str) -> dict[str, Any]:
    if isinstance(picture, str):
        return {"words": picture if len(picture) <= _MOST_WORDS else picture[:_MOST_WORDS].rstrip() + " …"}
    return {"uri": data_uri(picture), "small": max(picture.shape[:2]) <= 64}


def _tables(evaluation: Mapping[str, Any], start_name: str) -> list[Table]:
    return depth_tables(evaluation, start_name) + beyond_tables(evaluation, start_name)


def _accuracy(evaluation: Mapping[str, Any], start_name: str) -> dict[str, Any] | None:
    budgets, rows = label_budgets(evaluation), accuracy_rows(evaluation, start_name)
    if not rows:
        return None
    told = "; ".join(
        f"{row.name}: "
        + ", ".join(f"{each} % with {budget.title}" for each, budget in zip(row.linear, budgets, strict=True))
        for row in rows
    )
    return {
        "budgets": budgets,
        "rows": rows,
        "spread": [any(row.linear[place].spread for row in rows) for place in range(len(budgets))],
        "gain": _gain(rows),
        "kept_out": evaluation.get("items", {}).get("test"),
        "chart": budget_chart(budgets, rows) if len(budgets) > 1 else "",
        "chart_told": f"Linear accuracy by number of labels. {told}.",
    }


def _gain(rows: Sequence[Row]) -> dict[str, Any] | None:
    """What this encoder has over the first control, in points, as the table shows it."""
    if len(rows) < 2:
        return None
    ours, control = (row.figures for row in rows[:2])
    points = [
        UNKNOWN
        if a.mean is None or b.mean is None
        else f"{100 * (a.mean - b.mean):+.1f}".replace("-", "\N{MINUS SIGN}")
        for a, b in zip(ours, control, strict=True)
    ]
    return {"over": rows[1].name.lower(), "points": points}


def _curves(metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if not metrics:
        return None
    series = metric_series(metrics)
    steps, loss = series["step"], series.get("loss")
    told = ""
    if loss is not None:
        known = np.flatnonzero(np.isfinite(loss))
        first, last = known[0], known[-1]
        told = (
            f"Loss from {loss[first]:.4g} at step {steps[first]:,.10g} to {loss[last]:.4g} at step {steps[last]:,.10g}"
        )
    others = {name: column for name, column in series.items() if name not in NOT_CURVES}
    return {
        "loss": "" if loss is None else curve_chart(steps, loss, name="loss", large=True),
        "told": told,
        "others": [
            {"name": name, "chart": curve_chart(steps, column, name=f"curve-{place}")}
            for place, (name, column) in enumerate(others.items())
        ],
    }


def _spectrum(contents: ReportContents) -> dict[str, str] | None:
    if not any(each.sum() > 0 for each in contents.spectra.values()):
        return None
    half = {name: int(np.searchsorted(np.cumsum(each), each.sum() / 2)) + 1 for name, each in contents.spectra.items()}
    told = "; ".join(f"{name}: half of the variance in {count} of them" for name, count in half.items())
    return {"chart": spectrum_chart(contents.spectra), "told": f"Variance by principal direction. {told}."}


def _neighbours(neighbours: Neighbours) -> list[dict[str, Any]]:
    labels, classes = neighbours.labels, neighbours.classes

    def item(row: int) -> dict[str, Any]:
        number = None if labels is None else int(labels[row])
        name = "" if number is None else classes[number] if 0 <= number < len(classes) else f"class {number}"
        return {**_shown(neighbours.pictures[row]), "row": row, "label": name}

    in_words = any(isinstance(each, str) for each in neighbours.pictures.values())
    few = not in_words and all(rows.shape[1] <= 4 for rows in neighbours.found.values())  # two encoders side by side
    shown: list[dict[str, Any]] = []
    for place, row in enumerate(neighbours.queries.tolist()):
        query = item(row)
        found = {name: [item(other) for other in rows[place].tolist()] for name, rows in neighbours.found.items()}
        alike = {name: sum(each["label"] == query["label"] for each in items) for name, items in found.items()}
        shown.append({"query": query, "found": found, "alike": alike if labels is not None else {}, "halves": few})
    return shown
