"""Tables of comparisons: a leaderboard of methods, and nearest neighbours beside scikit-learn."""

from collections.abc import Callable, Mapping
from typing import Any

from table_texts import counted_text, row_text, sources_text

__all__ = ["leaderboard", "leaderboard_of", "neighbours"]

NOTHING = "Not measured yet: `{command}` measures it."


def leaderboard_of(family: str) -> Callable[[Mapping[str, Any]], str]:
    """The table of one family.

    Args:
        family: its name, and the data if they are not the usual ones, as typed.
    """

    def table(document: Mapping[str, Any]) -> str:
        if not document:
            return NOTHING.format(command=f"python benchmarks/leaderboards.py {family}")
        return leaderboard(document)

    return table


def leaderboard(document: Mapping[str, Any]) -> str:
    """One row a method, best first, beside the controls; what makes a difference real stands on its page."""
    columns = [column for column in document["columns"] if column["figure"] not in ("items a second", "memory")]
    deciding = document["decided_by"]
    below = [row for row in document["rows"] if row["role"] != "control" and _is_below(row, document)]
    with_tasks = any(row.get("own_task") for row in document["rows"])
    head = ["", *(["own task"] if with_tasks else []), *(column["title"] for column in columns)]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for row in (row for row in document["rows"] if row not in below):
        cells = [_figure(row["figures"].get(column["figure"]), column["unit"]) for column in columns]
        name = row["name"].replace("_", " ") if row["role"] == "control" else f"`{row['name']}`"
        lines.append(row_text([name, *([_task(row.get("own_task"))] if with_tasks else []), *cells]))
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


def _is_below(row: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether a method does not reach its own random start, where several networks begin differently."""
    starts = [each for each in document["rows"] if each.get("control") == "random_start"]
    own = next(each["figures"] for each in starts if row["name"] in each["of"])
    return any(row["figures"][one]["mean"] < own[one]["mean"] for one in document["decided_by"])


def _task(found: Mapping[str, Any] | None) -> str:
    """A figure of a method's own task beside its chance, on test images."""
    if found is None:
        return "-"
    value, chance = found["value"], found["chance"]
    ranks = {"accuracy": "right", "top_1_accuracy": "first", "accuracy_1": "first, one step ahead"}
    if (right := ranks.get(found["figure"])) is not None:
        return f"{100 * value:.1f} % {right} (chance {100 * chance:.1f})"
    return f"{found['figure'].replace('_', ' ')} {value:.2f} (chance {chance:.2f})"


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
    by = f" Candidates by FAISS {document['faiss']}." if document.get("faiss") else ""
    return "\n".join([*lines, "", document["task"] + by, "", *sources_text([document])])
