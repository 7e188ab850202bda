"""`compile`: the same losses, the same again, and what it gained."""

from pathlib import Path

import pytest
from stand_ins import NoisyCopies, Numbers, fresh

from selftaught.training import TrainingResult, TrainingSettings, train

pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # torch.compile itself looks there


def _trained(folder: Path, *, compiles: bool) -> TrainingResult:
    settings = TrainingSettings(epochs=3, batch_size=8, precision="float32", device="cpu", compile=compiles)
    return train(fresh(), Numbers(16), NoisyCopies(), settings, folder=folder)


@pytest.mark.slow
def test_a_compiled_run_is_the_run_and_says_what_it_gained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("selftaught.training.timing._SECONDS", 0.1)
    plain = _trained(tmp_path / "plain", compiles=False)
    fast, again = (_trained(tmp_path / name, compiles=True) for name in ("fast", "again"))
    assert plain.compile_gain is None
    assert fast.compile_gain is not None
    assert fast.compile_gain > 0
    assert fast.losses == pytest.approx(plain.losses, rel=1e-4)
    assert fast.losses == again.losses
