"""Tables of comparisons: a leaderboard of methods, and nearest neighbours beside scikit-learn."""

from collections.abc import Mapping
from typing import Any

from table_texts import counted_text, row_text, sources_text

__all__ = ["leaderboard", "neighbours"]

NOTHING = "Not measured yet: `{command}` measures it."


def leaderboard(document: Mapping[str, Any]) -> str:
    """One row a method, best first, beside the controls; what makes a difference real stands on its page."""
    if not document:
        return NOTHING.format(command="python benchmarks/leaderboards.py FAMILY")
    columns = [column for column in document["columns"] if column["figure"] not in ("items a second", "memory")]
    deciding = document["decided_by"]
    start = next(row for row in document["rows"] if row["name"] == "random start")["figures"]
    below = [
        row for row in document["rows"] if any(row["figures"][one]["mean"] < start[one]["mean"] for one in deciding)
    ]
    below = [row for row in below if row["role"] != "control"]
    head = ["", *(column["title"] for column in columns)]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for row in (row for row in document["rows"] if row not in below):
        cells = [_figure(row["figures"].get(column["figure"]), column["unit"]) for column in columns]
        name = row["name"].replace("_", " ") if row["role"] == "control" else f"`{row['name']}`"
        lines.append(row_text([name, *cells]))
    budget = f"{document['minutes_each']:g} minutes on {counted_text(document['machine']['threads'])} each"
    seeds = f"{document['seeds']} seed{'s' * (document['seeds'] != 1)}"
    told = (
        f"{document['headline']}. {budget}, {seeds}; shares in per cent, with 95 % intervals over seeds and test items."
    )
    unranked = [
        f"`{row['name']}` ({', '.join(_figure(row['figures'][one], 'share').partition(' ')[0] for one in deciding)})"
        for row in below
    ]
    left_out = (
        f"Not above their random start in {' and '.join(deciding)}, and so not in the table: {', '.join(unranked)}."
    )
    return "\n".join([*lines, "", told, "", *([left_out, ""] if unranked else []), *sources_text([document])])


def _figure(found: Mapping[str, Any] | None, unit: str) -> str:
    if found is None or found["mean"] is None:
        return "-"
    if unit == "share":
        ends = found["interval"]
        return f"{100 * found['mean']:.1f}" + (f" ({100 * ends[0]:.1f} to {100 * ends[1]:.1f})" if ends else "")
    return f"{found['mean']:,.0f}" if unit == "count" or found["mean"] >= 10 else f"{found['mean']:.2f}"


def neighbours(document: Mapping[str, Any]) -> str:
    """How many times as fast as scikit-learn's brute force the nearest are found."""
    if not document:
        return NOTHING.format(command="make bench")
    lines = ["| vectors | seconds | scikit-learn | times as fast | the same neighbours |", "|---|---|---|---|---|"]
    for one in document["forms"]:
        seconds, times = one["seconds"], one["times_as_fast"]
        lines.append(
            f"| {one['form']} | {seconds['ours']['mean']:.1f} | {seconds['peer']['mean']:.1f} | "
            f"{times['mean']:.1f} ± {times['std']:.1f} | {100 * one['same_neighbours']:.3f} % |"
        )
    return "\n".join([*lines, "", document["task"], "", *sources_text([document])])
