"""A second encoder is asked again what the first was asked, on the same items, and the differences are paired."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from selftaught.evaluation import beyond_vectors
from selftaught.evaluation.corruptions import corruptions_of
from selftaught.runs import evaluate, pretrain

ASKED = "corruptions,attack,spurious_cue,fine_tune,keeps"
FINE, CORRUPTED = "fine-tuned accuracy with 10% of the labels", "probe accuracy under corruptions"


@pytest.fixture
def data(tmp_path):
    """Bright images and dark ones, not easily told apart."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (100, 8, 8, 3), dtype=np.uint8)
    images[::2] = images[::2] * 0.8
    np.savez(tmp_path / "images.npz", images=images, labels=np.arange(100) % 2)
    return str(tmp_path / "images.npz")


@pytest.fixture
def runs(data, tmp_path, monkeypatch):
    """A run, and another that has the first one's start as its encoder; what takes minutes takes seconds."""
    few = {"corruptions": dict(list(corruptions_of("images").items())[:2])}
    for name, less in {
        "measure_corruptions": few,
        "measure_attack": {"steps": 2},
        "fine_tune": {"rates": (1e-3,), "most_steps": 2, "draws": 2},
    }.items():
        monkeypatch.setattr(beyond_vectors, name, partial(getattr(beyond_vectors, name), **less))
    monkeypatch.setattr("selftaught.runs.evaluating.refresh_report", lambda *_, **__: None)  # pages take seconds
    settings = {"epochs": 3, "batch_size": 16, "hidden_width": 16, "device": "cpu", "watch_every": 0}
    run = pretrain("simclr", data, tmp_path / "run", settings=settings).path
    other = Path(shutil.copytree(run, tmp_path / "other"))
    shutil.rmtree(other / "encoder")
    shutil.copytree(other / "start", other / "encoder")
    return run, other


def test_the_other_is_asked_alike(data, runs):
    run, other = runs
    found = evaluate(run, data, protocols=f"knn,{ASKED}", tune_labels="10%", against=other, device="cpu")
    ours, start = found["protocols"], found["controls"]["random_start"]
    against = found["against"]
    theirs = against["protocols"]
    assert set(theirs) == {"knn", "linear", *ASKED.split(",")}
    for name in ("corruptions", "attack", "spurious_cue"):
        assert theirs[name] == start[name] != ours[name], "the other's encoder is the start of the first"
    assert theirs["fine_tune"]["from_encoder"] == ours["fine_tune"]["from_scratch"] != ours["fine_tune"]["from_encoder"]
    assert theirs["fine_tune"]["from_scratch"] == {}, "the control stands beside the first"
    changes = [each["keeps"]["changes"].values() for each in (theirs, start)]
    known = [[one["encoder"] for one in each] for each in changes]
    assert known[0] == known[1]
    assert all(one["projection"] is not None for one in changes[0])

    differences = {each["figure"]: each for each in against["differences"]}
    paired = {CORRUPTED: [each["corruptions"]["mean"]["probe"] for each in (ours, theirs)]}
    paired[FINE] = [each["fine_tune"]["from_encoder"]["10%"]["mean"] for each in (ours, theirs)]
    for number, radius in enumerate(("0.5", "2", "8")):
        name = f"probe accuracy under attack within {radius} of 255"
        paired[name] = [each["attack"]["radii"][number]["probe"] for each in (ours, theirs)]
    paired["probe accuracy, without a tint"] = [each["spurious_cue"]["clean"] for each in (ours, theirs)]
    paired["probe accuracy, with a tint that is broken"] = [each["spurious_cue"]["broken"] for each in (ours, theirs)]
    assert set(differences) == {"kNN accuracy", *paired}
    for name, (first, second) in paired.items():
        assert differences[name]["first"] == pytest.approx(first)
        assert differences[name]["second"] == pytest.approx(second)
        low, high = differences[name]["interval"]
        assert low <= first - second <= high
        assert low < high or first == second
        assert f"{name} {100 * first:.1f} % against {100 * second:.1f} %" in against["sentence"]
    assert against["sentence"].index("kNN accuracy") < against["sentence"].index("Of the same test items:")
    json.dumps(found, allow_nan=False)


def test_an_encoder_beside_itself_differs_in_nothing(data, runs):
    run, _ = runs
    found = evaluate(run, data, protocols=f"usual,{ASKED}", tune_labels="10%", against=run, device="cpu")
    for name in ("corruptions", "attack", "spurious_cue", "keeps"):
        assert found["against"]["protocols"][name] == found["protocols"][name]
    assert {each["difference"] for each in found["against"]["differences"]} == {0.0}
    assert {tuple(each["interval"]) for each in found["against"]["differences"]} == {(0.0, 0.0)}
    [note] = [note for note in found["notes"] if "not compared with" in note]
    assert note == f"label_free, energy, own_task: not compared with {run}, only measured of this run"


def test_fine_tuning_decides_where_no_vectors_were_asked_for(data, runs):
    run, other = runs
    found = evaluate(
        run, data, protocols="fine_tune", tune_labels="10%,all", fine_tune_from=1, against=other, device="cpu"
    )
    assert f"compared with the same network from scratch: {FINE}" in found["verdict"]
    assert found["against"]["sentence"].split(": ")[1].startswith(FINE), "the fewest labels decide"
    assert "fine-tuned accuracy with all labels" in found["against"]["sentence"].partition("Of the same test items")[2]
    assert any("starts from its encoder, this run from layer 1 of its head" in note for note in found["notes"])


class Figures:
    def as_json(self) -> dict[str, Any]:
        return {}


def test_what_the_other_cannot_take_is_said(data, runs, tmp_path, monkeypatch):
    from selftaught.encoders import Preprocessing, build_encoder, save_encoder

    monkeypatch.setattr(beyond_vectors, "measure_dense_use", lambda *_, **__: Figures())
    encoder, prepare = build_encoder("mobilenetv3_small_050", channels=3, image_size=32), (0.5,) * 3
    save_encoder(encoder, Preprocessing(32, 3, prepare, prepare), tmp_path / "mobile")
    found = evaluate(runs[0], data, protocols="knn,dense", against=tmp_path / "mobile", device="cpu")
    said = "Not compared by dense: that needs vectors of positions, and TimmEncoder has one vector an image."
    assert said in found["against"]["sentence"]
    assert "dense" not in found["against"]["protocols"]
