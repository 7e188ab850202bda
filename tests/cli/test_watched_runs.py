"""Watching a run from the command line: figures, the best encoder, an early stop, a collapse."""

import json
import math
from typing import get_args

import numpy as np
import pytest
from tiny_runs import SHORT, encoder_bytes, record, rows_of

from selftaught.core import UserError
from selftaught.runs import load_encoder, open_run, pretrain
from selftaught.runs.planning import plan_run
from selftaught.runs.watch_settings import BETTER, KeepBest, is_better
from selftaught.runs.watching import watched_sample

pytest_plugins = ["run_fixtures"]


def test_every_run_is_watched(run_folder):
    rows = rows_of(run_folder / "watch.csv")
    assert (rows[0]["step"], rows[-1]["step"]) == ("0", "6")
    assert set(rows[0]) == {
        *("step", "epoch", "rankme", "spread", "dead_features", "alpha_req", "uniformity", "flat"),
        *("embedding_spread", "embedding_rank", "symptom"),
    }
    said = record(run_folder)
    assert said["settings"]["watch"]["on_collapse"] == "warn"
    assert said["watched"]["items"] == "48 of the images that it learns from"
    assert said["watched"]["looks"] == len(rows)
    assert 0 < said["watched"]["share_of_time"] < 1
    assert said["watched"]["stopped"] is said["watched"]["best"] is None
    assert 'id="watched"' in (run_folder / "report.html").read_text()


def test_watching_changes_nothing_and_can_be_left_out(command, run_folder, images, tmp_path):
    out = tmp_path / "run"
    words = ["pretrain", "simclr", "--data", images, "--out", out, *SHORT, "--watch-every", "0"]
    assert command(words)[0] == 0
    assert encoder_bytes(out) == encoder_bytes(run_folder)
    assert not (out / "watch.csv").exists()
    assert record(out)["watched"] == {}


def test_the_best_encoder_is_kept_and_evaluated(command, images, tmp_path):
    out = tmp_path / "run"
    words = ["pretrain", "simclr", "--data", images, "--out", out, *SHORT, "--keep-best", "rankme", "--watch-knn"]
    status, _, err = command([*words, "--watch-every", "0.34", "--devices", "2"])
    assert status == 0, err
    assert "watching 48 of the images" in err
    rows, best = rows_of(out / "watch.csv"), record(out)["watched"]["best"]
    assert [int(row["step"]) for row in rows] == [0, 1, 2, 3, 4, 5, 6]
    assert all(0 <= float(row["knn_accuracy"]) <= 1 for row in rows)
    highest = max(rows[1:], key=lambda row: float(row["rankme"]))
    assert best == {"figure": "rankme", "step": int(highest["step"]), "value": pytest.approx(float(highest["rankme"]))}
    assert load_encoder(out / "encoder_best")([np.zeros((16, 16, 3), np.uint8)] * 2).shape == (2, 256)
    status, found, err = command(["evaluate", out, "--data", images, "--best", "--json"])
    assert status == 0, err
    assert json.loads(found)["encoder"] == "best"
    assert open_run(out, best=True).encoder().encoder.width == 256


def test_a_run_that_gets_no_better_ends(command, images, tmp_path):
    out = tmp_path / "run"
    words = ["pretrain", "simclr", "--data", images, "--out", out, *SHORT, "--epochs", "40", "--learning-rate", "1e-9"]
    status, _, err = command([*words, "--keep-best", "rankme", "--watch-every", "1", "--patience", "2"])
    assert status == 0, err
    said = record(out)
    assert said["steps"] < 120
    assert said["finished"] is not None
    assert "the best rankme is 2 looks old" in said["watched"]["stopped"]
    assert said["watched"]["stopped"] in err
    assert "Stopped early" in (out / "report.html").read_text()
    longer = command(["pretrain", "--resume", out, "--epochs", "1"])
    assert longer[0] == 0, longer[2]
    assert record(out)["steps"] == said["steps"] + 3


def test_refusals(command, images, run_folder, tmp_path):
    words = ["pretrain", "simclr", "--data", images, "--out", tmp_path / "x", *SHORT]
    assert "--on-collapse: expected one of warn, stop" in command([*words, "--on-collapse", "ask"])[2]
    assert "patience: expected keep_best, too" in command([*words, "--patience", "3"])[2]
    assert "watch_every: with 0 nobody looks" in command([*words, "--watch-every", "0", "--keep-best", "rankme"])[2]
    assert not (tmp_path / "x").exists()
    assert "kept no best encoder" in command(["evaluate", run_folder, "--data", images, "--best"])[2]
    pixels = np.random.default_rng(0).integers(0, 256, (32, 16, 16), dtype=np.uint8)
    with pytest.raises(UserError, match="watch_knn: expected labels, and the images to look at have none"):
        pretrain("simclr", pixels, tmp_path / "x", settings={"batch_size": 16, "watch_knn": True})


def test_figures_that_cannot_choose_are_refused_before_any_data_are_read(command, tmp_path):
    def refused(method, figure):
        words = ["pretrain", method, "--data", tmp_path / "nowhere", "--out", tmp_path / "x", "--keep-best", figure]
        status, _, err = command(words)
        assert status == 2
        return err

    listed = "expected one of none, energy_area, flat, uniformity, rankme, alpha_req, lidar, alignment, loss"
    assert f"{listed}, got rank_me (did you mean 'rankme'?)" in refused("simclr", "rank_me")
    assert f"{listed}, got knn_accuracy" in refused("simclr", "knn_accuracy")
    assert "keep_best: lidar compares several views of an item, and MAE is shown Mask" in refused("mae", "lidar")
    assert "of views, too, is energy_area" in refused("mae", "alignment")
    assert "nowhere" in refused("dino", "lidar")  # of crops in two sizes it is taken of the large ones


def test_each_figure_chooses_its_own_way():
    assert set(BETTER) == set(get_args(KeepBest)) - {"none"}
    order = {
        "energy_area": (0.5, 0.7, 0.6),
        "flat": (0.4, 0.1, 0.2),
        "alpha_req": (3.0, 0.9, 1.4),
        "alignment": (1.9, 0.2, 0.3),
    }
    for figure, (before, best, after) in order.items():
        assert is_better(figure, best, before)
        assert not is_better(figure, after, best)
        assert not is_better(figure, best, best)
        assert not is_better(figure, math.nan, None)


@pytest.mark.parametrize("figure", ["energy_area", "alpha_req", "lidar"])
def test_a_run_chosen_by_another_figure_resumes_to_the_bit(figure, command, images, tmp_path):
    words = ["pretrain", "simclr", "--data", images, *SHORT, "--epochs", "4", "--watch-every", "0.34"]
    words += ["--keep-best", figure, "--checkpoint-minutes", "1e-9"]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert command([*words, "--out", whole])[0] == 0
    rows, best = rows_of(whole / "watch.csv"), record(whole)["watched"]["best"]
    way = {"energy_area": float, "alpha_req": lambda x: -abs(float(x) - 1), "lidar": float}[figure]
    chosen = max(rows[1:], key=lambda row: way(row[figure]))
    assert (best["figure"], best["step"]) == (figure, int(chosen["step"]))

    seen = []

    def stop(look):
        seen.append(look)
        if look.step == 6:
            raise KeyboardInterrupt

    settings = {
        **{"image_size": 16, "epochs": 4, "batch_size": 16, "device": "cpu", "hidden_width": 32, "watch_every": 0.34},
        **{"keep_best": figure, "checkpoint_minutes": 1e-9},
    }
    with pytest.raises(KeyboardInterrupt):
        pretrain("simclr", str(images), cut, settings=settings, onlookers=[stop])
    status, _, err = command(["pretrain", "--resume", cut])
    assert status == 0, err
    assert (cut / "watch.csv").read_bytes() == (whole / "watch.csv").read_bytes()
    assert record(cut)["watched"]["best"] == best
    for name in ("encoder", "encoder_best"):
        assert (cut / name / "model.safetensors").read_bytes() == (whole / name / "model.safetensors").read_bytes()


def test_energies_of_a_method_that_knows_its_items_are_asked_about_them(images, tmp_path):
    settings = {"image_size": 16, "batch_size": 16, "epochs": 1, "device": "cpu", "keep_best": "energy_area"}
    plan = plan_run("instdisc", str(images), tmp_path / "x", settings=settings)
    assert plan.observer.view_figure.items is plan.training_items


def test_a_test_split_is_looked_at_instead(images):
    from selftaught.data import open_images

    splits = open_images("fashion-mnist-10k", labelled=False)
    sample = watched_sample(splits.train, splits.test)
    assert str(sample) == "500 held-out images"
    assert sample.items.keys == watched_sample(splits.train, splits.test).items.keys
    assert set(sample.items.rows.tolist()) <= set(splits.test.rows.tolist())
    with_few = watched_sample(splits.train, splits.test.take([1, 2]))
    assert str(with_few) == "500 of the images that it learns from"


def test_a_run_on_a_graph_keeps_the_encoder_of_the_lowest_loss(command, tmp_path):
    generator = np.random.default_rng(0)
    edges = generator.integers(0, 40, (2, 160))
    np.savez(tmp_path / "graph.npz", x=generator.random((40, 12), dtype=np.float32), edge_index=edges)
    out = tmp_path / "run"
    words = ["pretrain", "dgi", "--data", tmp_path / "graph.npz", "--out", out, "--epochs", "30", "--device", "cpu"]
    status, _, err = command(
        [*words, "--watch-every", "1", "--keep-best", "loss", "--patience", "5", "--log-every", "1"]
    )
    assert status == 0, err
    losses = [float(row["loss"]) for row in rows_of(out / "metrics.csv")]
    rows = rows_of(out / "watch.csv")
    assert rows[0]["loss"] == ""
    assert [float(row["loss"]) for row in rows[1:]] == pytest.approx(losses[: len(rows) - 1])
    said = json.loads((out / "run.json").read_text())["watched"]
    assert said["best"]["value"] == pytest.approx(min(losses[: len(rows) - 1]))
    assert (out / "encoder_best" / "model.safetensors").is_file()
