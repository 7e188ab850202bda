"""Charts as SVG that stands inside the page and takes its colours from it.

Each colour below is a stand-in which the page's style sheet defines for light and for dark, so that one drawing reads
in both. Words stay text, in the page's own font.
"""

import io
import re
import threading
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from selftaught.report.figures import Budget, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["budget_chart", "curve_chart", "interval_chart", "metric_series", "severity_chart"]
__all__ += ["spectrum_chart"]

_VARIABLES = {
    "#010203": "var(--ink)",
    "#010204": "var(--muted)",
    "#010205": "var(--line)",
    "#010206": "var(--series-1)",
    "#010207": "var(--series-2)",
    "#010208": "var(--series-3)",
    "#010209": "var(--series-4)",
    "#01020a": "var(--series-5)",
}
_INK, _MUTED, _LINE, *_SERIES = _VARIABLES
_STYLES = (("o", "-"), ("s", (0, (5, 2))), ("^", (0, (1, 1.5))), ("D", (0, (4, 2, 1, 2))), ("v", (0, (1, 4))))
_CLEANED = (
    (r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", ""),  # a style sheet here would reach the whole page
    (r'<svg xmlns:xlink[^>]*(viewBox="[^"]*")[^>]*>', r"<svg \1>"),  # its size is the style sheet's affair
    (r'<g id="[^"]*"', "<g"),  # no two drawings of a page may use one name
    (r"font: (?:\d+ )?([\d.]+px) [^;\"]+", r"font-size: \1"),
    (r"font-family: [^;\"]+; ?", ""),
    (r' transform="rotate\(-0 [^"]*"', ""),
    (r"<g ?/>|<defs>\s*</defs>", ""),
    (r"\s+", " "),
)
_POINTS = 400
_VANISHED = 1e-9
_RIGHT_NOW = threading.Lock()  # matplotlib's settings are one set for all threads


def budget_chart(budgets: Sequence[Budget], rows: Sequence[Row]) -> str:
    """Linear accuracy against the number of labels, one line an encoder, bars of one standard deviation.

    Example:
        >>> from selftaught.report.charts import budget_chart
        >>> from selftaught.report.figures import Budget, Figure, Row
        >>> rows = [Row("This encoder", Figure(0.8, None), [Figure(0.7, 0.01)])]
        >>> "This encoder" in budget_chart([Budget("100", "100 labels", 100)], rows)
        True
    """
    figure, axes = _canvas(4.9, 2.9)
    for place, row in reversed(list(enumerate(rows))):
        marker, dashes = _STYLES[place % len(_STYLES)]
        axes.errorbar(
            range(len(budgets)),
            [np.nan if each.mean is None else 100 * each.mean for each in row.linear],
            yerr=[100 * (each.deviation or 0.0) for each in row.linear],
            label=row.name.replace("$", r"\$"),  # or matplotlib would read formulas
            color=_SERIES[place % len(_SERIES)],
            marker=marker,
            linestyle=dashes,
            linewidth=2.2 if place == 0 else 1.5,
            markersize=6,
            capsize=3,
        )
    axes.set_xticks(range(len(budgets)), [_tick(budget) for budget in budgets])
    axes.set_xlabel("labels", color=_MUTED)
    axes.set_xlim(-0.25, len(budgets) - 0.75)
    axes.set_ylabel("accuracy, %", color=_MUTED)
    _legend(figure, axes, len(rows))
    return _svg(figure, "budget")


def severity_chart(lines: Mapping[str, Sequence[float]]) -> str:
    """Accuracy against the severity of corruptions, one line an encoder, from severity 0, which is no corruption.

    Args:
        lines: by encoder, per cent.

    Example:
        >>> from selftaught.report.charts import severity_chart
        >>> "This encoder" in severity_chart({"This encoder": [80.0, 70.0, 60.0]})
        True
    """
    figure, axes = _canvas(4.9, 2.6)
    for place, (name, values) in reversed(list(enumerate(lines.items()))):
        marker, dashes = _STYLES[place % len(_STYLES)]
        axes.plot(
            range(len(values)),
            values,
            label=name.replace("$", r"\$"),
            color=_SERIES[place % len(_SERIES)],
            marker=marker,
            linestyle=dashes,
            linewidth=2.2 if place == 0 else 1.5,
            markersize=6,
        )
    axes.set_xlabel("severity", color=_MUTED)
    axes.set_ylabel("accuracy of the probe, %", color=_MUTED)
    _legend(figure, axes, len(lines))
    return _svg(figure, "severity")


def spectrum_chart(lines: Mapping[str, Float[np.ndarray, " _"]]) -> str:
    """Variances along principal directions as shares of their sum, one line an encoder, both axes logarithmic.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.charts import spectrum_chart
        >>> "This encoder" in spectrum_chart({"This encoder": np.array([4.0, 1.0, 0.25])})
        True
    """
    figure, axes = _canvas(4.9, 2.6)
    for place, (name, variances) in reversed(list(enumerate(lines.items()))):
        shares = variances / max(float(variances.sum()), np.finfo(np.float64).tiny)
        shares = np.where(shares > _VANISHED, shares, np.nan)  # rounding, and no direction
        style = {"color": _SERIES[place % len(_SERIES)], "linestyle": _STYLES[place % len(_STYLES)][1]}
        axes.loglog(np.arange(1, len(shares) + 1), shares, label=name.replace("$", r"\$"), linewidth=1.8, **style)
    axes.set_xlabel("principal direction", color=_MUTED)
    axes.set_ylabel("share of the variance", color=_MUTED)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.tick_params(which="minor", length=0, labelbottom=False, labelleft=False)
    _legend(figure, axes, len(lines))
    return _svg(figure, "spectrum")


def interval_chart(
    rows: Sequence[tuple[str, float, tuple[float, float] | None]], controls: Collection[str], *, name: str
) -> str:
    """One figure of several rows, in per cent: a point and its 95 % interval each, the first row on top.

    Args:
        rows: name, figure in 0..1, and its interval, where one is known.
        controls: names of those that are drawn as controls, with a hollow square.
        name: tells the drawings of a page apart.

    Example:
        >>> from selftaught.report.charts import interval_chart
        >>> "simclr" in interval_chart([("simclr", 0.8, (0.75, 0.85))], controls=[], name="knn")
        True
    """
    figure, axes = _canvas(4.9, 0.55 + 0.27 * len(rows))
    for place, (row, value, interval) in enumerate(rows):
        low, high = interval or (value, value)
        control = row in controls
        axes.errorbar(
            [100 * value],
            [place],
            xerr=[[100 * (value - low)], [100 * (high - value)]],
            color=_SERIES[2] if control else _SERIES[0],
            marker="s" if control else "o",
            markerfacecolor="none" if control else _SERIES[0],
            markersize=6,
            linewidth=2,
            capsize=3,
        )
    axes.set_yticks(range(len(rows)), [row.replace("$", r"\$") for row, *_ in rows], color=_INK)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=_LINE, linewidth=0.7)
    axes.set_xlabel("%", color=_MUTED)
    return _svg(figure, name)


def curve_chart(
    steps: Float[np.ndarray, " n"], values: Float[np.ndarray, " n"], *, name: str, large: bool = False
) -> str:
    """One logged quantity against the training step; longer logs are averaged down to 400 points.

    Args:
        steps: where each value was logged.
        values: what was logged; gaps (not a number) are left open.
        name: tells the drawings of a page apart.
        large: of the width of the page, instead of a third of it.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.charts import curve_chart
        >>> curve_chart(np.arange(9.0), np.ones(9), name="loss")[:4]
        '<svg'
    """
    figure, axes = _canvas(4.9, 2.4) if large else _canvas(2.6, 1.3)
    steps, values = _thin(steps), _thin(values)
    axes.plot(
        steps,
        values,
        color=_SERIES[0],
        linewidth=2 if large else 1.4,
        marker="o" if len(steps) <= 12 else None,
        markersize=4,
    )
    axes.locator_params(axis="x", nbins=6 if large else 3)
    axes.locator_params(axis="y", nbins=5 if large else 3)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.4g}")
    axes.set_xlabel("training step", color=_MUTED)
    return _svg(figure, name)


def metric_series(metrics: Sequence[Mapping[str, Any]]) -> dict[str, Float[np.ndarray, " n"]]:
    """The columns of metrics.csv that hold numbers, with gaps where a row has none.

    Where there is no column "step" the rows are counted. A column that repeats "loss" is left out.

    Example:
        >>> from selftaught.report.charts import metric_series
        >>> rows = [{"step": "10", "loss": "5.5", "note": "x"}, {"step": "20", "loss": ""}]
        >>> {name: column.tolist() for name, column in metric_series(rows).items()}
        {'step': [10.0, 20.0], 'loss': [5.5, nan]}
    """
    names = list(dict.fromkeys(name for row in metrics for name in row))
    columns = {name: np.array([_number(row.get(name)) for row in metrics], dtype=np.float64) for name in names}
    columns = {name: column for name, column in columns.items() if np.isfinite(column).any()}
    loss = columns.get("loss")
    if loss is not None:
        columns = {
            name: column
            for name, column in columns.items()
            if name == "loss" or not np.array_equal(column, loss, equal_nan=True)
        }
    return {"step": columns.pop("step", np.arange(1.0, len(metrics) + 1)), **columns}


def _number(value: object) -> float:
    if not isinstance(value, int | float | str):
        return np.nan
    try:
        number = float(value)
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def _thin(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " kept"]:
    if len(values) <= _POINTS:
        return values
    pieces = np.array_split(values, _POINTS)
    return np.array([piece[np.isfinite(piece)].mean() if np.isfinite(piece).any() else np.nan for piece in pieces])


def _tick(budget: Budget) -> str:
    share = budget.title.split(" of ")[0].removesuffix(" labels")  # "1 %", "all", "100"
    if budget.count is None:
        return share
    return f"{budget.count:,}\n" + (" " if budget.name.isdigit() else f"({share})")


def _legend(figure: "Figure", axes: "Axes", count: int) -> None:
    """Above the drawing, the first line first, as it was drawn last."""
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles[::-1],
        names[::-1],
        loc="outside upper left",
        ncols=min(count, 3),
        frameon=False,
        labelcolor=_INK,
        handlelength=3,
    )


def _canvas(width_inches: float, height_inches: float) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_LINE)
    axes.tick_params(colors=_MUTED, labelcolor=_MUTED, length=0)
    axes.grid(axis="y", color=_LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: "Figure", name: str) -> str:
    import matplotlib

    buffer = io.StringIO()
    with _RIGHT_NOW, matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace("\n", " ")
    for pattern, replacement in _CLEANED:
        drawing = re.sub(pattern, replacement, drawing)
    drawing = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", drawing)
    for stand_in, variable in _VARIABLES.items():
        drawing = drawing.replace(stand_in, variable)
    return drawing
