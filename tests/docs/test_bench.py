"""What was set for speed: figures are read where they stand, and met only where they are."""

import json

import pytest
from test_pages import script

bench, record = script("benchmarks/bench.py"), script("benchmarks/record.py")
GOALS = [(2, False, True), (2.1, False, False), (2, True, True), (1.9, True, False)]


def measure(**changes):
    fields = {"title": "a step", "goal": 2, "file": "steps.json", "read": lambda found: found["rate"]}
    return bench.Measure(**{**fields, **changes})


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    origin = dict.fromkeys(bench.ORIGIN, "said")
    written = {"rate": record.spread([1.0, 2.0, 3.0]), **origin}
    (tmp_path / "steps.json").write_text(json.dumps(written), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("goal", "most", "met"), GOALS)
def test_a_goal_is_met_from_its_side(results, monkeypatch, goal, most, met):
    monkeypatch.setattr(bench, "MEASURES", (measure(goal=goal, most=most),))
    row = bench.gathered()["rows"][0]
    assert row["met"] is met
    assert bench.reached_text(row)[2] == ("yes" if met else "no")


def test_what_was_not_measured_is_said_and_not_met(results, monkeypatch):
    monkeypatch.setattr(bench, "MEASURES", (measure(file="missing.json"),))
    found = bench.gathered()
    assert bench.reached_text(found["rows"][0]) == ("not measured", "at least 2", "")
    assert found["documents"] == {}


def test_a_figure_that_its_document_has_not_is_not_measured():
    reads = {each.title: each.read for each in bench.MEASURES}
    assert reads["two views of 32 pixels, beside lightly's transform"]({"sizes": [{"image_size": 28}]}) is None
    assert reads["kNN after five minutes, CIFAR-10"]({"accuracies": {"fashion-mnist": {}}}) is None


def test_ratios_are_taken_repeat_by_repeat(results, monkeypatch):
    document = {"sizes": [{"image_size": 32, "ours": record.spread([10.0, 40.0]), "peer": record.spread([10.0, 10.0])}]}
    reads = {each.title: each.read for each in bench.MEASURES}
    assert reads["two views of 32 pixels, beside lightly's transform"](document)["values"] == [1.0, 4.0]
    steps = {
        "contestants": [
            {"name": "selftaught", "images_per_second": record.spread([9.0, 8.0])},
            {"name": "lightly", "images_per_second": record.spread([3.0, 2.0])},
        ]
    }
    assert reads["SimCLR's step, ResNet-18, beside lightly's float32"](steps)["values"] == [3.0, 4.0]


def test_time_for_an_image_grows_where_fewer_are_seen_a_second():
    sizes = [{"images_per_second": record.spread([100.0])}, {"images_per_second": record.spread([50.0])}]
    read = {each.title: each.read for each in bench.MEASURES}["time for an image, a million of them beside 10,000"]
    assert read({"sizes": sizes})["mean"] == 2.0
