"""The table of what is followed in clips, and of frames ahead."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, score_text, sources_text

__all__ = ["video"]

_FIGURES = {"region_similarity": "J", "correct_points": "PCK at 0.2", "correct_points_strict": "PCK at 0.1"}


def video(document: Mapping[str, Any]) -> str:
    """What each method follows, beside labels that stay and its random start; then the frames ahead."""
    if not document:
        return NOTHING.format(command="python benchmarks/video_propagation.py")
    lines = [row_text(["labels of the first frame", *_FIGURES.values()]), row_text(["---"] * (len(_FIGURES) + 1))]
    summaries: Mapping[str, Any] = document["summary_by_method"]
    for method, found in summaries.items():
        grid = f"grid of {found['grid']}x{found['grid']}"
        rows = {f"`{method}`, copied by {name}": each for name, each in found["copied"].items()}
        rows |= {f"its random start, copied by {name}": each for name, each in found["random_start"].items()}
        rows |= {"stay where they are": found["staying"], f"true, as coarse as its {grid}": found["ceiling"]}
        lines += [row_text([title, *(score_text(each[name]) for name in _FIGURES)]) for title, each in rows.items()]
    first = next(iter(summaries.values()))
    counts = {method: len(found["seeds"]) for method, found in summaries.items()}
    each = {count: [f"`{method}`" for method in counts if counts[method] == count] for count in counts.values()}
    told = [f"{count} seed{'s' * (count > 1)}" for count in each]
    if len(told) > 1:
        told = [f"{words} of {', '.join(names)}" for words, names in zip(told, each.values(), strict=True)]
    lines += ["", f"In per cent, over {' and '.join(told)}, of {first['clips']} clips of {first['frames']} frames."]
    for method, found in summaries.items():
        if found["over_copying"]:
            lines += ["", *_ahead(method, found["over_copying"])]
        lines += ["", *_areas(method, found["roc_areas"])]
    return "\n".join([*lines, "", *sources_text(document["runs"])])


def _ahead(method: str, errors: Mapping[str, Any]) -> list[str]:
    steps = [name.removeprefix("error_over_copying_").removesuffix("_ahead") for name in errors]
    return [
        row_text([f"`{method}`: error in per cent of copying's", *(f"{step} ahead" for step in steps)]),
        row_text(["---"] * (len(steps) + 1)),
        row_text(["squared difference", *(score_text(each) for each in errors.values())]),
    ]


def _areas(method: str, areas: Mapping[str, Any]) -> list[str]:
    lines = [row_text([f"`{method}`: energy is higher for", "trained", "random start"]), "|---|---|---|"]
    return lines + [
        row_text([kind, score_text(each["trained"]), score_text(each["random_start"])]) for kind, each in areas.items()
    ]
