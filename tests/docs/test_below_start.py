"""A page says where an encoder stays below its random start, by rule and with the figures."""

import json

import pytest
from test_pages import ROOT, script


@pytest.fixture(scope="module")
def module():
    return script("docs/below_start.py")


def mean(value):
    return {"mean": value, "interval": None, "values": [value]}


def row(name, role, knn, linear, encoder="small_resnet"):
    figures = {"kNN accuracy": mean(knn), "linear accuracy with all labels": mean(linear), "RankMe": mean(1.0)}
    method = {"method": name} if role == "method" else {"control": "random_start", "of": name.split(", ")}
    return {"name": name, "role": role, "encoder": encoder, "figures": figures, **method}


@pytest.fixture
def results(tmp_path):
    learned = {"knn": mean(0.75), "linear": {"100": mean(0.60), "1%": mean(0.71)}}
    start = {"knn": mean(0.70), "linear": {"100": mean(0.65), "1%": mean(0.70)}}
    one = {"method": "half", "recipe": "half_of_it", "seeds": [0, 1, 2], **learned, "controls": {"random_start": start}}
    (tmp_path / "learns.json").write_text(json.dumps({"summary": [one]}), encoding="utf-8")
    rows = [row("good", "method", 0.9, 0.9), row("bad", "method", 0.5, 0.6), row("same", "method", 0.70001, 0.70002)]
    rows += [row("good, bad, same", "control", 0.7, 0.7, None)]
    board = {"rows": rows, "data": "clothes", "minutes_each": 2.0, "seeds": 1}
    (tmp_path / "leaderboard_x.json").write_text(json.dumps(board), encoding="utf-8")
    starts = [
        row("good, same", "control", 0.7, 0.7),
        row("other", "control", 0.05, 0.2),
    ]
    board["rows"] = [rows[0], rows[2], row("other", "method", 0.1, 0.1, "transformer"), *starts]
    (tmp_path / "leaderboard_of_two_networks.json").write_text(json.dumps(board), encoding="utf-8")
    return tmp_path


def test_an_encoder_below_in_everything_is_said_to_be(module, results):
    assert module.below_start("bad", results) == [
        "On clothes after 2 minutes (1 seed), its encoder stays below its random start in every figure: "
        "kNN 50.0 % against 70.0 %; linear with all labels 60.0 % against 70.0 %.",
        "",
    ]


def test_of_one_that_is_below_in_part_the_parts_are_named(module, results):
    assert module.below_start("half", results) == [
        "With `--recipe half_of_it` (3 seeds), its encoder stays below its random start in 1 of 3 figures: "
        "linear with 100 labels 60.0 % against 65.0 %.",
        "",
    ]


def test_each_is_set_beside_the_start_of_its_own_network(module, results):
    [told, _] = module.below_start("other", results)
    assert "in 1 of 2 figures: linear with all labels 10.0 % against 20.0 %." in told


@pytest.mark.parametrize("name", ["good", "same", "unknown"])
def test_nothing_is_said_of_better_ones_and_of_equal_ones(module, results, name):
    assert module.below_start(name, results) == []


def test_the_committed_results_are_read(module):
    told = module.below_start("pixelcnn", ROOT / "results")
    assert "stays below its random start" in told[0]


def test_where_the_mean_is_above_seeds_that_are_below_are_named(module):
    own, start = {"mean": 0.6, "values": [0.5, 0.7]}, {"mean": 0.55, "values": [0.6, 0.5]}
    told = module.told_seeds("On clothes", {"kNN": (own, start), "linear": (own, own)})
    assert told == (
        "On clothes, single encoders stay below their own start where the mean does not: "
        "with seed 0, kNN 50.0 % against 60.0 %."
    )
    assert module.told_seeds("On clothes", {"kNN": (start, start)}) == ""
    alone = {"mean": 0.5, "values": [0.5]}, {"mean": 0.6, "values": [0.6]}
    assert module.told_seeds("On clothes", {"kNN": alone}) == ""
