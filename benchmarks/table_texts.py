"""How numbers, their sources and rows of tables are written on pages."""

from collections.abc import Mapping
from typing import Any

__all__ = ["budget_text", "counted_text", "row_text", "score_text", "sources_text"]


def score_text(value: Mapping[str, Any]) -> str:
    """A share in per cent, with its deviation where there is one."""
    mean = f"{100 * value['mean']:.1f}"
    return mean if value["std"] is None else f"{mean} ± {100 * value['std']:.1f}"


def budget_text(name: str) -> str:
    """So many labels."""
    return f"{name} labels" if name != "all" else "all labels"


def sources_text(documents: Any) -> list[str]:
    """Where numbers come from, said once where it is the same for several."""
    lines: dict[str, None] = {}
    for one in documents:
        machine = one["machine"]
        lines[
            f"`{one['command']}` on {one['date']}, commit {_short(one['commit'])}, {machine['processor']}, "
            f"{counted_text(machine['cores'])}, torch {one['versions']['torch']}."
        ] = None
    return list(lines)


def counted_text(cores: int) -> str:
    """So many cores."""
    return "1 core" if cores == 1 else f"{cores} cores"


def _short(commit: str | None) -> str:
    if commit is None:
        return "none"
    return commit[:12] + ("-dirty" if commit.endswith("-dirty") else "")


def row_text(cells: list[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"
