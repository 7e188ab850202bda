import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from stand_ins import Choosing, Linear, NoisyCopies, Numbers, Remembering, fresh, same

from selftaught.core import UserError
from selftaught.training import Interrupted, TrainingSettings, load_checkpoint, train
from selftaught.training.checkpoint import checkpoint_path

FAST = {"batch_size": 8, "precision": "float32", "device": "cpu", "log_every": 1}
TIMES = ("seconds", "items_per_second")

SCRIPT = """
import sys
from pathlib import Path
from stand_ins import Linear, NoisyCopies, Numbers, Remembering, fresh
from selftaught.training import Interrupted, TrainingSettings, train

folder, pause, checkpoint_minutes = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
settings = TrainingSettings(epochs=6, batch_size=8, precision="float32", device="cpu", log_every=1,
                            checkpoint_minutes=checkpoint_minutes, devices=int(sys.argv[4]))
method = fresh(lambda: Remembering(Linear(dropout=0.3)))
try:
    train(method, Numbers(44, pause), NoisyCopies(), settings, folder=folder)
except Interrupted as stop:
    print(stop.message, file=sys.stderr)
    raise
"""
STEPS = 30


def reference(folder: Path, *, resume: bool = False, devices: int = 1) -> Remembering:
    method = fresh(
        lambda: Remembering(Linear(dropout=0.3)), seed=9 if resume else 0
    )  # a resumed run does not need the start
    settings = TrainingSettings(epochs=6, devices=devices, **FAST)
    train(method, Numbers(44), NoisyCopies(), settings, folder=folder, resume=resume)
    return method


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as file:
        return [{key: value for key, value in row.items() if key not in TIMES} for row in csv.DictReader(file)]


def started(folder: Path, *, pause: float, checkpoint_minutes: float, devices: int = 1) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}
    arguments = [str(folder), str(pause), str(checkpoint_minutes), str(devices)]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments], env=environment, stderr=subprocess.PIPE, text=True
    )


def wait_until(happened, process: subprocess.Popen[str]) -> None:
    for _ in range(1200):
        if happened():
            return
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    process.kill()
    raise AssertionError("nothing happened within a minute")


def logged(folder: Path) -> int:
    path = folder / "metrics.csv"
    return path.read_text().count("\n") - 1 if path.is_file() else 0


def assert_same_runs(one: Path, other: Path) -> None:
    a, b = load_checkpoint(checkpoint_path(one)), load_checkpoint(checkpoint_path(other))
    assert (a.step, b.step) == (STEPS, STEPS)
    assert same(a.method, b.method)
    for key, state in a.optimiser["state"].items():
        assert same(state, b.optimiser["state"][key])
    assert rows(one) == rows(other)
    assert len(rows(one)) == STEPS


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_a_killed_run_continues_to_the_bit(tmp_path: Path) -> None:
    process = started(tmp_path / "killed", pause=0.05, checkpoint_minutes=1e-9)
    wait_until(lambda: logged(tmp_path / "killed") >= 8, process)
    process.kill()
    process.communicate()
    assert 1 < load_checkpoint(checkpoint_path(tmp_path / "killed")).step < STEPS
    reference(tmp_path / "killed", resume=True)
    reference(tmp_path / "whole")
    assert_same_runs(tmp_path / "killed", tmp_path / "whole")


def test_ended_before_its_first_real_checkpoint(tmp_path: Path) -> None:
    def fail(step: int, row: object) -> None:
        if step == 3:
            raise LookupError

    method, settings = fresh(lambda: Remembering(Linear(dropout=0.3))), TrainingSettings(epochs=6, **FAST)
    with pytest.raises(LookupError):
        train(method, Numbers(44), NoisyCopies(), settings, folder=tmp_path / "ended", watchers=[fail])
    assert load_checkpoint(checkpoint_path(tmp_path / "ended")).step == 0
    reference(tmp_path / "ended", resume=True)
    reference(tmp_path / "whole")
    assert_same_runs(tmp_path / "ended", tmp_path / "whole")


@pytest.mark.usefixtures("one_thread")
def test_a_signal_saves_and_stops(tmp_path: Path) -> None:
    process = started(tmp_path / "stopped", pause=0.05, checkpoint_minutes=10.0)
    wait_until(lambda: logged(tmp_path / "stopped") >= 3, process)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=30)[1]
    assert process.returncode == 128 + signal.SIGINT
    step = load_checkpoint(checkpoint_path(tmp_path / "stopped")).step
    assert 3 <= step < STEPS
    assert error == (
        f"stopped after step {step} of {STEPS}, and saved; "
        f"continue with: selftaught pretrain --resume {tmp_path / 'stopped'}\n"
    )
    reference(tmp_path / "stopped", resume=True)
    reference(tmp_path / "whole")
    assert_same_runs(tmp_path / "stopped", tmp_path / "whole")


def test_a_signal_in_the_last_step_counts(tmp_path: Path) -> None:
    def stop(step: int, row: object) -> None:
        if step == 4:
            signal.raise_signal(signal.SIGTERM)

    settings = TrainingSettings(epochs=2, **FAST)
    with pytest.raises(Interrupted, match="143"):
        train(fresh(), Numbers(16), NoisyCopies(), settings, folder=tmp_path, watchers=[stop])
    assert load_checkpoint(checkpoint_path(tmp_path)).step == 4
    assert train(fresh(), Numbers(16), NoisyCopies(), settings, folder=tmp_path, resume=True).steps == 4


def test_two_processes_are_stopped_and_continued(tmp_path: Path) -> None:
    process = started(tmp_path / "stopped", pause=0.05, checkpoint_minutes=10.0, devices=2)
    wait_until(lambda: logged(tmp_path / "stopped") >= 3, process)
    process.send_signal(signal.SIGTERM)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 143, error
    assert error.startswith("stopped after step ")
    assert error.count("\n") == 1
    assert 3 <= load_checkpoint(checkpoint_path(tmp_path / "stopped")).step < STEPS
    method = fresh(lambda: Remembering(Linear(dropout=0.3)), seed=9)
    settings = TrainingSettings(epochs=6, devices=1, **FAST)
    train(method, Numbers(44), NoisyCopies(), settings, folder=tmp_path / "stopped", resume=True)
    assert logged(tmp_path / "stopped") == STEPS


def test_in_the_middle_of_an_epoch_that_a_method_chose(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=4, checkpoint_minutes=1e-9, **FAST)
    whole = fresh(Choosing, items=24)
    train(whole, Numbers(24), NoisyCopies(), settings, folder=tmp_path / "whole")

    class Enough(Exception):
        pass

    def stop(step: int, row: object) -> None:
        if step == 9:  # in the third epoch of 3 steps: 7, 8, 9; the checkpoint is that after step 8
            raise Enough

    half = fresh(Choosing, items=24)
    with pytest.raises(Enough):
        train(half, Numbers(24), NoisyCopies(), settings, folder=tmp_path / "half", watchers=[stop])
    assert load_checkpoint(checkpoint_path(tmp_path / "half")).step == 8
    again = fresh(Choosing, items=24, seed=1)
    train(again, Numbers(24), NoisyCopies(), settings, folder=tmp_path / "half", resume=True)
    assert same(again.state_dict(), whole.state_dict())
    assert rows(tmp_path / "half") == rows(tmp_path / "whole")


def test_a_finished_run_can_be_lengthened_and_repeated(tmp_path: Path) -> None:
    def run(epochs: int, *, resume: bool) -> tuple[Remembering, int]:
        method = fresh(seed=0 if not resume else 5)
        settings = TrainingSettings(epochs=epochs, **FAST)
        return method, train(method, Numbers(16), NoisyCopies(), settings, folder=tmp_path, resume=resume).steps

    first, _ = run(2, resume=False)
    again, steps = run(2, resume=True)
    assert steps == 4
    assert same(first.state_dict(), again.state_dict())
    longer, steps = run(5, resume=True)
    assert steps == 10
    assert not same(first.state_dict(), longer.state_dict())
    assert [row["step"] for row in rows(tmp_path)] == [str(step) for step in range(1, 11)]
    with pytest.raises(UserError, match="at least the 10 steps that the run has done, got 6"):
        run(3, resume=True)


@pytest.mark.parametrize(
    ("change", "items", "message"),
    [
        ({"batch_size": 4}, 16, "batch_size: the run in .* was started with 8, and cannot go on with 4"),
        ({"seed": 1}, 16, "seed: .* started with 0, and cannot go on with 1"),
        ({"optimiser": "sgd"}, 16, "optimiser: .* started with adamw, and cannot go on with sgd"),
        ({}, 17, "items: .* started with 16, and cannot go on with 17"),
    ],
)
def test_a_run_cannot_go_on_with_other_numbers(change, items, message, tmp_path: Path) -> None:
    train(fresh(), Numbers(16), NoisyCopies(), TrainingSettings(epochs=1, **FAST), folder=tmp_path)
    settings = TrainingSettings(epochs=2, **{**FAST, **change})
    with pytest.raises(UserError, match=message):
        train(fresh(), Numbers(items), NoisyCopies(), settings, folder=tmp_path, resume=True)


def test_a_checkpoint_of_another_method(tmp_path: Path) -> None:
    train(fresh(), Numbers(16), NoisyCopies(), TrainingSettings(epochs=1, **FAST), folder=tmp_path)
    method, settings = fresh(lambda: Remembering(Linear(batch_norm=True))), TrainingSettings(epochs=2, **FAST)
    with pytest.raises(UserError, match="of another method or encoder"):
        train(method, Numbers(16), NoisyCopies(), settings, folder=tmp_path, resume=True)


def test_metrics_that_went_missing(tmp_path: Path) -> None:
    train(fresh(), Numbers(16), NoisyCopies(), TrainingSettings(epochs=1, **FAST), folder=tmp_path)
    (tmp_path / "metrics.csv").write_text("step\n")
    with pytest.raises(UserError, match=r"bytes in .*metrics\.csv, as at the last checkpoint, got 5"):
        train(fresh(), Numbers(16), NoisyCopies(), TrainingSettings(epochs=2, **FAST), folder=tmp_path, resume=True)


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no checkpoint at"):
        train(fresh(), Numbers(16), NoisyCopies(), TrainingSettings(**FAST), folder=tmp_path, resume=True)
