"""The figures in recipes' notes are those of the results that they name."""

import importlib
import json
import re
from pathlib import Path

import pytest

from selftaught.recipes import find_recipe, recipe_names

RESULTS = Path(__file__).parents[2] / "results"
TOLD = re.compile(
    r"kNN ([\d.]+)(?: \+- [\d.]+)?, linear accuracy with 100 labels ([\d.]+)(?: \+- [\d.]+)?; "
    r"random start ([\d.]+) and ([\d.]+) \((?:\d seeds?; )?results/(\w+\.json)\)"
)
LEARNED = ("kNN accuracy", "linear accuracy with 100 labels")


def notes_of(name: str) -> str:
    return " ".join((importlib.import_module(f"selftaught.recipes.{name}").__doc__ or "").split())


NAMES = [name for name in recipe_names() if TOLD.search(notes_of(name))]


def in_learns(document: dict, recipe: str) -> list[float]:
    row = next(row for row in document["summary"] if row["recipe"] == recipe)
    sides = row, row["controls"]["random_start"]
    return [value for side in sides for value in (side["knn"]["mean"], side["linear"]["100"]["mean"])]


def in_board(document: dict, recipe: str) -> list[float]:
    row = next(row for row in document["rows"] if row.get("recipe") == recipe)
    start = next(one for one in document["rows"] if one.get("control") == "random_start" and row["method"] in one["of"])
    return [side["figures"][name]["mean"] for side in (row, start) for name in LEARNED]


@pytest.mark.parametrize("name", NAMES)
def test_a_target_is_what_was_measured(name: str) -> None:
    *told, where = TOLD.search(notes_of(name)).groups()
    document = json.loads((RESULTS / where).read_text(encoding="utf-8"))
    found = (in_learns if where == "learns.json" else in_board)(document, name)
    assert [float(figure) for figure in told] == pytest.approx([100 * figure for figure in found], abs=0.0501)


ORDERED = re.compile(
    r"another clip's continuation in ([\d.]+) % of pairs, than reversed in ([\d.]+) %; "
    r"random start ([\d.]+) and ([\d.]+)"
)


@pytest.mark.parametrize("method", ["future_frames", "dpc", "svg_lp"])
def test_a_target_of_clips_is_what_was_measured(method: str) -> None:
    told = ORDERED.search(notes_of(f"{method}_fashion_mnist")).groups()
    areas = json.loads((RESULTS / "video.json").read_text(encoding="utf-8"))["summary_by_method"][method]["roc_areas"]
    found = [areas[kind][who]["mean"] for who in ("trained", "random_start") for kind in ("another clip", "reversed")]
    assert [float(figure) for figure in told] == pytest.approx([100 * area for area in found], abs=0.0501)


def test_a_target_of_masks_is_what_was_measured() -> None:
    told = re.search(
        r"J ([\d.]+), random start ([\d.]+), staying where they are ([\d.]+)",
        notes_of("video_colorization_fashion_mnist"),
    ).groups()
    found = json.loads((RESULTS / "video.json").read_text(encoding="utf-8"))["summary_by_method"]["video_colorization"]
    rows = found["copied"]["cosine"], found["random_start"]["cosine"], found["staying"]
    figures = [100 * row["region_similarity"]["mean"] for row in rows]
    assert [float(figure) for figure in told] == pytest.approx(figures, abs=0.0501)


def test_what_stands_on_a_board_is_told() -> None:
    boards = [json.loads(path.read_text(encoding="utf-8")) for path in RESULTS.glob("leaderboard_*.json")]
    measured = {
        row["recipe"]
        for board in boards
        for row in board["rows"]
        if row["role"] == "method" and find_recipe(row["recipe"]).data == board["data"]
    }
    assert len(measured) > 25
    assert not {name for name in measured if name not in NAMES}
