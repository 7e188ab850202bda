"""How well figures go along with an accuracy over many runs, with intervals, and a drawing of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

__all__ = ["FEWEST", "correlations", "draw"]

FEWEST = 4  # runs of which a correlation is told
RESAMPLES, LEVEL = 2_000, 0.95
# Okabe and Ito's colours, told apart by colour-blind people, too; each method has a marker of its own beside.
STYLES = [
    ("#0072B2", "o"),
    ("#D55E00", "s"),
    ("#009E73", "^"),
    ("#CC79A7", "D"),
    ("#E69F00", "v"),
    ("#56B4E9", "P"),
    ("#000000", "X"),
]


def correlations(
    figure: Sequence[float | None], accuracy: Sequence[float], groups: Sequence[str], *, seed: int = 0
) -> dict[str, Any]:
    """Spearman's and Pearson's coefficient, over all runs, within groups, and of each group.

    Within groups means that ranks (or values) are taken in each group and centred there, and then pooled: what is left
    is how well the figure orders the settings of one method. The intervals are percentiles over resampled runs; those
    within groups resample in each group.

    Args:
        figure: of each run; None where it could not be told: that run does not count.
        accuracy: of the same runs.
        groups: the method of each run.
        seed: of the resamples.
    """
    known = [place for place, value in enumerate(figure) if value is not None and np.isfinite(value)]
    x = np.array([figure[place] for place in known], dtype=float)
    y = np.array([accuracy[place] for place in known], dtype=float)
    names = np.array([groups[place] for place in known])
    inside = np.isin(names, [name for name in set(names) if (names == name).sum() >= FEWEST])
    generator = np.random.default_rng(seed)
    each = {name: names == name for name in dict.fromkeys(names.tolist())}
    return {
        "runs": len(known),
        "overall": _both(x, y, np.zeros(len(x)), generator),
        "within_methods": _both(x[inside], y[inside], names[inside], generator),
        "methods": {name: _both(x[some], y[some], np.zeros(some.sum()), generator) for name, some in each.items()},
    }


def _both(x: np.ndarray, y: np.ndarray, groups: np.ndarray, generator: np.random.Generator) -> dict[str, Any] | None:
    if len(x) < FEWEST:
        return None
    rows = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    resampled = [np.concatenate([generator.choice(some, len(some)) for some in rows]) for _ in range(RESAMPLES)]
    found: dict[str, Any] = {"runs": len(x)}
    for name, prepare in (("spearman", stats.rankdata), ("pearson", np.asarray)):
        drawn = [_centred_correlation(x[some], y[some], groups[some], prepare) for some in resampled]
        value = _centred_correlation(x, y, groups, prepare)
        low, high = (
            np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if np.isfinite(drawn).any() else (None,) * 2
        )
        told = None if np.isnan(value) else {"value": value, "interval": [float(low), float(high)]}
        found[name] = told
    return found


def _centred_correlation(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, prepare: Callable[[np.ndarray], np.ndarray]
) -> float:
    """Of values or ranks from which each group's mean is taken; not a number where one of them never varies."""
    left, right = np.empty(len(x)), np.empty(len(y))
    for name in np.unique(groups):
        some = groups == name
        for values, out in ((x, left), (y, right)):
            prepared = np.asarray(prepare(values[some]), dtype=float)
            out[some] = prepared - prepared.mean()
    scale = np.sqrt((left**2).sum() * (right**2).sum())
    return float((left * right).sum() / scale) if scale > 0 else float("nan")


def draw(
    panels: Mapping[str, tuple[str, Sequence[float | None]]],
    accuracy: Sequence[float],
    groups: Sequence[str],
    found: Mapping[str, Mapping[str, Any]],
    path: Path,
) -> None:
    """One small drawing a figure: its value against the accuracy of every run, and Spearman's coefficients above.

    Args:
        panels: by figure, what it is called and its value in each run.
        accuracy: of each run, in [0, 1].
        groups: the method of each run.
        found: what `correlations` gave, by figure.
        path: of the SVG.
    """
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"svg.hashsalt": "selftaught", "svg.fonttype": "path", "font.size": 8})
    columns = 4
    lines = -(-(len(panels) + 1) // columns)  # the last place is the legend's
    figure, axes = plt.subplots(lines, columns, figsize=(10, 2.3 * lines), layout="constrained")
    flat = list(axes.flat)
    methods = list(dict.fromkeys(groups))
    for axis, (name, (title, values)) in zip(flat, panels.items(), strict=False):
        for method, (colour, marker) in zip(methods, STYLES, strict=False):
            some = [place for place, group in enumerate(groups) if group == method and values[place] is not None]
            axis.scatter(
                [values[place] for place in some],
                [100 * accuracy[place] for place in some],
                s=22,
                c=colour,
                marker=marker,
                label=method,
                linewidths=0,
                alpha=0.85,
            )
        axis.set_title(
            f"{title}\nSpearman {_told(found[name]['overall'])}, within methods {_told(found[name]['within_methods'])}",
            fontsize=7,
        )
        axis.grid(visible=True, linewidth=0.3)
    for axis in flat[::columns]:
        axis.set_ylabel("linear accuracy, %")
    for axis in flat[len(panels) :]:
        axis.axis("off")
    flat[len(panels)].legend(*flat[0].get_legend_handles_labels(), loc="center", title="method", frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None}, facecolor="white")
    plt.close(figure)


def _told(found: Mapping[str, Any] | None) -> str:
    return "-" if found is None or found["spearman"] is None else f"{found['spearman']['value']:+.2f}"
