"""The table of `steps.py`: where the milliseconds of a step go, for each method."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, sources_text

__all__ = ["steps"]


def steps(document: Mapping[str, Any]) -> str:
    """A row for each part of a step, a column for each method."""
    if not document:
        return NOTHING.format(command="python benchmarks/steps.py")
    found: Mapping[str, Any] = document["steps"]
    parts = dict.fromkeys(part for one in found.values() for part in one["seconds"])
    lines = [row_text(["milliseconds", *found]), row_text(["---"] * (len(found) + 1))]
    for part in parts:
        cells = [
            f"{1000 * one['seconds'][part]['mean']:.1f}" if part in one["seconds"] else "-" for one in found.values()
        ]
        lines.append(row_text([part, *cells]))
    lines.append(row_text(["images a second", *(f"{one['images_per_second']['mean']:.0f}" for one in found.values())]))
    lines.append(
        row_text(
            ["of its encoder's speed alone", *(f"{one['share_of_encoder']['mean']:.2f}" for one in found.values())]
        )
    )
    return "\n".join([*lines, "", document["task"], "", *sources_text([document])])
