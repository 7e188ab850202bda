import csv
import math
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from stand_ins import PIXELS, Choosing, Exploding, Linear, NoisyCopies, Numbers, Remembering, fresh, same

from selftaught.core import UserError
from selftaught.training import NonFiniteLoss, Order, TrainingSettings, cosine, load_checkpoint, train
from selftaught.training.checkpoint import checkpoint_path
from selftaught.training.order import mixed_seed
from selftaught.views import Draws

FAST = {"batch_size": 8, "precision": "float32", "device": "cpu", "log_every": 1}


def rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))


def by_hand(epochs: int, *, clip: float | None = None) -> tuple[Remembering, list[float]]:
    """What `train` should do, written out for AdamW in a plain loop."""
    method, source = fresh(lambda: Remembering(Linear(dropout=0.2))), Numbers(20)
    decayed = [method.encoder.weights.weight, method.predictor.weight]
    biases = [method.encoder.weights.bias, method.predictor.bias]
    order, total, losses = Order(20, 8, 3), epochs * 2, []
    optimiser = torch.optim.AdamW(
        [
            {"params": [weight], "weight_decay": decay}
            for weight, decay in zip(decayed + biases, (0.1, 0.1, 0.0, 0.0), strict=True)
        ],
    )
    for step in range(total):
        index = order.rows(step)
        torch.manual_seed(mixed_seed("step", 3, step, 0))
        views = NoisyCopies()(source.batch(index), index=index, draws=Draws.at(3, step, batch=8))
        outcome = method.step(views)
        losses.append(outcome.loss.item())
        optimiser.zero_grad()
        outcome.loss.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(method.parameters(), clip)
        rate = 0.02 * cosine(step, total, 2)
        for group, own in zip(optimiser.param_groups, (rate, 0.2, rate, 0.2), strict=True):
            group["lr"] = own
        optimiser.step()
        method.after_step(outcome, (step + 1) / total)
    return method, losses


@pytest.mark.parametrize("clip", [None, 0.1])
def test_the_loop_is_the_plain_one(clip: float | None, tmp_path: Path) -> None:
    settings = TrainingSettings(
        epochs=3, learning_rate=0.02, weight_decay=0.1, warmup_epochs=1.0, clip_norm=clip, seed=3, **FAST
    )
    method = fresh(lambda: Remembering(Linear(dropout=0.2)))
    result = train(method, Numbers(20), NoisyCopies(), settings, folder=tmp_path)
    expected, losses = by_hand(3, clip=clip)
    for name, tensor in expected.state_dict().items():
        assert torch.allclose(method.state_dict()[name], tensor, atol=1e-6), name
    logged = rows(tmp_path)
    assert [float(row["loss"]) for row in logged] == pytest.approx(losses, rel=1e-5)
    assert float(method.progress) == 1.0
    assert (result.steps, result.epochs, result.items_seen) == (6, 3.0, 48)
    assert sum(result.losses.values()) == pytest.approx(losses[-1], rel=1e-5)
    assert (result.precision, result.device) == ("float32", "cpu")


def test_what_is_logged(tmp_path: Path) -> None:
    shown: list[tuple[int, dict[str, float]]] = []
    told: list[tuple[str, int | None, int]] = []

    def track(items: Iterable[int], what: str, total: int | None = None) -> Iterable[int]:
        for count, item in enumerate(items):
            told.append((what, total, count))
            yield item

    settings = TrainingSettings(epochs=3, **{**FAST, "log_every": 4})
    watchers = [lambda step, row: shown.append((step, dict(row)))]
    train(fresh(), Numbers(24), NoisyCopies(), settings, folder=tmp_path, watchers=watchers, track=track)
    logged = rows(tmp_path)
    assert list(logged[0]) == [
        "step", "epoch", "items_seen", "loss", "near", "apart", "length", "learning_rate", "items_per_second",
        "seconds",
    ]  # fmt: skip
    assert [row["step"] for row in logged] == ["4", "8", "9"]
    assert [row["items_seen"] for row in logged] == ["32", "64", "72"]
    assert [float(row["epoch"]) for row in logged] == pytest.approx([4 / 3, 8 / 3, 3])
    assert float(logged[0]["loss"]) == pytest.approx(float(logged[0]["near"]) + float(logged[0]["apart"]))
    assert [step for step, _ in shown] == [4, 8, 9]
    assert shown[1][1]["near"] == pytest.approx(float(logged[1]["near"]))
    assert told == [("training", 9, count) for count in range(9)]


def test_the_default_generator_is_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(fresh(), Numbers(8), NoisyCopies(), TrainingSettings(epochs=1, **FAST), folder=tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=4, **FAST)
    method = fresh(Exploding, after=5)
    with pytest.raises(NonFiniteLoss, match=r"the loss apart was inf at step 6 of 12"):
        train(method, Numbers(24), NoisyCopies(), settings, folder=tmp_path)
    assert all(weight.isfinite().all() for weight in method.parameters())
    assert load_checkpoint(checkpoint_path(tmp_path)).step == 0  # the good one still stands
    assert len(rows(tmp_path)) == 5


def test_fewer_images_than_a_batch_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="as many items as a batch holds, 8, got 7"):
        train(fresh(), Numbers(7), NoisyCopies(), TrainingSettings(**FAST), folder=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_warm_up_longer_than_the_run(tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=2, warmup_epochs=3.0, **FAST)
    with pytest.raises(UserError, match="warmup_epochs: expected at most the run's 2, got 3"):
        train(fresh(), Numbers(8), NoisyCopies(), settings, folder=tmp_path)


def test_what_a_method_chooses_before_an_epoch_is_drawn(tmp_path: Path) -> None:
    seen: list[int] = []

    class Spying(NoisyCopies):
        def __call__(self, items, *, index=None, draws=None):
            seen.append(sorted(index.tolist()))
            return super().__call__(items, index=index, draws=draws)

    method = fresh(Choosing, items=16)
    train(method, Numbers(16), Spying(), TrainingSettings(epochs=3, **FAST), folder=tmp_path)
    assert method.asked == 3
    assert sorted(seen[0] + seen[1]) == list(range(16))
    assert max(max(batch) for batch in seen[2:]) < 8


def test_convolutions_run_channels_last_and_come_back_contiguous(tmp_path: Path) -> None:
    formats: list[bool] = []

    class Convolving(Linear):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = torch.nn.Conv2d(2, 2, 3, padding=1)

        def forward(self, items: torch.Tensor) -> torch.Tensor:
            for tensor in (items, self.convolution.weight):
                formats.append(tensor.is_contiguous(memory_format=torch.channels_last))
            return super().forward(self.convolution(items[:, :2])[:, :1])

    class Wide(NoisyCopies):
        def __call__(self, items, *, index=None, draws=None):
            return (
                super()
                .__call__(items, index=index, draws=draws)
                .map(lambda part: part.repeat(1, 3, 1, 1) if part.dim() == 4 else part)
            )

    class Narrow(Remembering):
        def step(self, views):
            self_views = type(views)(views.index, (views.views[0], views.views[1][:, 0]))
            return super().step(self_views)

    method = fresh(lambda: Narrow(Convolving()))
    train(method, Numbers(8), Wide(), TrainingSettings(epochs=1, **FAST), folder=tmp_path)
    assert formats == [True, True]
    assert method.encoder.convolution.weight.is_contiguous()
    assert PIXELS == 16


def test_bfloat16_reaches_the_network_and_not_the_weights(tmp_path: Path) -> None:
    dtypes: list[torch.dtype] = []

    class Watching(Linear):
        def forward(self, items: torch.Tensor) -> torch.Tensor:
            out = super().forward(items)
            dtypes.append(out.dtype)
            return out.float()

    settings = TrainingSettings(epochs=1, **{**FAST, "precision": "bfloat16"})
    method = fresh(lambda: Remembering(Watching()))
    result = train(method, Numbers(8), NoisyCopies(), settings, folder=tmp_path)
    assert dtypes == [torch.bfloat16]
    assert {weight.dtype for weight in method.parameters()} == {torch.float32}
    assert result.precision == "bfloat16"


def test_minutes_become_steps_before_the_first(tmp_path: Path) -> None:
    settings = TrainingSettings(minutes=0.01, **FAST)
    one, other = fresh(), fresh()
    result = train(one, Numbers(16, seconds=0.05), NoisyCopies(), settings, folder=tmp_path)
    assert 4 <= result.steps <= 12  # 0.6 seconds of 0.05 and a little more
    assert load_checkpoint(checkpoint_path(tmp_path)).total_steps == result.steps
    again = TrainingSettings(**FAST)
    train(other, Numbers(16), NoisyCopies(), again, folder=tmp_path / "same", total_steps=result.steps)
    assert same(one.state_dict(), other.state_dict())  # timing left no trace
    assert math.isclose(result.epochs, result.steps / 2)
