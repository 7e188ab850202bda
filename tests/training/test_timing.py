from pathlib import Path

import pytest
import torch
from stand_ins import Choosing, NoisyCopies, Numbers, fresh, same

from selftaught.core import UserError
from selftaught.training import TrainingSettings, time_training
from selftaught.training.job import Timing

FAST = {"batch_size": 8, "precision": "float32", "device": "cpu"}


def test_it_times_what_a_step_waits_for_and_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("selftaught.training.timing._SECONDS", 0.2)
    method = fresh()
    before = {name: tensor.clone() for name, tensor in method.state_dict().items()}
    torch.manual_seed(3)
    state = torch.get_rng_state()
    timing = time_training(method, Numbers(16, seconds=0.03), NoisyCopies(), TrainingSettings(**FAST))
    assert 0.025 < timing.seconds_per_step < 0.2
    assert timing.peak_bytes > 50e6  # PyTorch alone is larger
    assert same(before, method.state_dict())
    assert method.training
    assert torch.equal(torch.get_rng_state(), state)
    assert list(tmp_path.iterdir()) == []


def test_work_done_once_an_epoch_counts_by_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("selftaught.training.timing._SECONDS", 0.01)

    class Pausing(Choosing):
        def before_epoch(self, features):
            torch.ones(1)
            import time

            time.sleep(0.4)

    timing = time_training(fresh(Pausing, items=32), Numbers(32), NoisyCopies(), TrainingSettings(**FAST))
    assert 0.1 < timing.seconds_per_step < 0.2


def test_what_comes_once_is_told_apart_from_what_every_epoch_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("selftaught.training.timing._SECONDS", 0.01)

    class SlowFirst(Choosing):
        pauses = (0.6, 0.1)

        def before_epoch(self, features):
            import time

            time.sleep(self.pauses[min(int(self.begun), 1)])
            self.begun += 1

    class SlowLater(SlowFirst):
        pauses = (0.1, 0.6)

    for kind, first, step in ((SlowFirst, 0.6, 0.025), (SlowLater, 0.1, 0.15)):
        method = fresh(kind, items=32)
        method.register_buffer("begun", torch.zeros(()))
        timing = time_training(method, Numbers(32), NoisyCopies(), TrainingSettings(**FAST))
        assert first < timing.start_seconds < first + 0.3
        assert step < timing.seconds_per_step < step + 0.08


def test_steps_in_some_minutes() -> None:
    assert Timing(seconds_per_step=0.5, peak_bytes=0, start_seconds=30.0).steps_in(1.5) == 120
    assert Timing(seconds_per_step=0.5, peak_bytes=0).steps_in(1.5) == 180
    assert Timing(seconds_per_step=500.0, peak_bytes=0).steps_in(1.5) == 1


def test_what_cannot_be_trained_cannot_be_timed() -> None:
    with pytest.raises(UserError, match="as many items"):
        time_training(fresh(), Numbers(7), NoisyCopies(), TrainingSettings(**FAST))
