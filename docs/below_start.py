"""Where a method's encoder stays below its random start: sentences for its page, by rule, from results/*.json."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["below_start", "told_below", "told_seeds"]

Values = Mapping[str, Any]  # a figure as documents keep it: its mean, and its values over seeds


def below_start(name: str, results: Path) -> list[str]:
    """The paragraphs of a method's page that say so; none where no seed was measured below.

    Args:
        name: of the method.
        results: the folder of learns.json and of leaderboard_*.json.
    """
    found = [*_of_evidence(name, results / "learns.json")]
    for path in sorted(results.glob("leaderboard_*.json")):
        found += _of_leaderboard(name, json.loads(path.read_text(encoding="utf-8")))
    told = [sentence for where, figures in found for sentence in _told(where, figures) if sentence]
    return [line for sentence in told for line in (sentence, "")]


def _told(where: str, figures: Mapping[str, tuple[Values, Values]]) -> tuple[str, str]:
    """What means say, and of those above their start what single seeds do."""
    means = {name: (own["mean"], start["mean"]) for name, (own, start) in figures.items()}
    above = {name: pair for name, pair in figures.items() if round(means[name][0], 3) >= round(means[name][1], 3)}
    return told_below(where, means), told_seeds(where, above)


def told_seeds(where: str, figures: Mapping[str, tuple[Values, Values]]) -> str:
    """A sentence with the seeds in which a figure is below that seed's start; empty where there is none, or one seed.

    Args:
        where: what was trained on what, and for how long.
        figures: by name, the encoder's and its random start's, with their values over the same seeds.
    """
    below: dict[int, list[str]] = {}
    for name, (own, start) in figures.items():
        pairs = list(zip(own["values"], start["values"], strict=True))
        for seed, (mine, other) in enumerate(pairs if len(pairs) > 1 else []):
            if round(mine, 3) < round(other, 3):
                below.setdefault(seed, []).append(f"{name} {100 * mine:.1f} % against {100 * other:.1f} %")
    seeds = "; ".join(f"with seed {seed}, {', '.join(each)}" for seed, each in sorted(below.items()))
    return f"{where}, single encoders stay below their own start where the mean does not: {seeds}." if below else ""


def told_below(where: str, figures: Mapping[str, tuple[float, float]]) -> str:
    """A sentence with every figure in which the encoder is below its start; empty where there is none.

    Args:
        where: what was trained on what, and for how long.
        figures: by name, the share that the encoder gets right and the share that its random start does.
    """
    below = [
        f"{name} {100 * own:.1f} % against {100 * start:.1f} %"
        for name, (own, start) in figures.items()
        if round(own, 3) < round(start, 3)  # as it would be printed
    ]
    if not below:
        return ""
    above = len(figures) - len(below)
    rest = "in every figure" if not above else f"in {len(below)} of {len(figures)} figures"
    return f"{where}, its encoder stays below its random start {rest}: {'; '.join(below)}."


def _of_evidence(name: str, path: Path) -> Iterator[tuple[str, dict[str, tuple[Values, Values]]]]:
    for row in json.loads(path.read_text(encoding="utf-8"))["summary"]:
        if row["method"] == name:
            start = row["controls"]["random_start"]
            figures = {"kNN": (row["knn"], start["knn"])}
            for budget, own in row["linear"].items():
                figures[_linear(budget)] = (own, start["linear"][budget])
            yield f"With `--recipe {row['recipe']}` ({_seeds(len(row['seeds']))})", figures


def _of_leaderboard(name: str, board: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, tuple[Values, Values]]]]:
    for row in board["rows"]:
        if row["role"] != "method" or row["method"] != name:
            continue
        start = _start_of(row["name"], board)
        figures: dict[str, tuple[Values, Values]] = {}
        for figure, own in row["figures"].items():
            if "accuracy" in figure and figure in start["figures"] and own["mean"] is not None:
                budget = figure.partition(" accuracy with ")[2]
                figures[f"linear with {budget}" if budget else "kNN"] = (own, start["figures"][figure])
        data, minutes = board["data"], board["minutes_each"]
        yield f"On {data} after {minutes:g} minutes ({_seeds(board['seeds'])})", figures


def _start_of(name: str, board: Mapping[str, Any]) -> Mapping[str, Any]:
    """The start of this one's own network."""
    return next(row for row in board["rows"] if row.get("control") == "random_start" and name in row["of"])


def _linear(budget: str) -> str:
    return f"linear with {'all labels' if budget == 'all' else f'{budget} labels' if budget.isdigit() else budget}"


def _seeds(count: int) -> str:
    return f"{count} seed{'s' if count > 1 else ''}"
