"""The page of a comparison: which differences are real, the leaderboard, and the way to the page of each run."""

import itertools
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from selftaught.report.charts import interval_chart
from selftaught.report.figures import UNKNOWN, flatten

__all__ = ["figure_text", "write_comparison"]

_SHADES = (6.0, 55.0)  # per cent of the series' colour in the lowest and in the highest cell of a heat map
_MOST_FACETS = 12


def write_comparison(board: Mapping[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write the page of a comparison or an ablation; it loads nothing, and its links lead to the pages of the runs.

    Args:
        board: what `leaderboard.json` holds.
        path: the file, beside the folders of the runs.

    Returns:
        The path of the page.

    Example:
        >>> import tempfile
        >>> from selftaught.report import write_comparison
        >>> knn = {"kNN accuracy": {"mean": 0.8, "interval": None, "values": [0.8]}}
        >>> row = {"name": "simclr", "role": "method", "runs": [], "figures": knn, "varied": {}, "settings": {}}
        >>> row |= {"method": "simclr", "recipe": None, "encoder": "small_resnet"}
        >>> board = {"kind": "comparison", "headline": "One method", "sentences": [], "notes": [], "rule": ""}
        >>> column = {"figure": "kNN accuracy", "title": "kNN", "unit": "share"}
        >>> board |= {"pairs": [], "columns": [column], "rows": [row]}
        >>> board |= {"decided_by": ["kNN accuracy"], "missing": [], "varied": {}, "items": {"test": 9}, "found": ""}
        >>> board |= {"study": {"seeds": 1, "data": "photos", "contenders": []}, "machine": {}, "command": []}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     "One method" in write_comparison(board, f"{folder}/report.html").read_text(encoding="utf-8")
        True
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    path = Path(path)
    environment = Environment(
        loader=PackageLoader("selftaught", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("comparison.html").render(
        board=board,
        title=_title(board),
        noun="method" if board["kind"] == "comparison" else "setting",
        sorted_by=board["decided_by"][0] if board["decided_by"] else None,
        rows=[_row(row, board["columns"]) for row in board["rows"]],
        charts=[_chart(figure, board) for figure in board["decided_by"]],
        heat_maps=[each for figure in _shaded(board) for each in _heat_maps(figure, board)],
        pairs=[_pair(pair) for pair in board["pairs"]],
        settings={
            row["name"]: flatten({"method": row["method"], "recipe": row["recipe"], **row["settings"]})
            for row in board["rows"]
            if row["role"] != "control"
        },
        command=shlex.join(board["command"]),
    )
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(page, encoding="utf-8", errors="backslashreplace")
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def figure_text(value: float | None, unit: str) -> str:
    """A figure as people read it.

    Args:
        value: the figure; None is not known.
        unit: share (as per cent), number, count or bytes.

    Example:
        >>> from selftaught.report.comparison import figure_text
        >>> figure_text(0.8125, "share"), figure_text(41.26, "number"), figure_text(60000.0, "count")
        ('81.2', '41.3', '60,000')
    """
    if value is None:
        return UNKNOWN
    match unit:
        case "share":
            return f"{100 * value:.1f}"
        case "bytes":
            return f"{value / 1e9:.1f} GB"
        case "count":
            return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
        case _:
            return f"{value:.3g}"


def _title(board: Mapping[str, Any]) -> str:
    contenders = board["study"]["contenders"]
    methods = list(dict.fromkeys(each["method"] for each in contenders))
    what = "methods" if board["kind"] == "comparison" else f"settings of {methods[0]}"
    seeds = board["study"]["seeds"]
    return f"{len(contenders)} {what} on {board['study']['data']}, {seeds} seed{'s' * (seeds != 1)} each"


def _row(row: Mapping[str, Any], columns: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    cells: list[dict[str, Any]] = []
    for column in columns:
        figure = row["figures"].get(column["figure"])
        value, interval = (None, None) if figure is None else (figure["mean"], figure["interval"])
        ends = "" if interval is None else " to ".join(figure_text(end, column["unit"]) for end in interval)
        cells.append({"value": value, "text": figure_text(value, column["unit"]), "interval": ends})
    return {"name": row["name"], "control": row["role"] == "control", "runs": row["runs"], "cells": cells}


def _chart(figure: str, board: Mapping[str, Any]) -> dict[str, str]:
    known = [(row["name"], row["figures"][figure]) for row in board["rows"] if figure in row["figures"]]
    known.sort(key=lambda each: -each[1]["mean"])
    controls = [row["name"] for row in board["rows"] if row["role"] == "control"]
    shown = [(name, each["mean"], tuple(each["interval"]) if each["interval"] else None) for name, each in known]
    told = "; ".join(
        f"{name} {100 * mean:.1f}" + (f" ({100 * ends[0]:.1f} to {100 * ends[1]:.1f})" if ends else "")
        for name, mean, ends in shown
    )
    chart = interval_chart(shown, controls, name=f"interval-{board['decided_by'].index(figure)}")
    return {"figure": figure, "chart": chart, "told": f"{figure}, per cent: {told}"}


def _shaded(board: Mapping[str, Any]) -> list[str]:
    """The figures that heat maps are made of."""
    return board["decided_by"] or [column["figure"] for column in board["columns"][:1]]


def _heat_maps(figure: str, board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One heat map for each combination of what is varied beyond two options."""
    names = list(board["varied"])
    if not names:
        return []
    found = {
        tuple(row["varied"].values()): row["figures"][figure]["mean"]
        for row in board["rows"]
        if row["role"] != "control" and figure in row["figures"]
    }
    if not found:
        return []
    unit = next(column["unit"] for column in board["columns"] if column["figure"] == figure)
    down, across, *others = names if len(names) > 1 else ["", *names]
    lowest, highest = min(found.values()), max(found.values())

    def cell(key: tuple[str, ...]) -> dict[str, Any]:
        value = found.get(key)
        share = 0.0 if value is None or highest == lowest else (value - lowest) / (highest - lowest)
        shade = None if value is None else _SHADES[0] + share * (_SHADES[1] - _SHADES[0])
        return {"text": figure_text(value, unit), "shade": shade, "best": value == highest}

    maps: list[dict[str, Any]] = []
    for rest in itertools.islice(itertools.product(*(board["varied"][name] for name in others)), _MOST_FACETS):
        where = ", ".join(f"{name} {value}" for name, value in zip(others, rest, strict=True))
        lines = [((value,), value) for value in board["varied"][down]] if down else [((), "")]
        columns = board["varied"][across]
        maps.append(
            {
                "title": figure + (f", {where}" if where else ""),
                "down": down,
                "across": across,
                "columns": columns,
                "lines": [(text, [cell((*key, value, *rest)) for value in columns]) for key, text in lines],
            }
        )
    return maps


def _pair(pair: Mapping[str, Any]) -> dict[str, str]:
    low, high = (UNKNOWN if end is None else f"{100 * end:+.1f}" for end in pair["interval"])
    return {
        "names": f"{pair['first']} against {pair['second']}",
        "figure": pair["figure"],
        "difference": f"{100 * pair['difference']:+.1f}",
        "interval": f"{low} to {high}",
        "corrected": "< 0.001" if pair["corrected"] < 0.001 else f"{pair['corrected']:.3f}",
        "real": "yes" if pair["real"] else "no",
    }
