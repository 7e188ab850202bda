"""The tables of what is learned in a few minutes: beside lightly's, and by the size of the views."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, score_text, sources_text

__all__ = ["five_minutes", "view_sizes"]

_WHO = {"ours": "selftaught, views of {size} pixels", "lightly": "lightly 1.6, bf16-mixed"}


def five_minutes(document: Mapping[str, Any]) -> str:
    """A row for each data set and library."""
    if not document:
        return NOTHING.format(command="python benchmarks/learning_per_minute.py")
    head = ["data", "", "seeds", "images seen", "kNN"]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for data, scores in document["accuracies"].items():
        for who, score in scores.items():
            runs = [run for run in document["runs"] if (run["who"], run["data"]) == (who, data)]
            seen = round(sum(run["images_seen"] for run in runs) / len(runs))
            title = _WHO[who].format(size=runs[0].get("view_size"))
            lines.append(row_text([data, title, str(len(runs)), f"{seen:,}", score_text(score)]))
    return "\n".join([*lines, "", *sources_text(document["runs"])])


def view_sizes(document: Mapping[str, Any]) -> str:
    """A row for each data set and size of views."""
    if not document:
        return NOTHING.format(command="python benchmarks/view_sizes.py")
    head = ["data", "views, pixels", "images seen", "kNN of held-out training images"]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for run in document["runs"]:
        size = f"{run['view_size']}" + (", the images' own" if run["view_size"] == run["image_size"] else "")
        lines.append(row_text([run["data"], size, f"{run['images_seen']:,}", f"{100 * run['knn']:.1f}"]))
    return "\n".join([*lines, "", f"{document['runs'][0]['minutes']:g} minutes each.", "", *sources_text([document])])
