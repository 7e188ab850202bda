"""Comparisons and ablations on a few images: their folders, restarts, shares, refusals, leaderboards and pages."""

import json
import shutil
import signal
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import selftaught
from selftaught.core import UserError
from selftaught.runs import answers
from selftaught.runs.folder import RunFolder
from selftaught.training import Interrupted

TINY = {"batch_size": 16, "image_size": 12, "watch_every": 0}
QUICK = {"protocols": "knn,linear", "device": "cpu"}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Two classes that differ a little."""
    folder, random = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for number, name in enumerate(("left", "right")):
        (folder / name).mkdir()
        for item in range(30):
            pixels = random.integers(0, 256, (12, 12), dtype=np.uint8)
            pixels[:, 6 * number : 6 * number + 6] //= 2
            Image.fromarray(pixels).save(folder / name / f"{item}.png")
    return folder


@pytest.fixture(scope="module")
def compared(images, tmp_path_factory):
    """A finished comparison; tests must not change it."""
    out = tmp_path_factory.mktemp("studies") / "compared"
    told = []
    board = selftaught.compare(
        ["simclr", "byol"], str(images), out, epochs=1, seeds=1, settings=TINY, tell=told.append, **QUICK
    )
    assert told == ["run 1 of 2: simclr, seed 0", "run 2 of 2: byol, seed 0"]
    assert board is not None
    return out, board


def again(images, out, **changes):
    told = []
    asked = {"methods": ["simclr", "byol"], "epochs": 1, "seeds": 1, "settings": TINY, **QUICK} | changes
    methods = asked.pop("methods")
    board = selftaught.compare(methods, str(images), out, tell=told.append, **asked)
    return board, told


@pytest.fixture
def copied(compared, tmp_path):
    return shutil.copytree(compared[0], tmp_path / "copied")


def test_leaderboard(compared):
    out, board = compared
    assert json.loads((out / "leaderboard.json").read_text()) == board
    roles = {row["name"]: row["role"] for row in board["rows"]}
    assert roles == {"simclr": "method", "byol": "method", "random start": "control", "raw input": "control"}
    for row in board["rows"]:
        if row["role"] == "method":
            evaluation = json.loads((out / f"{row['name']}-seed0" / "evaluation.json").read_text())
            knn = row["figures"]["kNN accuracy"]
            assert knn["mean"] == pytest.approx(evaluation["protocols"]["knn"]["accuracy"])
            assert knn["interval"][0] <= knn["mean"] <= knn["interval"][1]
            assert row["figures"]["items seen"]["mean"] == 48
            assert row["figures"]["seconds"]["interval"] is None
    assert board["decided_by"][0] == "kNN accuracy"
    ranks = [row["figures"]["kNN accuracy"]["mean"] for row in board["rows"]]
    assert ranks == sorted(ranks, reverse=True)
    assert {pair["question"] for pair in board["pairs"]} == {"between", "random start", "raw input"}
    assert any("With one seed" in note for note in board["notes"])
    assert any("the defaults" in note for note in board["notes"])


def test_each_run_is_an_ordinary_run(compared):
    out, _ = compared
    for name in ("simclr", "byol"):
        run = selftaught.runs.open_run(out / f"{name}-seed0")
        assert run.record.finished is not None
        assert run.folder.report.is_file()
        assert run.record.command[:3] == ("selftaught", "pretrain", name)
        kept = answers.read_answers(run.folder)
        assert kept is not None
        assert kept.networks["encoder"]["kNN accuracy"].shape == kept.truth.shape


def test_the_warm_up_belongs_to_the_budget_and_not_to_the_recipe(images, tmp_path):
    """A recipe's own half epoch of warm-up does not fit into two tenths of one."""
    short = {"epochs": 0.2, "seeds": 1, "settings": {**TINY, "batch_size": 4}, **QUICK}
    board = selftaught.compare(["simclr"], str(images), tmp_path / "a", recipe="simclr_fashion_mnist_10k", **short)
    assert board is not None
    record = json.loads((tmp_path / "a" / "simclr-seed0" / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["training"]["warmup_epochs"] is None
    asked = {**short, "settings": {**TINY, "batch_size": 4, "warmup_epochs": 0.5}}
    with pytest.raises(UserError, match="warmup_epochs: expected at most"):
        selftaught.compare(["simclr"], str(images), tmp_path / "b", recipe="simclr_fashion_mnist_10k", **asked)


def test_what_is_finished_is_not_done_again_and_the_rest_is(copied, images, monkeypatch):
    for module in ("evaluating", "pretraining"):
        monkeypatch.setattr(f"selftaught.runs.{module}.refresh_report", lambda *_, **__: None)  # pages take seconds
    first, byol = copied / "simclr-seed0", copied / "byol-seed0"
    before = {path: path.stat().st_mtime_ns for path in first.rglob("*") if path.is_file()}
    weights = (byol / "encoder" / "model.safetensors").read_bytes()
    # As if the machine had stopped after the last checkpoint of byol, before its encoder was written.
    record = json.loads((byol / "run.json").read_text())
    (byol / "run.json").write_text(json.dumps(record | {"finished": None}))
    shutil.rmtree(byol / "encoder")
    (byol / "evaluation.json").unlink()
    _, told = again(images, copied)
    assert told == ["run 2 of 2: byol, seed 0", "  goes on from its checkpoint"]
    assert {path: path.stat().st_mtime_ns for path in first.rglob("*") if path.is_file()} == before
    assert (byol / "encoder" / "model.safetensors").read_bytes() == weights
    assert again(images, copied)[1] == []


def test_a_run_stopped_for_a_collapse_is_not_on_the_board_even_if_measured(copied, images):
    path = copied / "byol-seed0" / "run.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"finished": None, "watched": {"stopped": "complete collapse at step 2"}}))
    board, told = again(images, copied)
    assert told == []
    assert [row["name"] for row in board["rows"] if row["role"] == "method"] == ["simclr"]
    assert "Stopped because the encoder had collapsed: byol, seed 0." in board["notes"]


def test_a_signal_stops_it_and_the_same_call_goes_on(compared, images, tmp_path):
    def stopped_in_step_two_of_byol(items, what, total=None):
        for step, item in enumerate(items):
            if what == "training" and step == 2 and (tmp_path / "new" / "byol-seed0").exists():
                signal.raise_signal(signal.SIGTERM)
            yield item

    with pytest.raises(Interrupted, match="143") as stopped:
        again(images, tmp_path / "new", track=stopped_in_step_two_of_byol)
    said = "stopped while byol, seed 0 was training, run 2 of 2; it is saved: the same command goes on from there"
    assert stopped.value.message == said
    board, told = again(images, tmp_path / "new")
    assert told == ["run 2 of 2: byol, seed 0", "  goes on from its checkpoint"]
    assert [row["figures"]["kNN accuracy"] for row in board["rows"]] == [
        row["figures"]["kNN accuracy"] for row in compared[1]["rows"]
    ]
    for name in ("simclr-seed0", "byol-seed0"):  # to the bit as if it had never been stopped
        weights = Path(name, "encoder", "model.safetensors")
        assert (tmp_path / "new" / weights).read_bytes() == (compared[0] / weights).read_bytes()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 2}, "simclr: epochs 1, and 2 was asked for"),
        ({"settings": {**TINY, "learning_rate": 0.5}}, "learning_rate 0.001, and 0.5 was asked for"),
        ({"methods": ["byol"]}, "the method simclr, which was not named now"),
        ({"protocols": "knn"}, "evaluation protocols knn,linear, and protocols knn was asked for"),
        ({"epochs": None, "minutes_each": 1}, "minutes none, and 1 was asked for"),
        ({"encoder": "resnet18"}, "encoder.name small_resnet, and resnet18 was asked for"),
    ],
)
def test_changed_settings_are_refused_and_named(compared, images, changes, said):
    with pytest.raises(UserError, match="holds a comparison with") as refused:
        again(images, compared[0], **changes)
    assert said in str(refused.value)
    assert "choose another --out" in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"methods": []}, "expected at least one method"),
        ({"methods": ["simclr", "simclear"]}, "unknown method 'simclear': did you mean 'simclr'"),
        ({"methods": ["simclr", "simclr"]}, "expected every method once, got 'simclr' twice"),
        ({"methods": ["simclr", "bert"]}, "simclr learns from images, and bert from text"),
        ({"methods": ["bert"]}, "bert learns from text, and .* holds images"),
        ({"epochs": None}, "expected a budget: either"),
        ({"minutes_each": 1}, "expected a budget: either"),
        ({"seeds": 0}, "seeds: expected at least 1"),
        ({"only": "3/2"}, "only: expected K/N"),
        ({"recipe": "mae_cifar10"}, "recipe 'mae_cifar10' is for mae, which is not compared"),
        ({"settings": {"learning_rate": -1.0}}, "simclr: learning_rate"),
        ({"settings": {"seed": 3}}, "expected the number of seeds"),
        ({"settings": {"temprature": 1}}, "unknown option 'temprature'"),
        ({"encoder": "resnet81"}, "resnet81"),
    ],
)
def test_bad_input_is_refused_before_anything_is_trained(images, tmp_path, changes, said):
    with pytest.raises(UserError, match=said):
        again(images, tmp_path / "new", **changes)
    assert not list(tmp_path.glob("new/*-seed0"))


def test_a_mistake_that_began_no_run_may_be_mended(images, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="expected at least as many images as a batch of 64"):
        again(images, tmp_path / "new", settings={**TINY, "batch_size": 64})
    assert not list(tmp_path.glob("new/*-seed0"))
    monkeypatch.setattr("selftaught.runs.studies.finishing.run_study", lambda study, **_: study.begin())
    with pytest.raises(UserError, match=r"no run in .* is measured yet"):
        again(images, tmp_path / "new")
    stored = json.loads((tmp_path / "new" / "study.json").read_text())
    assert stored["contenders"][0]["settings"]["batch_size"] == 16


def test_a_batch_that_only_a_later_setting_cannot_fill_is_found_first(images, tmp_path):
    asked = {"vary": {"batch_size": [16, 64]}, "settings": {"image_size": 12, "epochs": 1}, **QUICK}
    with pytest.raises(UserError, match="batch_size 64: expected at least as many images as a batch of 64"):
        selftaught.ablate("simclr", str(images), tmp_path / "grid", **asked)
    assert not list(tmp_path.glob("grid/*-seed0"))


def test_a_folder_that_is_no_comparison_is_left_alone(images, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="holds files that are no comparison"):
        again(images, tmp_path)
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(UserError, match="damaged"):
        again(images, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"mine.txt", "study.json"}


def test_runs_measured_on_other_items_are_not_compared(copied, images):
    folder = RunFolder(copied / "byol-seed0")
    stored = dict(np.load(folder.answers))
    np.savez(folder.answers, **(stored | {"truth": 1 - stored["truth"]}))
    with pytest.raises(UserError, match="measured on other items"):
        again(images, copied)
    folder.answers.write_bytes(b"PK")
    with pytest.raises(UserError, match=r"answers\.npz is damaged"):
        again(images, copied)


def test_a_grid_in_two_shares_and_its_heat_map(images, tmp_path, monkeypatch):
    monkeypatch.setattr("selftaught.runs.evaluating.refresh_report", lambda *_, **__: None)  # pages take seconds
    out, told = tmp_path / "grid", []
    asked = {"vary": {"temperature": [0.1, 0.5], "hidden_width": ["16"]}, "settings": {**TINY, "epochs": 1}, **QUICK}
    for share in ("1/2", "2/2"):
        assert selftaught.ablate("simclr", str(images), out, only=share, tell=told.append, **asked) is None
    assert told == [
        "run 1 of 1: temperature 0.1, hidden_width 16, seed 0",
        "1 of 2 runs are done; the leaderboard is made by a call without --only",
        "run 1 of 1: temperature 0.5, hidden_width 16, seed 0",
        "2 of 2 runs are done; the leaderboard is made by a call without --only",
    ]
    assert not (out / "leaderboard.json").exists()
    board = selftaught.ablate("simclr", str(images), out, tell=told.append, **asked)
    assert len(told) == 4
    assert board is not None
    assert board["varied"] == {"temperature": ["0.1", "0.5"], "hidden_width": ["16"]}
    shares = {row["name"]: row["figures"]["kNN accuracy"]["mean"] for row in board["rows"] if row["role"] == "setting"}
    page = (out / "report.html").read_text()
    HTMLParser().feed(page)
    heat = page.split('class="heat"')[1].split("</table>")[0]
    assert all(f">{100 * share:.1f}</td>" in heat for share in shares.values())
    assert 'href="temperature-0.5-hidden_width-16-seed0/report.html"' in page


@pytest.mark.parametrize(
    ("vary", "more", "said"),
    [
        ({"temprature": [1]}, {}, "unknown option 'temprature': did you mean '--temperature'"),
        ({"temperature": [0.1, "hot"]}, {}, "--temperature: expected a number, got hot"),
        ({"temperature": [0.1, -1]}, {}, "temperature -1: expected a temperature above 0"),
        ({"temperature": [0.1, 0.1]}, {}, "--temperature: expected every value once, got 0.1 twice"),
        ({"temperature": []}, {}, "expected at least one value"),
        ({"seed": [0, 1]}, {}, "--seed is not varied"),
        ({}, {}, "missing --vary"),
        ({"batch_size": [8, 16]}, {"settings": {"batch_size": 4}}, "one value for all or several to vary"),
        ({"temperature": [0.1]}, {"settings": {}}, "expected a budget for each run"),
        ({"temperature": [0.1]}, {"recipe": "mae_cifar10"}, "is for mae, not for simclr"),
    ],
)
def test_a_wrong_grid_is_refused_before_any_run(images, tmp_path, vary, more, said):
    asked = {"settings": {**TINY, "epochs": 1}, **QUICK, **more}
    with pytest.raises(UserError, match=said):
        selftaught.ablate("simclr", str(images), tmp_path / "grid", vary=vary, **asked)
    assert not (tmp_path / "grid").exists()


def test_recipes_fit_their_data_and_the_same_set_in_small():
    from selftaught.runs.comparing import fitting_recipe

    assert fitting_recipe("simclr", "fashion-mnist-10k") == "simclr_fashion_mnist_10k"
    assert fitting_recipe("simclr", "fashion-mnist") == "simclr_fashion_mnist"
    assert fitting_recipe("byol", Path("sets/fashion-mnist-10k")) == "byol_fashion_mnist"
    assert fitting_recipe("byol", "photos") is None
    assert fitting_recipe("byol", np.zeros((2, 8, 8), np.uint8)) is None
