"""The studies of `published_studies.py` on their page: what was asked, what was found before, and what came out."""

from collections.abc import Callable, Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, sources_text

__all__ = ["study"]

_FIGURES = {
    "kNN accuracy": "kNN",
    "linear accuracy with 100 labels": "linear, 100 labels",
    "linear accuracy with all labels": "linear, all labels",
}


def study(name: str) -> Callable[[Mapping[str, Any]], str]:
    """What writes one of the studies.

    Args:
        name: of the study.
    """

    def written(document: Mapping[str, Any]) -> str:
        told = document.get("studies", {}).get(name)
        if told is None:
            return NOTHING.format(command=f"python benchmarks/published_studies.py {name}")
        rows = told["rows"]
        lines = [
            f"{told['asked']} Published ({told['source']}): {told['found']}.",
            "",
            f"![{told['asked']}](images/study_{name}.svg)",
            "",
        ]
        best = sorted(rows, key=lambda row: -rows[row]["kNN accuracy"])
        lines += [row_text(["", *_FIGURES.values()]), row_text(["---"] * (len(_FIGURES) + 1))]
        for row in best:
            low, high = told["intervals"].get(row) or (None, None)
            cells = [f"{100 * rows[row][figure]:.1f}" for figure in _FIGURES]
            cells[0] += "" if low is None else f" ({100 * low:.1f} to {100 * high:.1f})"
            lines.append(row_text([row, *cells]))
        return "\n".join(
            [*lines, "", "Accuracy in per cent; in brackets 95 %, over test items.", "", *sources_text([told])]
        )

    return written
