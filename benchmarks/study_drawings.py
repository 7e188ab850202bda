"""Drawings of small studies: bars for a list of settings, shades for a grid."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["draw_bars", "draw_grid", "draw_sides"]

COLOURS = ("#0072B2", "#E69F00")  # of Okabe and Ito


def _plots() -> Any:
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"svg.hashsalt": "selftaught", "svg.fonttype": "path", "font.size": 8})
    return plt


def draw_bars(
    rows: Mapping[str, Mapping[str, float]],
    figures: Sequence[str],
    intervals: Mapping[str, Sequence[float] | None],
    path: Path,
) -> None:
    """A dot for each setting and figure, the last row apart as what all are to be compared with.

    Args:
        rows: by setting, its figures in [0, 1].
        figures: which to draw, the first with its interval.
        intervals: by setting, the ends of the first figure's.
        path: of the SVG.
    """
    plt = _plots()
    names = list(rows)
    figure, axes = plt.subplots(
        1, len(figures), figsize=(7.5, 0.6 + 0.24 * len(names)), sharey=True, layout="constrained"
    )
    places = np.arange(len(names))
    for axis, title, colour in zip(np.atleast_1d(axes), figures, COLOURS, strict=False):
        values = [100 * rows[name][title] for name in names]
        if title == figures[0]:
            for place, name in zip(places, names, strict=True):
                if ends := intervals.get(name):
                    axis.plot([100 * end for end in ends], [place, place], color=colour, linewidth=1.2, alpha=0.6)
        axis.scatter(values, places, color=colour, s=18, zorder=3)
        axis.axvline(values[-1], color="#666666", linewidth=0.8, linestyle="--")
        axis.set_title(f"{title}, %", fontsize=8)
        axis.grid(visible=True, axis="x", linewidth=0.3)
        axis.set_yticks(places, names)
    np.atleast_1d(axes)[0].invert_yaxis()
    _save(figure, path, plt)


def draw_grid(names: Sequence[str], cells: Mapping[tuple[str, str], float], title: str, path: Path) -> None:
    """A shaded cell for each pair, each written out; one of the two triangles is drawn.

    Args:
        names: of rows and columns.
        cells: by pair, in [0, 1].
        title: what they are.
        path: of the SVG.
    """
    plt = _plots()
    table = np.full((len(names), len(names)), np.nan)
    for (first, second), value in cells.items():
        table[names.index(second), names.index(first)] = 100 * value
    figure, axis = plt.subplots(figsize=(4.6, 4.0), layout="constrained")
    shown = axis.imshow(table, cmap="cividis")
    middle = (np.nanmin(table) + np.nanmax(table)) / 2
    for row, column in zip(*np.nonzero(np.isfinite(table)), strict=True):
        value = table[row, column]
        axis.text(column, row, f"{value:.1f}", ha="center", va="center", color="white" if value < middle else "black")
    axis.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axis.set_yticks(range(len(names)), names)
    figure.colorbar(shown, label=title)
    _save(figure, path, plt)


def draw_sides(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """For each change the accuracy from the encoder and from the projection; hollow where no view was changed so.

    Args:
        rows: as `what_is_kept.py` sums them up.
        path: of the SVG.
    """
    plt = _plots()
    figure, axis = plt.subplots(figsize=(6, 0.8 + 0.5 * len(rows)), layout="constrained")
    for place, row in enumerate(rows):
        axis.plot([100 * row["chance"]] * 2, [place - 0.35, place + 0.35], color="#666666", linewidth=0.8)
        for title, filled in (("among_the_views", True), ("not_among_them", False)):
            for side, colour, shift in zip(("encoder", "projection"), COLOURS, (-0.15, 0.15), strict=True):
                if title in row:
                    score = row[title][side]
                    label = f"{side}, change {'among the views' if filled else 'in no view'}" if place == 0 else None
                    axis.errorbar(
                        *(100 * score["mean"], place + shift, None, 100 * (score["std"] or 0.0)),
                        **{"fmt": "o", "color": colour, "markerfacecolor": colour if filled else "white"},
                        **{"markersize": 5, "capsize": 2, "label": label},
                    )
    axis.set_yticks(range(len(rows)), [row["change"] for row in rows])
    axis.invert_yaxis()
    axis.set_xlabel("told apart by a linear probe, % (grey line: chance)")
    axis.grid(visible=True, axis="x", linewidth=0.3)
    axis.legend(fontsize=7, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
    _save(figure, path, plt)


def _save(figure: Any, path: Path, plt: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None}, facecolor="white")
    plt.close(figure)
