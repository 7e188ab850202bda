"""Runs that go on, grow longer or are repeated."""

import json
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from tiny_runs import SHORT, encoder_bytes, record, rows_of

from selftaught.cli import main

pytest_plugins = ["run_fixtures"]


def test_resume_refuses_what_is_whole_or_broken(command, run_folder, tmp_path):
    assert "is finished: give --epochs" in command(["pretrain", "--resume", run_folder])[2]
    assert "no run at" in command(["pretrain", "--resume", tmp_path / "none"])[2]
    assert "unexpected 'simclr'" in command(["pretrain", "simclr", "--resume", run_folder])[2]
    assert "unknown option '--temperature'" in command(["pretrain", "--resume", run_folder, "--temperature", "1"])[2]
    broken = tmp_path / "broken"
    shutil.copytree(run_folder, broken)
    checkpoint = broken / "checkpoints" / "last.ckpt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:5000])
    status, _, err = command(["pretrain", "--resume", broken, "--epochs", "1"])
    assert status == 2
    assert "last.ckpt is truncated" in err
    assert record(broken) == record(run_folder)
    assert err.splitlines()[-1].startswith("error: ")
    checkpoint.unlink()
    status, _, err = command(["pretrain", "--resume", broken, "--epochs", "1"])
    assert err == f"error: the run at {broken} is not whole: missing checkpoints/last.ckpt\n"
    assert encoder_bytes(broken) == encoder_bytes(run_folder)


def test_an_interrupted_run_continues_to_the_bit(command, run_folder, images, tmp_path, monkeypatch):
    from selftaught.runs.pretraining import train

    class Killed(BaseException):
        pass

    def killed_after_four_steps(*given, track, **named):
        def until(items, what, total=None):
            for item in items:
                if item == 4:
                    raise Killed
                yield item

        return train(*given, track=until, **named)

    out = tmp_path / "run"
    words = ["pretrain", "simclr", "--data", str(images), "--out", str(out), *SHORT, "--checkpoint-minutes", "1e-9"]
    with monkeypatch.context() as patch:
        patch.setattr("selftaught.runs.pretraining.train", killed_after_four_steps)
        with pytest.raises(Killed):
            main(words)
    assert record(out)["finished"] is None
    assert not (out / "encoder").exists()
    told = command(["evaluate", out, "--data", images])[2]
    assert told.endswith(f"missing encoder; if it was stopped: selftaught pretrain --resume {out}\n")
    status, _, err = command(["pretrain", "--resume", out])
    assert status == 0, err
    assert encoder_bytes(out) == encoder_bytes(run_folder)
    assert record(out)["steps"] == 6


def test_a_finished_run_is_made_longer(command, run_folder, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(run_folder, out)
    assert command(["pretrain", "--resume", out, "--epochs", "1"])[0] == 0
    said = record(out)
    assert said["steps"] == 9
    assert said["extended_at"] == [6]
    assert said["started"] == record(run_folder)["started"]
    rows = rows_of(out / "metrics.csv")
    assert [int(row["step"]) for row in rows] == [6, 9]
    assert encoder_bytes(out) != encoder_bytes(run_folder)


def test_repeat_gives_the_same_encoder(command, run_folder, tmp_path):
    out = tmp_path / "again"
    assert command(["pretrain", "--repeat", run_folder / "run.json", "--out", out])[0] == 0
    assert encoder_bytes(out) == encoder_bytes(run_folder)
    assert record(out)["settings"] == record(run_folder)["settings"]
    assert "no record of a run" in command(["pretrain", "--repeat", tmp_path / "no.json", "--out", tmp_path / "z"])[2]


def test_sigterm_leaves_a_run_that_continues_to_the_bit(command, run_folder, images, tmp_path):
    out = tmp_path / "run"
    words = ["pretrain", "simclr", "--data", images, "--out", out, *SHORT, "--epochs", "400", "--log-every", "1"]
    child = subprocess.Popen([sys.executable, "-m", "selftaught", *map(str, words)], stderr=subprocess.PIPE, text=True)
    while not (out / "metrics.csv").exists() or len(rows_of(out / "metrics.csv")) < 3:
        assert child.poll() is None, child.communicate()[1]
        time.sleep(0.05)
    child.terminate()
    _, err = child.communicate()
    assert child.returncode == 143
    assert err.splitlines()[-1].startswith("stopped after step ")
    assert f"selftaught pretrain --resume {out}" in err
    reached = len(rows_of(out / "metrics.csv"))
    assert 3 <= reached < 1200
    first_rows = rows_of(out / "metrics.csv")
    other = shutil.copytree(out, tmp_path / "other")
    for folder in (out, other):  # the rest of the same length, by two ways
        said = record(folder)
        said["steps"] = reached + 3
        (folder / "run.json").write_text(json.dumps(said))
    status, _, err = command(["pretrain", "--resume", out])
    assert status == 0, err
    assert command(["pretrain", "--resume", other])[0] == 0
    assert rows_of(out / "metrics.csv")[:reached] == first_rows
    assert encoder_bytes(out) == encoder_bytes(other)


def test_two_processes_from_the_command_line_learn_what_one_does(command, tmp_path):
    images = tmp_path / "images.npy"  # as unlike each other as can be, or batch norm would enlarge rounding errors
    # With some seeds, as 0 and 3, rounding grows beyond the first bound below within one step; not with 2.
    np.save(images, np.random.default_rng(2).integers(0, 256, (48, 16, 16), dtype=np.uint8))
    losses = []
    for devices in ("1", "2"):
        out = tmp_path / devices
        words = ["pretrain", "simclr", "--data", images, "--out", out, *SHORT, "--devices", devices]
        words += ["--precision", "float32", "--synchronise-batch-norm", "--log-every", "1"]
        words += ["--optimiser", "sgd", "--learning-rate", "0.001"]
        assert command(words)[0] == 0
        losses.append([float(row["loss"]) for row in rows_of(out / "metrics.csv")])
        assert record(out)["settings"]["training"]["devices"] == int(devices)
        assert (out / "report.html").exists()
    assert losses[0][:2] == pytest.approx(losses[1][:2], rel=1e-4)
    assert losses[0] == pytest.approx(losses[1], rel=0.03)  # by now rounding errors have grown
