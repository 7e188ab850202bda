"""The tables of what each method learns on real data: whole, and short for the first page."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import budget_text, row_text, score_text, sources_text

__all__ = ["learns", "learns_in_short"]

MEASURED_BY = "make evidence"


def learns(document: Mapping[str, Any]) -> str:
    """For each data set and network what learns nothing, once, then a row a method."""
    if not document:
        return NOTHING.format(command=MEASURED_BY)
    groups: list[Mapping[str, Any]] = document["summary"]
    budgets = list(groups[0]["linear"])
    head = ["data", "encoder", "method", "seeds", "kNN", *(f"linear, {budget_text(name)}" for name in budgets)]
    lines = [row_text(head), row_text(["---"] * len(head))]
    done: set[tuple[str, str]] = set()
    for data, encoder in dict.fromkeys((group["data"], group["encoder"]) for group in groups):
        same = [group for group in groups if (group["data"], group["encoder"]) == (data, encoder)]
        widest = max(same, key=lambda group: len(group["seeds"]))
        for name, network in (("raw input", "none"), ("random start", f"`{encoder}`")):
            if (data, network) not in done:
                done.add((data, network))
                control = widest["controls"][name.replace(" ", "_")]
                lines.append(row_text([data, network, name, _seeds(widest), *_scores(control, budgets)]))
        for group in same:
            title = f"**{group['method']}**, {group['epochs']} epochs, `{group['recipe']}`"
            lines.append(row_text([data, f"`{encoder}`", title, _seeds(group), *_scores(group, budgets)]))
    told = (
        "Accuracy in per cent on the test set, mean ± standard deviation over seeds. A method with one seed started "
        "from one of the networks whose mean is the random start."
    )
    return "\n".join([*lines, "", told, "", *sources_text(document.get("runs", groups))])


def learns_in_short(document: Mapping[str, Any]) -> str:
    """A row a method: what its encoder knew before, and after."""
    if not document:
        return NOTHING.format(command=MEASURED_BY)
    head = ["data", "method", "seeds", "kNN: random start", "trained", "linear, 100 labels: random start", "trained"]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for group in document["summary"]:
        start = group["controls"]["random_start"]
        cells = [score_text(start["knn"]), score_text(group["knn"])]
        cells += [score_text(start["linear"]["100"]), score_text(group["linear"]["100"])]
        lines.append(row_text([group["data"], f"`{group['method']}`", _seeds(group), *cells]))
    raw = {group["data"]: group["controls"]["raw_input"] for group in reversed(document["summary"])}
    pixels = "; ".join(
        f"{data} {100 * raw[data]['knn']['mean']:.1f} and {100 * raw[data]['linear']['100']['mean']:.1f}"
        for data in dict.fromkeys(group["data"] for group in document["summary"])
    )
    told = "Accuracy in per cent on the test set, mean ± standard deviation over seeds."
    return "\n".join([*lines, "", f"{told} Raw pixels, for comparison: {pixels}."])


def _seeds(group: Mapping[str, Any]) -> str:
    return str(len(group["seeds"]))


def _scores(protocols: Mapping[str, Any], budgets: list[str]) -> list[str]:
    return [score_text(protocols["knn"]), *(score_text(protocols["linear"][name]) for name in budgets)]
