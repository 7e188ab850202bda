"""The table of which of two futures are drawn."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, score_text, sources_text

__all__ = ["two_futures"]

_FIGURES = {
    "to_nearest": "error to the nearer future, of the mean's",
    "best_of_all": "least error to each future, of the mean's",
    "both_sides": "clips with drawings to both sides",
    "left": "drawings to the left",
}


def two_futures(document: Mapping[str, Any]) -> str:
    """A row for each method, all in per cent."""
    if not document:
        return NOTHING.format(command="python benchmarks/two_futures.py")
    lines = [row_text(["", *_FIGURES.values()]), row_text(["---"] * (len(_FIGURES) + 1))]
    for method, found in document["summary_by_method"].items():
        cells = [score_text(found[name]) if name in found else "-" for name in _FIGURES]
        lines.append(row_text([method.replace("_", " "), *cells]))
    seeds, minutes = len({run["seed"] for run in document["runs"]}), document["runs"][0]["minutes"]
    told = f"In per cent; {minutes:g} minutes of training, {seeds} seed{'s' * (seeds > 1)}."
    drawing = "![What each method draws of what comes next](images/two_futures.png)"
    return "\n".join([*lines, "", told, "", drawing, "", *sources_text([document])])
