"""Which learning rate is taken of those that were tried, and the table of all tries."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, sources_text

__all__ = ["taken_rate", "tries"]

LEAST_GAIN = 0.01  # of accuracy, about what the boards' kNN differs by from seed to seed


def taken_rate(document: Mapping[str, Any], method: str, data: str) -> float | None:
    """The best rate where it beats the one that the recipe had then by more than a point; else that one.

    None where nothing was tried, for what the recipe has now.

    Args:
        document: results/recipe_tries.json.
        method: by name.
        data: by name.
    """
    runs = [run for run in document.get("runs", []) if (run["method"], run["data"]) == (method, data)]
    own = [run for run in runs if run["factor"] == 1]
    if not own:
        return None
    best = max(runs, key=_accuracy)
    return (best if _accuracy(best) > _accuracy(own[0]) + LEAST_GAIN else own[0])["learning_rate"]


def tries(document: Mapping[str, Any]) -> str:
    """A row for each method and data set: kNN with each rate, and the rate that is taken."""
    if not document:
        return NOTHING.format(command="python benchmarks/recipe_tries.py joint_embedding")
    head = ["", "data", "rate of the recipe then", "kNN with a third of it", "with it", "with three times it", "taken"]
    lines = [row_text(head), row_text(["---"] * len(head))]
    pairs = dict.fromkeys((run["data"], run["method"]) for run in document["runs"])
    for data, method in sorted(pairs, key=lambda pair: (pair[0] != "fashion-mnist", pair[1])):
        runs = [run for run in document["runs"] if (run["data"], run["method"]) == (data, method)]
        by_factor = {run["factor"]: run for run in runs}
        taken, own = taken_rate(document, method, data), by_factor[1.0]["learning_rate"]
        cells = [_told(by_factor.get(factor), taken) for factor in document["factors"]]
        lines.append(row_text([f"`{method}`", data, f"{own:g}", *cells, f"{taken:g}"]))
    minutes = {run["data"]: run["minutes"] for run in document["runs"]}
    told = " and ".join(f"{each:g} minute{'s' * (each != 1)} on {data}" for data, each in minutes.items())
    return "\n".join([*lines, "", f"Each try: {told}, one core, one seed.", "", *sources_text(document["runs"])])


def _accuracy(run: Mapping[str, Any]) -> float:
    return -1.0 if run["knn"] is None else run["knn"]


def _told(run: Mapping[str, Any] | None, taken: float | None) -> str:
    if run is None:
        return "-"
    figure = "diverged" if run["knn"] is None else f"{100 * run['knn']:.1f}"
    return f"**{figure}**" if run["learning_rate"] == taken else figure
