"""The leaderboard of a comparison as text."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["print_leaderboard"]


def print_leaderboard(board: Mapping[str, Any]) -> None:
    """Two tables on standard output, accuracies and the rest, and below them which differences are real.

    Args:
        board: the object that `--json` prints.

    Example:
        >>> from selftaught.cli.leaderboard import print_leaderboard
        >>> knn = {"kNN accuracy": {"mean": 0.8, "interval": [0.75, 0.85], "values": [0.8]}}
        >>> board = {"columns": [{"figure": "kNN accuracy", "title": "kNN", "unit": "share"}], "missing": []}
        >>> board |= {"rows": [{"name": "simclr", "figures": knn}], "items": {"test": 9}, "study": {"seeds": 1}}
        >>> print_leaderboard(board | {"headline": "One method", "sentences": [], "notes": []})
        accuracy in %, and its 95 % interval, on 9 test items, 1 seed each ...
        ...
        One method.
    """
    from selftaught.report.comparison import figure_text

    console = Console(file=sys.stdout)
    shares = [column for column in board["columns"] if column["unit"] == "share"]
    others = [column for column in board["columns"] if column["unit"] != "share"]
    seeds = board["study"]["seeds"]
    over = f"on {board['items']['test']:,} test items, {seeds} seed{'s' * (seeds != 1)} each"

    def text(figure: Mapping[str, Any] | None, unit: str) -> str:
        if figure is None:
            return "-"
        value = figure_text(figure["mean"], unit)
        if figure["interval"] is None or unit != "share":
            return value
        low, high = (figure_text(end, unit) for end in figure["interval"])
        return f"{value}\n{low}-{high}"

    def show(columns: Sequence[Mapping[str, str]], title: str) -> None:
        table = Table(title=title, title_justify="left")
        table.add_column("")
        for column in columns:
            table.add_column(column["title"], justify="right")
        for row in board["rows"]:
            cells = [text(row["figures"].get(column["figure"]), column["unit"]) for column in columns]
            if any(cell != "-" for cell in cells):
                table.add_row(row["name"], *cells)
        console.print(table)

    if shares:
        show(shares, f"accuracy in %, and its 95 % interval, {over}")
    if others:
        show(others, "further figures")
    for line in [f"{board['headline']}.", *board["sentences"], *board["notes"]]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if board["missing"]:
        console.print(f"Not measured: {'; '.join(board['missing'])}.", markup=False, highlight=False, soft_wrap=True)
