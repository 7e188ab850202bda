"""The tables of what fine-tuning from a layer of the head, and distillation, gain with few labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from leaderboard_table import NOTHING
from table_texts import budget_text, row_text, score_text, sources_text

__all__ = ["students"]

_BUDGETS = ("1%", "10%", "all")


def students(document: Mapping[str, Any]) -> str:
    """Two tables: a row for each layer from which one starts, and a row for each way to teach each student."""
    if not document:
        return NOTHING.format(command="python benchmarks/student_teacher.py")
    rows: list[Mapping[str, Any]] = document["summary"]
    tuned = {f"from `{row['from_layer']}`": row for row in rows if row["part"] == "fine-tuned"}
    by_layer = {name: [row for row in rows if row.get("from_layer") == tuned[name]["from_layer"]] for name in tuned}
    by_student: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if "student_features" in row:
            by_student.setdefault(_told(row), []).append(row)
    seeds = max(len(row["seeds"]) for row in rows)
    ours = f"`{rows[0]['encoder']}`, its first stage {rows[0]['features']} wide"
    told = (
        f"Accuracy in per cent on {document['runs'][0]['test_items']:,} test images of {rows[0]['data']}, {seeds} "
        f"seed{'s' * (seeds > 1)}. The network is {ours}; who teaches is the one fine-tuned from `head.1` on as many "
        "labels."
    )
    return "\n".join(
        [
            *_table("fine-tuned", by_layer, _BUDGETS),
            "",
            *_table("student", by_student, _BUDGETS[:2]),
            "",
            told,
            "",
            *sources_text(document["runs"]),
        ]
    )


def _told(row: Mapping[str, Any]) -> str:
    """A student, with its weights, and who taught it."""
    who = f"{row['student_features']} wide, {row['parameters']:,} weights"
    if row["part"] == "distilled":
        return f"{who}, taught"
    return f"{who}, alone, " + ("smoothed labels" if row["label_smoothing"] else "plain labels")


def _table(title: str, lines: Mapping[str, Sequence[Mapping[str, Any]]], budgets: Sequence[str]) -> list[str]:
    """A line for each name, a column for each budget that any line has."""
    cells = {name: {row["labels"]: score_text(row["accuracy"]) for row in rows} for name, rows in lines.items()}
    head = [title, *(budget_text(budget) for budget in budgets)]
    body = [row_text([name, *(found.get(budget, "-") for budget in budgets)]) for name, found in cells.items()]
    return [row_text(head), row_text(["---"] * len(head)), *body]
