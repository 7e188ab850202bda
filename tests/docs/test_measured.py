"""The tables of a method's page: its rows of the boards, beside its own controls, and nothing where there is none."""

import json

import pytest
from test_pages import script


@pytest.fixture(scope="module")
def tables():
    return script("docs/measured.py")


def figure(*values):
    return {"mean": sum(values) / len(values), "values": list(values), "interval": [0, 1]}


def board(seeds=(0.5, 0.7), family="pretext_and_generative"):
    def row(level, **what):
        seen = {"mean": 12_345.0, "values": [12_345.0]}
        return {"figures": {"kNN accuracy": figure(*(level + seed for seed in seeds)), "items seen": seen}, **what}

    method = {
        "role": "method",
        "method": "vae",
        "name": "vae",
        "recipe": "vae_fashion_mnist",
        "encoder": "small_resnet",
    }
    return {
        "family": family,
        "data": "fashion-mnist",
        "minutes_each": 3.0,
        "seeds": len(seeds),
        "command": "python benchmarks/leaderboards.py",
        "date": "2026-11-24",
        "columns": [
            {"figure": "kNN accuracy", "title": "kNN", "unit": "share"},
            {"figure": "items seen", "title": "items seen", "unit": "count"},
        ],
        "rows": [
            row(0.0, **method, own_task={"figure": "accuracy", "value": 0.9, "chance": 0.25}),
            row(0.1, role="control", control="raw_input", name="raw input", of=["vae", "made"]),
            row(0.2, role="control", control="random_start", name="random start of made", of=["made"]),
            row(0.3, role="control", control="random_start", name="random start", of=["vae"]),
        ],
    }


@pytest.fixture
def results(tmp_path):
    (tmp_path / "learns.json").write_text(json.dumps({"summary": []}), encoding="utf-8")
    return tmp_path


def test_a_row_stands_above_its_own_controls(tables, results):
    (results / "leaderboard_one.json").write_text(json.dumps(board()), encoding="utf-8")
    lines = tables.measured("vae", results)
    assert lines[0] == "## Measured"
    assert "| `vae` | 60.0 (50.0 to 70.0) |" in lines
    assert "| raw input | 70.0 (60.0 to 80.0) |" in lines
    assert "| random start | 90.0 (80.0 to 100.0) |" in lines
    assert not any("80.0 (70.0 to 90.0)" in line for line in lines), "the start of another's network"
    told = next(line for line in lines if "minutes on one core" in line)
    assert "3 minutes on one core and 12,345 images; `--recipe vae_fashion_mnist`" in told
    assert "2 seeds, mean and range. Its own task: 90.0 % right, where chance is 25.0." in told
    assert "learning rates" not in told


def test_one_seed_has_no_range_and_tried_rates_are_named(tables, results):
    document = board((0.5,), "joint_embedding")
    (results / "leaderboard_one.json").write_text(json.dumps(document), encoding="utf-8")
    lines = tables.measured("vae", results)
    assert "| `vae` | 50.0 |" in lines
    assert any("the best of three learning rates" in line and "1 seed." in line for line in lines)


def test_nothing_is_said_of_what_was_not_measured(tables, results):
    (results / "leaderboard_one.json").write_text(json.dumps(board()), encoding="utf-8")
    assert tables.measured("bert", results) == []
    assert tables.measured("made", results) == [], "a control of its network is no row of its own"


def test_every_method_of_a_board_has_its_row_on_its_page(tables):
    root = script("benchmarks/record.py").ROOT
    boards = [json.loads(path.read_text(encoding="utf-8")) for path in (root / "results").glob("leaderboard_*.json")]
    assert len(boards) == 4
    for document in boards:
        for row in document["rows"]:
            if row["role"] == "method":
                page = (root / "docs" / "methods" / f"{row['method']}.md").read_text(encoding="utf-8")
                knn = 100 * row["figures"]["kNN accuracy"]["mean"]
                assert f"| `{row['method']}` | {knn:.1f}" in page
                assert document["command"] in page
