"""New images of a run beside true ones: what is compared with what, by whose vectors, and what is printed."""

import json

import numpy as np
import pytest

from selftaught.cli import main
from selftaught.core import UserError
from selftaught.runs import pretrain, sample

SETTINGS = {"epochs": 1, "batch_size": 20, "generator_width": 4, "device": "cpu"}


def images(count, seed=0, side=16):
    return np.random.default_rng(seed).integers(0, 256, (count, side, side), dtype=np.uint8)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return pretrain("gan", images(60), tmp_path_factory.mktemp("gan"), settings=SETTINGS)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Bright and dark images in two parts."""
    file = tmp_path_factory.mktemp("data") / "two.npz"
    parts = {"train": images(80, seed=1) // 4, "test": images(50, seed=2) // 4}
    labels = {name: (np.arange(len(part)) % 2).astype(np.int64) for name, part in parts.items()}
    for name, part in parts.items():
        part[labels[name] == 1] += 190
    np.savez(
        file,
        images=parts["train"],
        labels=labels["train"],
        test_images=parts["test"],
        test_labels=labels["test"],
    )
    return file


def test_the_second_part_is_compared_with_and_others_are_of_the_first(run, labelled):
    drawn = sample(run, count=30, against=labelled, overwrite=True)
    found = drawn.compared
    assert (found["judge"], found["count"], found["reference"]) == ("pixels", 30, 50)
    assert set(found["new"]) == set(found["true"])
    assert found["true"]["classes_hit"] == found["true"]["classes"] == 2
    assert found["true"]["class_divergence_nats"] < 0.05
    assert found["true"]["coverage"] > 0.7
    assert found["new"]["coverage"] < found["true"]["coverage"]  # after three steps


def test_data_in_one_part_are_divided(run):
    found = sample(run, count=20, against=images(70, seed=4)).compared
    assert found["reference"] == 50
    assert found["true"]["classes"] is None
    alone = sample(run, count=20, against=images(30, seed=4)).compared
    assert (alone["reference"], alone["true"]) == (30, None)


def test_another_encoder_may_judge(run, labelled, tmp_path):
    rgb = np.repeat(images(40, seed=5, side=20)[..., None], 3, 3)
    judge = pretrain("simclr", rgb, tmp_path / "simclr", settings={"epochs": 1, "batch_size": 20, "device": "cpu"})
    by_pixels = sample(run, count=30, against=labelled).compared
    by_judge = sample(run, count=30, against=labelled, judge=judge).compared
    assert by_judge["judge"] == str(judge.path)
    assert by_judge["true"] != by_pixels["true"]


def test_what_is_printed(run, labelled, capsys):
    assert main(["sample", str(run.path), "--count", "30", "--against", str(labelled)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "beside 50 true images, by pixels:"
    assert lines[2].startswith("the new images: precision ")
    assert "of 2 classes, off by " in lines[2]
    assert lines[3].startswith("as many others, true: precision ")
    assert main(["sample", str(run.path), "--count", "30", "--against", str(labelled), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["compared"]
    assert 0 <= found["new"]["recall"] <= 1


def test_a_judge_without_true_images_is_refused(run):
    with pytest.raises(UserError, match="judge and label: expected true images to compare with, too: against"):
        sample(run, count=3, judge=run)
