"""The table of what learning rotations first gains, by the number of labels."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, score_text, sources_text

__all__ = ["rotation_labels"]


def rotation_labels(document: Mapping[str, Any]) -> str:
    """Accuracy by the number of labels, from both starts, and where the lines cross."""
    if not document:
        return NOTHING.format(command="python benchmarks/rotation_labels.py --short")
    head = ["labels a class", "rotations, then labels", "labels alone"]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for row in document["summary"]:
        scores = [score_text(row[start]) for start in ("from_rotation", "from_scratch")]
        lines.append(row_text([f"{row['labels_a_class']:,}", *scores]))
    crossing, points = document["crossing_labels_a_class"], document["points"]
    told = (
        f"Labels alone catch up at {crossing:,.0f} labels a class (straight lines between the measured numbers, in "
        "their logarithm)."
        if crossing is not None
        else _never(document["summary"])
    )
    how = (
        f"Accuracy in per cent on {points[0]['test_images']:,} test images; at most {points[0]['most_steps']:,} steps "
        "of 128 images, as many and as fast as a fifth of the labels, held out, recommends."
    )
    drawing = "![Accuracy by the number of labels, from rotations and from scratch](images/rotation_labels.svg)"
    return "\n".join([*lines, "", told, how, "", drawing, "", *sources_text(points)])


def _never(summary: list[Mapping[str, Any]]) -> str:
    """Which of the lines is above with the most labels, where they do not cross for good."""
    row = summary[-1]
    above = row["from_rotation"]["mean"] > row["from_scratch"]["mean"]
    what = "learning rotations first still helps" if above else "learning rotations first helped at none of them"
    return f"No crossing within these numbers: with {row['labels_a_class']:,} labels a class {what}."
