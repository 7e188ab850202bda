"""The summary, the table and the drawing of what a representation keeps."""

import json
from pathlib import Path

import pytest
from test_pages import script

MACHINE = {"processor": "Some CPU", "cores": 2}
ORIGIN = {"command": "python benchmarks/what_is_kept.py", "commit": "abc", "date": "2026-01-02", "machine": MACHINE}
CHANGES = ("greyscale", "rotation", "noise", "sobel", "blur")


@pytest.fixture(scope="module")
def bench():
    return script("benchmarks/what_is_kept.py")


def scores(encoder: float, projection: float) -> dict:
    return {
        name: {"chance": 0.25 if name == "rotation" else 0.5, "encoder": encoder, "projection": projection}
        for name in CHANGES
    }


def run(added: str, seed: int, encoder: float) -> dict:
    """Of a run in which its own change stands out."""
    found = scores(0.9, 0.9)
    if added != "none":
        found[added] = {**found[added], "encoder": encoder, "projection": encoder - 0.3}
    told = {"added": added, "seed": seed, "encoder": found, "random_start": scores(0.95, 0.85)}
    return told | {"items": {"train": 1600, "test": 400}, "versions": {"torch": "2.14.1"}, **ORIGIN}


def test_a_change_is_looked_for_in_the_runs_that_had_it_and_in_those_that_had_none(bench) -> None:
    rows = bench.summarise(
        [run("none", 0, 0.0), run("rotation", 0, 0.7), run("rotation", 1, 0.8), run("noise", 0, 0.6)]
    )
    assert [row["change"] for row in rows] == ["rotation", "noise"]  # the others were not measured
    rotation = rows[0]
    assert rotation["among_the_views"]["encoder"]["mean"] == pytest.approx(0.75)
    assert rotation["among_the_views"]["projection"]["values"] == pytest.approx([0.4, 0.5])
    assert rotation["not_among_them"]["encoder"]["mean"] == 0.9
    assert rotation["random_start"]["projection"]["mean"] == 0.85
    assert rotation["chance"] == 0.25


def test_every_change_has_its_run_and_every_run_the_width_of_the_encoder(bench) -> None:
    from selftaught.evaluation.kept_changes import CHANGES as TOLD_APART

    assert set(bench.ADDED) == {"none", *TOLD_APART}
    options = bench.argparse.Namespace(minutes=None, device="cpu")
    settings = [bench.settings_for(added, 0, options) for added in bench.ADDED]
    assert {each["embedding_width"] for each in settings} == {256}
    assert len({json.dumps(each, sort_keys=True) for each in settings}) == len(bench.ADDED)


def test_the_table_and_the_drawing_show_the_summary(bench, tmp_path: Path) -> None:
    runs = [run("none", 0, 0.0), *(run(name, 0, 0.7) for name in CHANGES)]
    document = {"question": bench.QUESTION, "changes": bench.summarise(runs), "runs": runs}
    (tmp_path / "what_is_kept.json").write_text(json.dumps(document))
    page = script("benchmarks/results_table.py").filled("<!-- kept -->\n<!-- /kept -->\n", tmp_path)
    assert "| rotation | 25 | 70.0 | 40.0 | 90.0 | 90.0 | 95.0 | 85.0 | 67.6 | 25.6 |" in page
    assert "| blur | 50 | 70.0 | 40.0 | 90.0 | 90.0 | 95.0 | 85.0 | - | - |" in page
    assert "1,600 test images to learn from and 400 to be tested on" in page
    script("benchmarks/study_drawings.py").draw_sides(document["changes"], tmp_path / "kept.svg")
    assert (tmp_path / "kept.svg").read_text().startswith("<?xml")
