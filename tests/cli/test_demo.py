"""`selftaught demo` from end to end, with fewer steps, and that it replaces nothing but a demo."""

import json
import shutil
from dataclasses import replace

import pytest

from selftaught.recipes import find_recipe

pytest_plugins = ["tiny_runs"]


@pytest.fixture
def quick(monkeypatch):
    """The demo's recipe, with less to do."""
    recipe = find_recipe("simclr_fashion_mnist_10k")
    numbers = {**recipe.settings, "epochs": 1, "batch_size": 4000, "hidden_width": 16, "image_size": 8}
    short = replace(recipe, settings=numbers | {"warmup_epochs": 0.0})
    monkeypatch.setattr("selftaught.recipes.find_recipe", lambda name: short)
    monkeypatch.setattr("selftaught.runs.planning.find_recipe", lambda name: short)


@pytest.mark.usefixtures("quick")
def test_the_demo_trains_evaluates_and_reports_and_can_be_repeated(command, tmp_path):
    out = tmp_path / "demo"
    for _ in range(2):
        status, said, _ = command(["demo", "--out", out, "--device", "cpu"])
        assert status == 0
    measured = json.loads((out / "evaluation.json").read_text())
    assert measured["items"] == {"train": 8000, "test": 2000}
    assert measured["verdict"] in said
    assert str(out / "report.html") in said
    assert measured["verdict"].split(",")[0] in (out / "report.html").read_text()


def test_the_demo_replaces_no_other_run(command, run_folder, tmp_path):
    out = shutil.copytree(run_folder, tmp_path / "run")
    status, _, err = command(["demo", "--out", out])
    assert status == 2
    assert "already holds a run" in err
