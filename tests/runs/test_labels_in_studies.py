"""Comparisons whose runs are trained on with labels: the network from scratch beside them, and what decides then."""

import json
from functools import partial

import numpy as np
import pytest

import selftaught
from selftaught.core import UserError
from selftaught.evaluation import beyond_vectors, tuned_scores
from selftaught.evaluation.tuned_classifier import tune_classifier
from selftaught.runs.answers import read_answers
from selftaught.runs.folder import RunFolder

FINE, PROBE = "fine-tuned accuracy with 10% of the labels", "linear accuracy with 10% of the labels"
SETTINGS = {"batch_size": 16, "image_size": 8, "watch_every": 0}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Two steps a training, no pages, and the words of each training on labels."""
    trained = []

    def watched(training, network, budget, draw, **how):
        trained.append((budget.name, draw))
        return tune_classifier(training, network, budget, draw, **how)

    monkeypatch.setattr(tuned_scores, "tune_classifier", watched)
    for name in ("fine_tune", "train_on_labels_alone"):
        cut = partial(getattr(beyond_vectors, name), rates=(1e-3,), most_steps=2, draws=2)
        monkeypatch.setattr(beyond_vectors, name, cut)
    monkeypatch.setattr("selftaught.runs.evaluating.refresh_report", lambda *_, **__: None)  # pages take seconds
    return trained


@pytest.fixture
def data(tmp_path):
    """Bright images and dark ones."""
    images = np.random.default_rng(0).integers(0, 128, (100, 8, 8), dtype=np.uint8)
    labels = np.arange(100) % 2
    images[labels == 1] += 100
    np.savez(tmp_path / "images.npz", images=images, labels=labels)
    return str(tmp_path / "images.npz")


def compared(data, out, **changes):
    asked = {"epochs": 1, "seeds": 1, "settings": SETTINGS, "device": "cpu"} | changes
    board = selftaught.compare(asked.pop("methods", ["simclr", "byol"]), data, out, **asked)
    assert board is not None
    return board


def test_from_scratch_stands_once_beside_what_was_fine_tuned(data, tmp_path, short):
    board = compared(data, tmp_path / "out", protocols="linear,supervised,fine_tune", tune_labels=["10%"])
    assert set(short) == {("10%", 0), ("10%", 1)}
    assert len(short) == (2 + 2) * 2, "two encoders; the control and labels alone, once for both; two draws"
    rows = {row["name"]: row for row in board["rows"]}
    assert set(rows) == {"simclr", "byol", "random start", "raw input", "from scratch"}
    control = rows["from scratch"]
    assert (control["role"], set(control["figures"])) == ("control", {FINE, PROBE})
    kept = read_answers(RunFolder(tmp_path / "out" / "simclr-seed0"))
    assert kept is not None
    for figure, name in ((FINE, FINE), (PROBE, "supervised accuracy with 10% of the labels")):
        found = control["figures"][figure]
        assert found["mean"] == pytest.approx(kept.networks["from_scratch"][name].mean())
        assert found["interval"][0] <= found["mean"] <= found["interval"][1]
    for name in ("simclr", "byol"):
        path = tmp_path / "out" / f"{name}-seed0" / "evaluation.json"
        evaluation = json.loads(path.read_text(encoding="utf-8"))
        assert evaluation["rules"]["tune_labels"] == ["10%"]
        [(budget, tuned)] = evaluation["protocols"]["fine_tune"]["from_encoder"].items()
        assert (budget, tuned["mean"]) == ("10%", pytest.approx(rows[name]["figures"][FINE]["mean"]))
        assert list(evaluation["controls"]["supervised"]["by_budget"]) == ["10%"]
    assert {"figure": FINE, "title": "fine-tuned, 10% of the labels", "unit": "share"} in board["columns"]
    assert [note for note in board["notes"] if note.startswith("From scratch, beside ")][1:]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert '<tr class="control">\n<th scope="row" data-value="from scratch">' in page
    assert "fine-tuned, 10% of the labels" in page


def test_networks_that_differ_have_controls_of_their_own(data, tmp_path):
    asked = {"vary": {"encoder.name": ["small_resnet", "small_vit"]}, "settings": {**SETTINGS, "epochs": 1}}
    asked |= {"protocols": "fine_tune", "tune_labels": "all", "device": "cpu"}
    board = selftaught.ablate("simclr", data, tmp_path / "out", **asked)
    assert board is not None
    named = [row["name"] for row in board["rows"] if row["name"].startswith("from scratch")]
    assert sorted(named) == [f"from scratch of encoder.name {name}" for name in ("small_resnet", "small_vit")]


def test_fine_tuning_decides_where_nothing_else_does(data, tmp_path):
    board = compared(data, tmp_path / "out", protocols="fine_tune", tune_labels="10%,all")
    assert board["decided_by"] == [FINE]
    assert {pair["question"] for pair in board["pairs"]} == {"between", "from scratch"}
    assert board["rows"][0]["figures"][FINE]["mean"] == max(row["figures"][FINE]["mean"] for row in board["rows"])


def test_labels_alone_decide_nothing_and_it_is_said(data, tmp_path):
    board = compared(data, tmp_path / "out", methods=["simclr"], protocols="supervised", tune_labels="all")
    assert board["decided_by"] == []
    assert board["headline"].startswith("Without knn, linear or fine_tune among the protocols, no method")
    [control] = [row for row in board["rows"] if row["role"] == "control"]
    assert list(control["figures"]) == ["supervised accuracy with all labels"], "there is no linear probe to stand by"


def test_other_budgets_are_another_comparison(data, tmp_path, monkeypatch):
    monkeypatch.setattr("selftaught.runs.studies.finishing.run_study", lambda study, **_: study.begin())
    monkeypatch.setattr("selftaught.runs.studies.finishing.gather", lambda study: {})
    monkeypatch.setattr("selftaught.runs.studies.finishing.write_comparison", lambda *_: None)
    compared(data, tmp_path / "out", protocols="supervised", tune_labels="all,10%")
    (tmp_path / "out" / "simclr-seed0").mkdir()
    (tmp_path / "out" / "simclr-seed0" / "run.json").write_text("{}")  # as if a run had begun
    compared(data, tmp_path / "out", protocols="supervised", tune_labels=["10%", "all"])  # the same
    with pytest.raises(UserError, match=r"tune_labels 10%,all, and .* tune_labels all was asked for"):
        compared(data, tmp_path / "out", protocols="supervised", tune_labels="all")
    with pytest.raises(UserError, match="expected supervised or fine_tune among the protocols"):
        compared(data, tmp_path / "new", tune_labels="all")
    assert not (tmp_path / "new").exists()
