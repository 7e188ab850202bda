"""`selftaught evaluate`: JSON alone, a table, a verdict, and what is said without labels."""

import html
import json
import shutil

import numpy as np
import pytest
from tiny_runs import write_images

from selftaught.cli.evaluate import print_evaluation

EVERY = "knn,linear,label_curve,clustering,retrieval,label_free,views,energy"

pytest_plugins = ["run_fixtures"]


@pytest.fixture
def run(run_folder, tmp_path):
    """A run that may be changed."""
    return shutil.copytree(run_folder, tmp_path / "run")


def test_json_stands_alone_on_standard_output(command, run, images, tmp_path):
    test_images = write_images(tmp_path / "test", count=10, seed=1)
    words = ["evaluate", run, "--data", images, "--test-data", test_images, "--json", "--device", "cpu"]
    status, out, _ = command(words)
    assert status == 0
    measured = json.loads(out)
    assert json.loads((run / "evaluation.json").read_text()) == measured
    assert measured["items"] == {"train": 48, "test": 20}
    assert set(measured["controls"]) == {"random_start", "raw_input"}
    for figures in (measured["protocols"], *measured["controls"].values()):
        assert set(figures["linear"]) == {"100", "1%", "10%", "all"}
        assert figures["linear"]["all"]["std"] is None
    # Bright against dark is easy for anything that sees.
    assert measured["protocols"]["knn"]["accuracy"] == 1
    assert measured["controls"]["raw_input"]["linear"]["all"]["mean"] == 1
    assert measured["verdict"].partition(": ")[0] in html.unescape((run / "report.html").read_text())


def test_a_table_and_the_verdict_stand_on_standard_output(command, run, images):
    status, out, _ = command(["evaluate", run, "--data", images, "--device", "cpu"])
    assert status == 0
    assert json.loads((run / "evaluation.json").read_text())["verdict"] in out
    for said in ("kNN", "this encoder", "random start", "raw input", "report.html"):
        assert said in out


def test_without_labels_it_says_what_needs_them(command, run, images, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in images.glob("*/*.png"):
        shutil.copy(path, flat / f"{path.parent.name}-{path.name}")
    status, out, _ = command(["evaluate", run, "--data", flat, "--json", "--device", "cpu"])
    assert status == 0
    measured = json.loads(out)
    assert measured["protocols"]["knn"]["accuracy"] is None
    assert "labels" in measured["verdict"]
    assert (run / "report.html").exists()
    status, out, _ = command(["evaluate", run, "--data", flat, "--device", "cpu"])
    assert status == 0
    assert "labels" in out


@pytest.mark.parametrize("part", ["encoder/model.safetensors", "start", "encoder/config.json"])
def test_a_run_that_is_not_whole_is_refused(command, run, images, part):
    path = run / part
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    status, out, err = command(["evaluate", run, "--data", images])
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert part.rpartition("/")[2] in err
    assert err.count("\n") == 1


def test_missing_data_are_asked_for(command, run):
    assert command(["evaluate", run])[2] == "error: missing --data\n"
    assert command(["evaluate", "--data", "x"])[2] == "error: missing RUN\n"


def test_the_table_shows_percent_spread_and_gaps(capsys):
    protocols = {"knn": {"accuracy": 0.8125}, "linear": {"100": {"mean": 0.7, "std": 0.0123}, "all": {"mean": 0.9}}}
    nothing = {"knn": {"accuracy": None}, "linear": {"100": {"mean": None, "std": None}, "all": {"mean": None}}}
    measured = {"protocols": protocols, "controls": {"raw_input": nothing}, "verdict": "So.", "items": {"test": 1234}}
    print_evaluation(measured)
    out = capsys.readouterr().out
    assert "1,234 test items" in out
    rows = [line.split() for line in out.splitlines()]
    assert [np.isin(["81.2", "70.0", "1.2", "90.0"], row).all() for row in rows].count(True) == 1
    assert any(row.count("-") == 3 and "raw" in row for row in rows)


def test_what_one_should_know_stands_before_the_verdict(capsys):
    nothing = {"knn": {"accuracy": None}, "linear": {}}
    notes = ["3 of 9 test images are near-duplicates of a training image", "dense: left out"]
    print_evaluation({"protocols": nothing, "controls": {}, "verdict": "So.", "items": {"test": 9}, "notes": notes})
    assert capsys.readouterr().out.splitlines()[-3:] == [*(f"note: {each}" for each in notes), "So."]


def test_every_protocol_on_vectors_and_against_another_run(command, run, images, tmp_path):
    test_images = write_images(tmp_path / "test", count=10, seed=1)
    words = ["evaluate", run, "--data", images, "--test-data", test_images, "--device", "cpu"]
    status, out, err = command([*words, "--protocols", EVERY, "--against", run])
    assert (status, err) == (0, err)
    measured = json.loads((run / "evaluation.json").read_text())
    assert list(measured["protocols"]) == ["knn", "linear", "label_curve", "clustering", "retrieval"]
    assert set(measured["protocols"]["label_curve"]) == {"1", "5", "10"}
    assert measured["protocols"]["clustering"]["accuracy"] == 1
    assert measured["protocols"]["retrieval"]["recall@1"] == 1
    assert measured["label_free"]["encoder"]["lidar"] > 0
    assert measured["label_free"]["encoder"]["alignment"] < 2
    assert measured["outcome"] in measured["rules"]["outcomes"]
    assert measured["duplicates"]["near"] == 0
    assert "cannot be told apart" in measured["against"]["sentence"]
    assert {each["difference"] for each in measured["against"]["differences"]} == {0.0}
    for said in ("labels a class, this encoder:", "k-means, random start:", "retrieval, raw input:", "told apart"):
        assert said in out
    page = html.unescape((run / "report.html").read_text())
    for said in ("LiDAR", "recall@1", "1 label a class", "cannot be told apart"):
        assert said in page


def test_only_the_protocols_asked_for_are_run(command, run, images):
    status, out, _ = command(["evaluate", run, "--data", images, "--protocols", "knn", "--json", "--device", "cpu"])
    assert status == 0
    measured = json.loads(out)
    assert measured["protocols"]["knn"]["accuracy"] is not None
    assert {each["mean"] for each in measured["protocols"]["linear"].values()} == {None}
    assert (measured["label_free"], measured["energy"], measured["against"]) == ({}, None, None)
    assert measured["own_task"] is None
    assert "kNN accuracy" in measured["verdict"]


def test_an_unknown_protocol_or_run_is_refused_at_once(command, run):
    status, out, err = command(["evaluate", run, "--data", "nowhere", "--protocols", "knn,lineer"])
    assert (status, out) == (2, "")
    assert "unknown protocol 'lineer': did you mean 'linear'?" in err
    assert "no run at nowhere" in command(["evaluate", run, "--data", "x", "--against", "nowhere"])[2]


def test_inner_layers_beside_the_same_layers_before_training(command, run, images):
    words = ["evaluate", run, "--data", images, "--protocols", "knn", "--device", "cpu"]
    status, out, err = command([*words, "--at", "layer1,layer3"])
    assert (status, err) == (0, err)
    measured = json.loads((run / "evaluation.json").read_text())
    assert {layer: each["width"] for layer, each in measured["depths"].items()} == {"layer1": 32, "layer3": 128}
    for layer in ("layer1", "layer3"):
        assert measured["depths"][layer]["encoder"]["knn"]["accuracy"] > 0.9  # bright against dark
        assert f"{layer}, random start" in out
        assert f"{layer}, random start" in (run / "report.html").read_text()
    status, out, _ = command([*words, "--at", "all", "--json"])
    assert list(json.loads(out)["depths"]) == ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4"]
    assert json.loads(out)["depths"]["layer4"]["encoder"]["knn"] == json.loads(out)["protocols"]["knn"]


def test_an_unknown_layer_is_refused_before_any_data_are_read(command, run):
    status, out, err = command(["evaluate", run, "--data", "nowhere", "--at", "layer1,layer7"])
    assert (status, out) == (2, "")
    assert "unknown layer 'layer7': did you mean 'layer" in err
    assert "expected names of layers" in command(["evaluate", run, "--data", "nowhere", "--at", "layer1,"])[2]
