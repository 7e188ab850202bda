import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from stand_ins import Exploding, Linear, NoisyCopies, Numbers, Remembering, fresh

from selftaught.core import UserError
from selftaught.training import NonFiniteLoss, TrainingSettings, train

FAST = {"batch_size": 8, "precision": "float32", "device": "cpu", "log_every": 1}


def run(folder: Path, *, devices: int, batch_norm: bool = False, synchronise: bool = False, **changes):
    method = fresh(lambda: Remembering(Linear(batch_norm=batch_norm)))
    settings = TrainingSettings(epochs=2, devices=devices, synchronise_batch_norm=synchronise, **{**FAST, **changes})
    losses: list[float] = []
    shown: list[str] = []

    def track(items: Iterable[object], what: str, total: int | None = None) -> Iterable[object]:
        for item in items:
            yield item
            shown.append(f"{what} of {total}")

    watch = [lambda step, row: losses.append(row["loss"])]
    train(method, Numbers(40), NoisyCopies(), settings, folder=folder, watchers=watch, track=track)
    return method, losses, shown


def difference(one: Remembering, other: Remembering) -> float:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return max(float((a - b).abs().max()) for a, b in pairs)


# With batch norm not by AdamW, which would blow up the rounding error of biases that have no gradient at all.
SGD = {"optimiser": "sgd", "learning_rate": 0.02}


@pytest.mark.parametrize(("batch_norm", "changes"), [(False, {"clip_norm": 0.5}), (True, SGD)])
def test_two_processes_equal_one(batch_norm: bool, changes: dict[str, object], tmp_path: Path) -> None:
    options = {"batch_norm": batch_norm, "synchronise": batch_norm, **changes}
    one, losses, shown = run(tmp_path / "one", devices=1, **options)
    two, theirs, shown_by_two = run(tmp_path / "two", devices=2, **options)
    assert len(losses) == 10
    assert theirs == pytest.approx(losses, rel=1e-5)
    assert difference(one, two) < 1e-5
    assert shown == shown_by_two == ["training of 10"] * 10
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == ["checkpoints", "metrics.csv"]


def test_without_synchronised_batch_norm_they_differ(tmp_path: Path) -> None:
    one, *_ = run(tmp_path / "one", devices=1, batch_norm=True)
    two, *_ = run(tmp_path / "two", devices=2, batch_norm=True)
    assert difference(one, two) > 1e-3


def test_errors_come_back_as_they_are(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=4, devices=2, **FAST)
    with pytest.raises(NonFiniteLoss, match=r"the loss apart was inf at step 6 of 20"):
        train(fresh(Exploding, after=5), Numbers(40), NoisyCopies(), settings, folder=tmp_path)


def test_an_error_here_ends_them(tmp_path: Path) -> None:
    def complain(step: int, row: object) -> None:
        raise LookupError(f"at step {step}")

    settings = TrainingSettings(epochs=1000, devices=2, **FAST)
    with pytest.raises(LookupError, match="at step 1"):
        train(fresh(), Numbers(40), NoisyCopies(), settings, folder=tmp_path, watchers=[complain])
    assert multiprocessing.active_children() == []


class Breaking(NoisyCopies):
    def __call__(self, items, *, index=None, draws=None):
        raise KeyError("no such view")


def test_a_fault_shows_its_traceback(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=1, devices=2, **FAST)
    with pytest.raises(RuntimeError, match=r"(?s)a training process failed:.*KeyError: 'no such view'"):
        train(fresh(), Numbers(40), Breaking(), settings, folder=tmp_path)


def test_what_cannot_be_copied_is_said(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=1, devices=2, **FAST)
    views = NoisyCopies()
    views.noise = lambda: 0  # type: ignore[assignment]
    with pytest.raises(UserError, match=r"several devices: expected .* that can be copied into other processes"):
        train(fresh(), Numbers(40), views, settings, folder=tmp_path)


def test_a_batch_that_cannot_be_shared(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="that 3 processes can share equally, got 8"):
        train(fresh(), Numbers(40), NoisyCopies(), TrainingSettings(devices=3, **FAST), folder=tmp_path / "run")
    assert not (tmp_path / "run").exists()


UNGUARDED = """
import sys
from pathlib import Path
from stand_ins import NoisyCopies, Numbers, fresh
from selftaught.training import TrainingSettings, train

print("once")
settings = TrainingSettings(epochs=1, batch_size=8, precision="float32", device="cpu", devices=2)
print(train(fresh(), Numbers(16), NoisyCopies(), settings, folder=Path(sys.argv[1])).steps)
"""

TORCHRUN = """
import os, sys
from pathlib import Path
import torch
from stand_ins import NoisyCopies, Numbers, fresh
from selftaught.training import TrainingSettings, train

folder = Path(sys.argv[1])
settings = TrainingSettings(epochs=2, batch_size=8, precision="float32", device="cpu")
method = fresh()
train(method, Numbers(40), NoisyCopies(), settings, folder=folder)
torch.save(method.state_dict(), folder / f"rank{os.environ['RANK']}.pt")
"""


def script(folder: Path, text: str, *command: str) -> str:
    (folder / "script.py").write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}
    arguments = [sys.executable, *command, str(folder / "script.py"), str(folder / "run")]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_users_script_is_not_run_again(tmp_path: Path) -> None:
    assert script(tmp_path, UNGUARDED).split() == ["once", "2"]


def test_torchrun_starts_the_processes_itself(tmp_path: Path) -> None:
    script(tmp_path, TORCHRUN, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    one, *_ = run(tmp_path / "one", devices=1)
    first, second = (torch.load(tmp_path / "run" / f"rank{rank}.pt", weights_only=True) for rank in range(2))
    for name, tensor in one.state_dict().items():
        assert torch.equal(first[name], second[name])
        assert torch.allclose(first[name], tensor, atol=1e-5), name
