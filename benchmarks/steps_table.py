"""The tables of where time goes: of `steps.py` for a step of each method, of `views.py` for a view of each size."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, sources_text

__all__ = ["steps", "views_parts"]

_WORTH_A_ROW = 0.01


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


def views_parts(document: Mapping[str, Any]) -> str:
    """A row for each part of a view, a column for each size."""
    if not document:
        return NOTHING.format(command="python benchmarks/views.py")
    found = {f"{one['image_size']} px": one["microseconds"] for one in document["sizes"]}
    lines = [row_text(["microseconds", *found]), row_text(["---"] * (len(found) + 1))]
    for part in [part for part in next(iter(found.values())) if part != "all"]:
        if any(one.get(part, 0) >= _WORTH_A_ROW * one["all"] for one in found.values()):
            lines.append(row_text([part, *(f"{one.get(part, 0):,.1f}" for one in found.values())]))
    rest = [2 * one["all"] - sum(one.values()) for one in found.values()]
    lines.append(row_text(["converting, normalising, joining", *(f"{each:,.1f}" for each in rest)]))
    lines.append(row_text(["a view", *(f"{one['all']:,.1f}" for one in found.values())]))
    decoded = f"Decoding a JPEG file of 500 x 375 pixels takes {document['jpeg_decoding_microseconds']:,.0f}."
    return "\n".join([*lines, "", f"One thread. {decoded}", "", *sources_text([document])])
