"""`finetune` and `distill` on the command line: one after the other, and what is said of mistakes."""

import json

import pytest

pytest_plugins = ["run_fixtures"]

FAST = ["--epochs", "1", "--batch-size", "16", "--device", "cpu", "--watch-every", "0"]


@pytest.fixture(scope="module")
def tuned(run_folder, images, tmp_path_factory):
    from selftaught.cli import main

    out = tmp_path_factory.mktemp("tuned") / "run"
    words = ["finetune", run_folder, "--data", images, "--out", out, "--from-layer", "head.1", "--device", "cpu"]
    assert main([str(word) for word in [*words, "--labels", "all", "--epochs", "2", "--learning-rate", "0.001"]]) == 0
    return out


def test_finetune_says_how_good_the_classifier_is(command, tuned, images, run_folder, tmp_path):
    words = ["finetune", run_folder, "--data", images, "--out", tmp_path / "run", "--device", "cpu", "--epochs", "1"]
    status, out, _ = command([*words, "--learning-rate", "0.001", "--json"])
    assert status == 0
    found = json.loads(out)
    assert found["from_layer"] == "encoder"
    assert found["test_items"] == 10  # a fifth of 48, of each class
    assert (tuned / "report.html").is_file()
    assert json.loads((tuned / "run.json").read_text())["command"][:2] == ["selftaught", "finetune"]


def test_distill_takes_the_options_of_its_method(command, tuned, images, tmp_path):
    out = tmp_path / "student"
    words = ["distill", tuned, "--data", images, "--test-data", images, "--student", "test_resnet", "--out", out]
    status, said, err = command([*words, *FAST, "--temperature", "2"])
    assert status == 0, err
    assert "student: " in said
    assert "teacher: " in said
    record = json.loads((out / "run.json").read_text())
    assert record["method"] == "distillation"
    assert record["encoder"]["name"] == "test_resnet"
    assert record["settings"]["method"]["temperature"] == 2.0


def test_distill_learns_vectors_where_there_are_no_classes(command, run_folder, images, tmp_path):
    words = ["distill", run_folder, "--data", images, "--student", "test_resnet", "--out", tmp_path / "run"]
    status, said, err = command([*words, *FAST])
    assert status == 0, err
    assert f"--against {run_folder}" in said
    assert json.loads((tmp_path / "run" / "run.json").read_text())["method"] == "simreg"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["finetune", "--data", "x", "--out", "y"], "missing RUN"),
        (["finetune", "RUN", "--out", "y"], "missing --data"),
        (["finetune", "RUN", "--data", "IMAGES", "--out", "y", "--from-layer", "head.7"], "did you mean 'head."),
        (["finetune", "RUN", "--data", "IMAGES", "--out", "y", "--labels", "3%"], "unknown share of labels '3%'"),
        (["finetune", "runs/none", "--data", "IMAGES", "--out", "y"], "no run at runs/none"),
        (["distill", "RUN", "--data", "IMAGES"], "missing --out"),
        (["distill", "RUN", "--out", "y"], "missing --data"),
        (["distill", "RUN", "--data", "IMAGES", "--out", "y", "--studnet", "resnet18"], "unknown option '--studnet'"),
        (["distill", "RUN", "--data", "IMAGES", "--out", "y", "--student", "resnet81"], "did you mean 'resnet18'"),
        (["distill", "RUN", "--data", "IMAGES", "--out", "y", "--labels", "1%"], "unknown option '--labels'"),
    ],
)
def test_mistakes_are_told_in_one_line(command, run_folder, images, tmp_path, words, said):
    given = {"RUN": run_folder, "IMAGES": images, "y": tmp_path / "run"}
    status, out, err = command([given.get(word, word) for word in words])
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["finetune", "distill"])
def test_help_explains_every_option(command, name):
    status, out, _ = command([name, "--help"])
    assert status == 0
    for option in ("--data", "--out", "--seed", "--device"):
        assert f"{option} " in out
