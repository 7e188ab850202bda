"""The table of `precision.py`: both precisions, and what lies between them."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, sources_text

__all__ = ["precision"]

_TITLES = {
    "kNN accuracy": "kNN",
    "linear accuracy with 100 labels": "linear, 100 labels",
    "linear accuracy with all labels": "linear, all labels",
}
_RATE = "items a second"


def precision(document: Mapping[str, Any]) -> str:
    """A row for each precision, and one for what is known of random starts; then the differences in words."""
    if not document:
        return NOTHING.format(command="python benchmarks/precision.py")
    lines = [row_text(["", *_TITLES.values(), "images a second"]), row_text(["---"] * (len(_TITLES) + 2))]
    for name, figures in document["rows"].items():
        rate = f"{figures[_RATE]['mean']:.0f}" if _RATE in figures else "-"
        cells = [f"{100 * figures[figure]['mean']:.1f}" if figure in figures else "-" for figure in _TITLES]
        lines.append(row_text([name, *cells, rate]))
    told = [_between(pair) for pair in document["between"]]
    seeds = f"{document['epochs']:g} passes, {document['seeds']} seeds; accuracy in per cent; in brackets 95 %."
    return "\n".join([*lines, "", *told, "", seeds, "", *sources_text([document])])


def _between(pair: Mapping[str, Any]) -> str:
    low, high = (f"{100 * bound:+.1f}" for bound in pair["interval"])
    judged = "a real difference" if pair["real"] else "not told apart"
    gap = f"{100 * pair['difference']:+.1f} points ({low} to {high})"
    return f"{_TITLES.get(pair['figure'], pair['figure'])}: {pair['first']} {gap} beside {pair['second']}: {judged}."
