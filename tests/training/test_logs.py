import resource
import sys
from pathlib import Path

import pytest
import torch

from selftaught.core import UserError
from selftaught.training.logs import MetricsFile, check_logger, open_logger


def test_rows_are_on_the_disk_at_once_and_give_float32_back(tmp_path: Path) -> None:
    metrics = MetricsFile(tmp_path / "run" / "metrics.csv")
    value = torch.tensor(0.1).nextafter(torch.tensor(1.0))  # float32
    metrics.write(1, {"items_seen": 8, "loss": value.item()})
    line = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    assert line[0] == "step,items_seen,loss"
    assert line[1].startswith("1,8,")
    assert torch.equal(torch.tensor(float(line[1].split(",")[2])), value)
    metrics.close()


def test_it_is_cut_back_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    metrics = MetricsFile(path)
    metrics.write(1, {"loss": 0.5})
    kept = metrics.settle()
    metrics.write(2, {"loss": 0.25})
    metrics.close()
    again = MetricsFile(path, keep_bytes=kept)
    again.write(2, {"loss": 0.125})
    again.close()
    assert path.read_text() == "step,loss\n1,0.5\n2,0.125\n"
    assert kept == len("step,loss\n1,0.5\n")


def test_a_new_run_starts_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("old\n1\n")
    metrics = MetricsFile(tmp_path / "metrics.csv")
    metrics.write(1, {"loss": 1.0})
    metrics.close()
    assert (tmp_path / "metrics.csv").read_text() == "step,loss\n1,1\n"


def test_names_may_not_change(tmp_path: Path) -> None:
    metrics = MetricsFile(tmp_path / "metrics.csv")
    metrics.write(1, {"loss": 1.0})
    with pytest.raises(ValueError, match="late"):
        metrics.write(2, {"loss": 1.0, "late": 2.0})
    metrics.close()


def test_a_disk_without_room(tmp_path: Path) -> None:
    metrics = MetricsFile(tmp_path / "metrics.csv")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        metrics.write(1, {"loss": 1.0})
        with pytest.raises(UserError, match=r"could not write .*metrics\.csv: File too large"):
            metrics.write(2, {"loss": 0.123456789})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    metrics.close()


def test_a_logger_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setattr("selftaught.training.logs.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"mlflow is not installed here; .* pip install 'selftaught\[mlflow\]'"):
        check_logger("mlflow")
    assert open_logger("csv", Path()) is None


def test_tensorboard_gets_every_number(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = open_logger("tensorboard", tmp_path)
    assert log is not None
    log.write(10, {"loss": 0.5, "learning_rate": 0.25})
    log.write(20, {"loss": 0.25, "learning_rate": 0.125})
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(10, 0.5), (20, 0.25)]


class FakeRun:
    def __init__(self) -> None:
        self.calls: list[object] = []

    def log(self, row, step) -> None:
        self.calls.append((step, row))

    def finish(self) -> None:
        self.calls.append("finished")


def test_weights_and_biases_and_mlflow_by_their_interfaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, asked = FakeRun(), []

    class Wandb:
        @staticmethod
        def init(**options):
            asked.append(options)
            return run

    class Mlflow:
        set_experiment = start_run = staticmethod(lambda *_, **options: asked.append(options))
        log_metrics = staticmethod(lambda row, step: run.log(row, step))
        end_run = staticmethod(run.finish)

    monkeypatch.setattr("selftaught.training.logs.find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "wandb", Wandb)
    monkeypatch.setitem(sys.modules, "mlflow", Mlflow)
    for name in ("wandb", "mlflow"):
        log = open_logger(name, tmp_path / "simclr", step=5)
        assert log is not None
        log.write(10, {"loss": 0.5})
        log.close()
    assert run.calls == [(10, {"loss": 0.5}), "finished"] * 2
    assert asked[0]["resume"] == "auto"
    assert asked[2] == {"run_name": "simclr"}
