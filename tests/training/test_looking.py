"""Looks at a run: when, at what cost, and that they change nothing."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from stand_ins import Linear, NoisyCopies, Numbers, Remembering, fresh, same

from selftaught.training import Collapsed, Look, TrainingSettings, checkpoint_path, load_checkpoint, train
from selftaught.training import looking as module
from selftaught.training.looking import Looks

FAST = {"batch_size": 8, "precision": "float32", "device": "cpu", "log_every": 1}


@dataclass(frozen=True)
class Size:
    """Looks at the length of the weights; the longest is the best; may say that the run has gone far enough."""

    every_epochs: float | None = 1.0
    keeps_best: bool = True
    stop_at: int = 1000
    why: str = "no better"

    def __call__(
        self, method, device: torch.device, *, step: int, epoch: float, loss, metrics, before: Sequence[Look]
    ) -> Look:
        torch.rand(step + 1)  # whoever looks may use random numbers
        size = float(sum(weight.detach().double().norm() for weight in method.encoder.parameters()))
        best = step > 0 and size > max((look.figures["size"] for look in before if look.best), default=0.0)
        stop = self.why if step >= self.stop_at else None
        return Look(step=step, epoch=epoch, figures={"size": size}, best=best, stop=stop, message=stop)


class Killed(BaseException):
    pass


def run(folder: Path, observer, *, epochs: float = 6, resume: bool = False, kill_at: int = -1, **changes):
    def track(items, what, total=None):
        for item in items:
            if item == kill_at:
                raise Killed
            yield item

    method = fresh(lambda: Remembering(Linear(dropout=0.3)), seed=9 if resume else 0)
    settings = TrainingSettings(epochs=epochs, **{**FAST, **changes})
    looks: list[Look] = []
    result = train(
        method,
        Numbers(44),
        NoisyCopies(),
        settings,
        folder=folder,
        resume=resume,
        observer=observer,
        onlookers=[looks.append],
        track=track,
    )
    return method, result, looks


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "watch.csv").open() as file:
        return list(csv.DictReader(file))


def test_looks_change_nothing_and_stand_in_a_table(tmp_path: Path) -> None:
    watched, _, looks = run(tmp_path / "watched", Size())
    alone, _, none = run(tmp_path / "alone", None)
    assert same(watched.state_dict(), alone.state_dict())
    assert none == []
    assert [look.step for look in looks] == [0, 5, 10, 15, 20, 25, 30]
    assert [int(row["step"]) for row in table(tmp_path / "watched")] == [0, 5, 10, 15, 20, 25, 30]
    assert float(table(tmp_path / "watched")[3]["size"]) == pytest.approx(looks[3].figures["size"], rel=1e-8)
    assert not (tmp_path / "alone" / "watch.csv").exists()


def test_a_killed_run_goes_on_with_the_same_looks(tmp_path: Path) -> None:
    whole, _, _ = run(tmp_path / "whole", Size())
    with pytest.raises(Killed):
        run(tmp_path / "killed", Size(), kill_at=17, checkpoint_minutes=1e-9)
    again, _, looks = run(tmp_path / "killed", Size(), resume=True)
    assert [look.step for look in looks] == [20, 25, 30]
    assert (tmp_path / "killed" / "watch.csv").read_bytes() == (tmp_path / "whole" / "watch.csv").read_bytes()
    assert same(again.state_dict(), whole.state_dict())
    one, other = (load_checkpoint(checkpoint_path(tmp_path / name)).watched for name in ("whole", "killed"))
    assert one["looks"] == other["looks"]
    assert same(one["best_weights"], other["best_weights"])


def test_the_weights_of_the_best_look_are_kept(tmp_path: Path) -> None:
    run(tmp_path, Size())
    watched = load_checkpoint(checkpoint_path(tmp_path)).watched
    best = [look for look in watched["looks"] if look["best"]][-1]
    kept = float(sum(weight.double().norm() for weight in watched["best_weights"].values()))
    assert kept == pytest.approx(best["figures"]["size"], rel=1e-12)
    assert best["figures"]["size"] == max(look["figures"]["size"] for look in watched["looks"][1:])


@pytest.mark.parametrize("devices", [1, 2])
def test_a_run_that_gets_no_better_ends_early(devices: int, tmp_path: Path) -> None:
    _, result, looks = run(tmp_path, Size(stop_at=10), devices=devices)
    assert result.steps == 11
    assert result.items_seen == 88
    assert [look.step for look in looks] == [0, 5, 10]
    assert load_checkpoint(checkpoint_path(tmp_path)).step == 11


@pytest.mark.parametrize("devices", [1, 2])
def test_a_collapsed_run_stops_with_a_checkpoint_and_may_go_on(devices: int, tmp_path: Path) -> None:
    stopping = Size(stop_at=10, why="collapsed")
    with pytest.raises(Collapsed, match=r"stopped after step 11 of 30, and saved\. To go on all the same: .* --resume"):
        run(tmp_path, stopping, devices=devices)
    assert load_checkpoint(checkpoint_path(tmp_path)).step == 11
    _, result, looks = run(tmp_path, Size(), resume=True, devices=devices)
    assert result.steps == 30
    assert [look.step for look in looks] == [15, 20, 25, 30]


def test_a_collapse_at_the_last_step_is_said_too(tmp_path: Path) -> None:
    with pytest.raises(Collapsed, match="stopped after step 30 of 30"):
        run(tmp_path, Size(stop_at=30, why="collapsed"))


@pytest.mark.parametrize(
    ("look_seconds", "step_seconds", "expected"),
    [
        (0.1, 1.0, 100),  # cheap: a tenth of the run
        (1.0, 0.25, 200),  # 1000 steps are 250 s, 4 % are 10 looks, two of them at the ends
        (0.9, 0.1, 500),
        (10.0, 0.1, 1000),  # only at the ends
    ],
)
def test_the_interval_comes_from_the_cost(
    look_seconds: float, step_seconds: float, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: now))

    class Slow:
        every_epochs, keeps_best = None, False

        def __call__(self, method, device, *, step, epoch, loss, metrics, before):
            nonlocal now
            now += look_seconds
            return Look(step=step, epoch=epoch, figures={})

    method = fresh(Remembering)
    looks = Looks(Slow(), method, torch.device("cpu"), tmp_path, steps_per_epoch=300, total_steps=1000)
    looks.begin(0)
    for step in range(1, 1001):
        now += step_seconds
        looks.after(step, lambda: 0.0, dict)
    state = looks.state()
    assert state["every_steps"] == expected
    assert [look["step"] for look in state["looks"]] == list(range(0, 1001, expected))
    if expected < 1000:
        assert state["seconds"] < 0.05 * now
