import math
import random

import pytest

from selftaught.evaluation import loss_trend


def run(at, rows: int = 60, noise: float = 0.05) -> list[float]:
    draw = random.Random(0)
    return [at(row / rows) + draw.gauss(0, noise) for row in range(rows)]


def test_still_falling():
    trend = loss_trend(run(lambda t: 5 - 3 * t))
    assert trend is not None
    assert trend.improving
    assert trend.late_fall == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("rows", [30, 300])
def test_settled(rows: int):
    trend = loss_trend(run(lambda t: 1 + 4 * math.exp(-12 * t), rows))
    assert trend is not None
    assert not trend.improving


def test_noise_is_no_improvement():
    trend = loss_trend(run(lambda t: 1.0 + (t < 0.1), 40, noise=0.3))
    assert trend is None or not trend.improving


def test_losses_that_say_nothing():
    assert loss_trend(run(lambda t: 1 + t)) is None, "an adversary's"
    assert loss_trend([1.0] * 19) is None
    assert loss_trend([math.nan] * 50) is None
    assert loss_trend([math.nan if row % 2 else 5 - row / 20 for row in range(60)]) is not None


def test_the_end_alone_would_hide_it():
    """A rate that falls to zero holds the loss still at the end; the wrong variant that looks there sees nothing."""
    losses = run(lambda t: 5 - 3 * min(t, 0.85))
    end, before = losses[-6:], losses[-12:-6]
    assert sum(before) / 6 - sum(end) / 6 < 0.15
    trend = loss_trend(losses)
    assert trend is not None
    assert trend.improving
