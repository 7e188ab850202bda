"""The table of what learning rotations first gains, by the number of labels."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, score_text, sources_text

__all__ = ["rotation_labels"]

LINES = {"from_rotation": "rotations, then labels", "last_stage": "the same, labels in the last stage only"}


def rotation_labels(document: Mapping[str, Any]) -> str:
    """Accuracy by the number of labels in each line, and where labels alone catch up."""
    if not document:
        return NOTHING.format(command="python benchmarks/rotation_labels.py --short")
    head = ["labels a class", *LINES.values(), "labels alone"]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for row in document["summary"]:
        scores = [score_text(row[line]) for line in (*LINES, "from_scratch")]
        lines.append(row_text([f"{row['labels_a_class']:,}", *scores]))
    points = document["points"]
    told = " ".join(
        _told(document["summary"], line, meet) for line, meet in document["crossing_labels_a_class"].items()
    )
    how = (
        f"Accuracy in per cent on {points[0]['test_images']:,} test images; at most {points[0]['most_steps']:,} steps "
        "of 128 images, as many and as fast as a fifth of the labels, held out, recommends."
    )
    drawing = "![Accuracy by the number of labels, from rotations and from scratch](images/rotation_labels.svg)"
    return "\n".join([*lines, "", told, how, "", drawing, "", *sources_text(points)])


def _told(summary: list[Mapping[str, Any]], line: str, meet: float | None) -> str:
    """Where labels alone catch up with one line, or that they do not."""
    name = LINES[line].capitalize()
    if meet is not None:
        return (
            f"{name}: labels alone catch up at {meet:,.0f} labels a class (straight lines between the measured "
            "numbers, in their logarithm)."
        )
    row = summary[-1]
    if row[line]["mean"] <= row["from_scratch"]["mean"]:
        return f"{name}: helped at none of these numbers."
    return f"{name}: with {row['labels_a_class']:,} labels a class, the most here, it helps."
