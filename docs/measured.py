"""What was measured of a method, for its page: tables and their sources, by rule, from results/*.json."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["measured"]

Values = Mapping[str, Any]  # a figure as documents keep it: its mean, and its values over seeds
_TASKS = {"accuracy": "right", "top_1_accuracy": "first", "accuracy_1": "first, one step ahead"}


def measured(name: str, results: Path) -> list[str]:
    """The section of a method's page; empty where nothing was measured of it.

    Args:
        name: of the method.
        results: the folder of learns.json, video.json and leaderboard_*.json.
    """
    boards = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("leaderboard_*.json"))]
    parts = [
        *_by_recipe(name, results / "learns.json"),
        *(line for board in boards for line in _on_board(name, board)),
        *_followed(name, results / "video.json"),
    ]
    return ["## Measured", "", *parts] if parts else []


def _by_recipe(name: str, path: Path) -> list[str]:
    rows = [one for one in json.loads(path.read_text(encoding="utf-8"))["summary"] if one["method"] == name]
    if not rows:
        return []
    told = [
        f"| {row['data']} | `{row['recipe']}` | {len(row['seeds'])} | {_beside(row, 'knn')} "
        f"| {_beside(row, 'linear')} |"
        for row in rows
    ]
    head = [
        "| data | recipe | seeds | kNN (random start) | linear with 100 labels (random start) |",
        "|---|---|---|---|---|",
    ]
    return [*head, *told, "", "Per cent on the test images; [all figures](../results.md).", ""]


def _beside(row: Mapping[str, Any], figure: str) -> str:
    pair = [one[figure] if figure == "knn" else one[figure]["100"] for one in (row, row["controls"]["random_start"])]
    spread = "" if pair[0]["std"] is None else f" ± {100 * pair[0]['std']:.1f}"
    return f"{100 * pair[0]['mean']:.1f}{spread} ({100 * pair[1]['mean']:.1f})"


def _on_board(name: str, board: Mapping[str, Any]) -> list[str]:
    """Its row on a leaderboard, above its random start's and the raw input's."""
    rows = [row for row in board["rows"] if name in (row.get("method"), *row.get("of", ()))]
    own = next((row for row in rows if row["role"] == "method"), None)
    if own is None:
        return []
    rows = [own, *(row for row in rows if row["role"] == "control")]
    figures = [column for column in board["columns"] if column["unit"] == "share"]
    head = [f"| {board['data']} | {' | '.join(column['title'] for column in figures)} |"]
    lines = [*head, f"|{'---|' * (len(figures) + 1)}"]
    for row in rows:
        title = f"`{name}`" if row is own else row["control"].replace("_", " ")
        lines.append(f"| {title} | {' | '.join(_told(row['figures'][column['figure']]) for column in figures)} |")
    seeds, seen = board["seeds"], own["figures"]["items seen"]["mean"]
    recipe = f"`--recipe {own['recipe']}`" if own["recipe"] else "no recipe"
    words = [
        f"Per cent on the test images after {board['minutes_each']:g} minutes on one core and {seen:,.0f} images",
        f"{recipe}, {'the small ResNet at half its width' if own['encoder'] == 'small_resnet' else own['encoder']}",
        f"{seeds} seed{'s, mean and range' if seeds > 1 else ''}.",
    ]
    if board["family"] == "joint_embedding":
        words.insert(2, "[the best of three learning rates](../results.md#three-learning-rates-for-each)")
    task = own.get("own_task")
    about = f" Its own task: {_task(task)}." if task else ""
    source = f"`{board['command']}` on {board['date']}: [the whole board](../results.md)."
    return [*lines, "", f"{'; '.join(words)}{about} {source}", ""]


def _told(figure: Values) -> str:
    values = figure["values"]
    ends = f" ({100 * min(values):.1f} to {100 * max(values):.1f})" if len(values) > 1 else ""
    return f"{100 * figure['mean']:.1f}{ends}"


def _task(found: Mapping[str, Any]) -> str:
    """A figure of its own task beside its chance."""
    value, chance = found["value"], found["chance"]
    if (right := _TASKS.get(found["figure"])) is not None:
        return f"{100 * value:.1f} % {right}, where chance is {100 * chance:.1f}"
    return f"{found['figure'].replace('_', ' ')} {value:.2f}, where chance is {chance:.2f}"


def _followed(name: str, path: Path) -> list[str]:
    """What it follows in clips."""
    found = json.loads(path.read_text(encoding="utf-8"))["summary_by_method"] if path.is_file() else {}
    if name not in found:
        return []
    figures = {"region_similarity": "J", "correct_points": "PCK at 0.2"}

    def row(title: str, scores: dict[str, Any]) -> str:
        means = [scores[each]["mean"] for each in figures]
        return f"| {title} | {' | '.join(f'{100 * mean:.1f}' for mean in means)} |"

    rows = [row(f"copied by {how}", scores) for how, scores in found[name]["copied"].items()]
    rows += [row(f"random start, by {how}", scores) for how, scores in found[name]["random_start"].items()]
    head = [f"| labels of a first frame | {' | '.join(figures.values())} |", "|---|---|---|"]
    told = f"Per cent on made clips, {len(found[name]['seeds'])} seeds; [all figures](../results.md)."
    return [*head, *rows, row("stay", found[name]["staying"]), "", told, "", *_ordered(found[name]["roc_areas"])]


def _ordered(areas: Mapping[str, Mapping[str, Values]]) -> Sequence[str]:
    """How often its energy is higher for what does not belong together."""
    head = ["| energy is higher for | trained | random start |", "|---|---|---|"]
    rows = [
        f"| {kind} | {100 * each['trained']['mean']:.1f} | {100 * each['random_start']['mean']:.1f} |"
        for kind, each in areas.items()
    ]
    return [*head, *rows, "", "In how many of 100 pairs with the true clip: the area under the ROC curve.", ""]
