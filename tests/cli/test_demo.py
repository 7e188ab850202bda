"""`selftaught demo` from end to end, with fewer steps, and that it replaces nothing but a demo."""

import html
import json
import shutil
from dataclasses import replace

import pytest

from selftaught.recipes import find_recipe

pytest_plugins = ["run_fixtures"]


@pytest.fixture
def quick(monkeypatch, images):
    """The demo's recipe, with less to do."""
    recipe = find_recipe("simclr_fashion_mnist_10k")
    numbers = {"epochs": 1, "batch_size": 16, "hidden_width": 16, "image_size": 16, "warmup_epochs": 0.0}
    short = replace(recipe, data=str(images), settings={**recipe.settings, **numbers})
    monkeypatch.setattr("selftaught.recipes.find_recipe", lambda name: short)
    monkeypatch.setattr("selftaught.runs.planning.find_recipe", lambda name: short)


@pytest.mark.usefixtures("quick")
def test_the_demo_trains_evaluates_and_reports_and_can_be_repeated(command, tmp_path):
    out = tmp_path / "demo"
    for _ in range(2):
        status, said, _ = command(["demo", "--out", out, "--device", "cpu"])
        assert status == 0
    measured = json.loads((out / "evaluation.json").read_text())
    assert sum(measured["items"].values()) == 48
    assert measured["verdict"] in said
    assert str(out / "report.html") in said
    assert measured["verdict"].partition(": ")[0] in html.unescape((out / "report.html").read_text())


def test_the_demo_replaces_no_other_run(command, run_folder, tmp_path):
    out = shutil.copytree(run_folder, tmp_path / "run")
    status, _, err = command(["demo", "--out", out])
    assert status == 2
    assert "already holds a run" in err


@pytest.mark.slow
def test_the_whole_demo_beats_its_random_start(command, tmp_path):
    status, _, _ = command(["demo", "--out", tmp_path / "demo"])
    assert status == 0
    measured = json.loads((tmp_path / "demo" / "evaluation.json").read_text())
    ours, start = measured["protocols"], measured["controls"]["random_start"]
    assert measured["items"] == {"train": 8000, "test": 2000}
    assert ours["linear"]["100"]["mean"] - start["linear"]["100"]["mean"] >= 0.10
    assert ours["knn"]["accuracy"] - start["knn"]["accuracy"] >= 0.03
