"""The table of what the inner layers of an encoder are worth."""

from collections.abc import Mapping
from typing import Any

from selftaught.report.beyond import Table
from selftaught.report.figures import Figure

__all__ = ["depth_tables"]


def depth_tables(evaluation: Mapping[str, Any], start_name: str = "Random start") -> list[Table]:
    """One table, where an evaluation was asked for layers.

    Args:
        evaluation: the object that `selftaught evaluate --json` prints.
        start_name: what the control "random_start" was.

    Example:
        >>> from selftaught.report.depths import depth_tables
        >>> depth_tables({"depths": {}})
        []
    """
    depths: Mapping[str, Mapping[str, Any]] = evaluation.get("depths", {})
    if not any("encoder" in each for each in depths.values()):
        return []
    first = next(iter(depths.values()))["encoder"]
    budgets = [name for name, each in first["linear"].items() if each["mean"] is not None]
    rows: list[tuple[str, list[str]]] = []
    for layer, each in depths.items():
        for name, key in ((layer, "encoder"), (f"{layer}, {start_name[:1].lower()}{start_name[1:]}", "random_start")):
            shares = [each[key]["knn"]["accuracy"], *(each[key]["linear"][budget]["mean"] for budget in budgets)]
            rows.append((name, [str(each["width"]), *(Figure(share, None).percent for share in shares)]))
    return [
        Table(
            name="depths",
            title="Layers",
            told="Per cent of the test items that nearest neighbours, and linear probes by number of labels, get right "
            "from the vectors of inner layers, averaged over positions; beside them the same layers before training.",
            head=["width", "kNN", *(f"linear, {name}" for name in budgets)],
            rows=rows,
        )
    ]
