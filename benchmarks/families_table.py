"""What the families of joint embedding gain over their random starts, from a leaderboard of their methods."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text

from selftaught.methods import METHODS

__all__ = ["families"]

CONTEXT = ("deep_infomax", "amdim", "cpc_images")
_TOLD = {
    "context": "context with instance: parts of an image with the whole",
    "contrastive": "instance with instance: views of an image against other images",
    "clustering": "clusters",
    "non-contrastive": "views without negatives",
}


def families(document: Mapping[str, Any]) -> str:
    """A row a family: what its methods gain on average, the least and the most, and which of them is best."""
    if not document:
        return NOTHING.format(command="python benchmarks/leaderboards.py joint_embedding")
    rows = {row["name"]: row for row in document["rows"] if row["role"] == "method"}
    groups: dict[str, list[str]] = {name: [] for name in _TOLD}
    for name, row in rows.items():
        groups["context" if row["method"] in CONTEXT else METHODS[row["method"]].family].append(name)
    deciding: list[str] = document["decided_by"]
    titles = {each["figure"]: each["title"] for each in document["columns"]}
    head = ["", "methods", *(f"{titles[figure]}, points over random start" for figure in deciding), "best"]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for family, names in groups.items():
        if names:
            gains = [_spread([_gain(rows[name], document, figure) for name in names]) for figure in deciding]
            best = max(names, key=lambda name: rows[name]["figures"][deciding[0]]["mean"])
            lines.append(row_text([_TOLD[family], str(len(names)), *gains, f"`{best}`"]))
    return "\n".join([*lines, "", "The mean over methods; in brackets the least and the most of them."])


def _gain(row: Mapping[str, Any], document: Mapping[str, Any], figure: str) -> float:
    start = next(
        each for each in document["rows"] if each.get("control") == "random_start" and row["name"] in each["of"]
    )
    return 100 * (row["figures"][figure]["mean"] - start["figures"][figure]["mean"])


def _spread(gains: Sequence[float]) -> str:
    return f"{statistics.fmean(gains):+.1f} ({min(gains):+.1f} to {max(gains):+.1f})"
