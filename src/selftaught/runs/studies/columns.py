"""The figures of a leaderboard: what each is called, and where the evaluation of a run keeps it."""

import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from selftaught.evaluation import BUDGETS, mean_over_seeds
from selftaught.evaluation.scores import alone_name, linear_name
from selftaught.runs.record import Record

__all__ = ["beside_probes", "figure_over_seeds", "scalar_figures", "title_of", "unit_of"]

_UNITS = {
    "RankMe": "number",
    "energy ROC area": "number",
    "items seen": "count",
    "seconds": "count",
    "items a second": "count",
    "memory": "bytes",
}
_COSTS = ("items seen", "seconds", "items a second", "memory")


def title_of(figure: str) -> str:
    """What stands above a column.

    Example:
        >>> from selftaught.runs.studies.columns import title_of
        >>> title_of("kNN accuracy"), title_of("linear accuracy with 1% of the labels"), title_of("RankMe")
        ('kNN', 'linear, 1% of the labels', 'RankMe')
    """
    return figure.replace(" accuracy with ", ", ").removesuffix(" accuracy")


def unit_of(figure: str) -> str:
    """How a figure is written: share (as per cent), number, count or bytes.

    Example:
        >>> from selftaught.runs.studies.columns import unit_of
        >>> unit_of("kNN accuracy"), unit_of("memory")
        ('share', 'bytes')
    """
    return _UNITS.get(figure, "share")


def scalar_figures(evaluation: Mapping[str, Any], record: Record) -> dict[str, float]:
    """Of one run the figures that are no means over test items; those that are not known are left out.

    Args:
        evaluation: the object that `selftaught evaluate --json` prints.
        record: of the run.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.record import read_record
        >>> from selftaught.runs.studies.columns import scalar_figures
        >>> scalar_figures({}, read_record(Path("runs/none/run.json")))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no record of a run at runs/none/run.json
    """
    areas = (evaluation.get("energy") or {}).get("trained", {})
    cost = evaluation["cost"]
    found: dict[str, float | None] = {
        "RankMe": evaluation["label_free"].get("encoder", {}).get("rankme"),
        "energy ROC area": statistics.fmean(areas.values()) if areas else None,
        "items seen": None if record.steps is None else float(record.steps * record.values()["batch_size"]),
        "seconds": cost["seconds"],
        "items a second": cost["items_per_second"],
        "memory": cost["peak_bytes"],
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def beside_probes(figure: str, known: Collection[str]) -> str:
    """The column of a control's figure: of labels alone that of the linear probes with as many, where there is one.

    Args:
        figure: its name.
        known: figures that others have.

    Example:
        >>> from selftaught.runs.studies.columns import beside_probes
        >>> beside_probes("supervised accuracy with all labels", ["linear accuracy with all labels"])
        'linear accuracy with all labels'
    """
    probes = {alone_name(budget): linear_name(budget) for budget in BUDGETS}
    return probes[figure] if probes.get(figure) in known else figure


def figure_over_seeds(values: Sequence[Float[np.ndarray, " items"]] | Sequence[float], figure: str) -> dict[str, Any]:
    """A figure's mean, its 95 % interval, and its value under each seed.

    Args:
        values: one a seed: what each item adds, or the figure itself.
        figure: its name; costs have no interval, for their seeds are not what makes them differ.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.studies.columns import figure_over_seeds
        >>> figure_over_seeds([1.0, 3.0], "seconds")
        {'mean': 2.0, 'interval': None, 'values': [1.0, 3.0]}
    """
    table = np.stack([np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in values])
    found = mean_over_seeds(table)
    whole = figure not in _COSTS and all(map(math.isfinite, found.interval))
    interval = list(found.interval) if whole else None
    if interval is not None and unit_of(figure) == "share":
        interval = [max(interval[0], 0.0), min(interval[1], 1.0)]
    return {"mean": found.mean, "interval": interval, "values": table.mean(1).tolist()}
