import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selftaught.training.schedules import constant, cosine, schedule


def test_cosine_by_hand() -> None:
    assert [cosine(step, 10, 4) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert cosine(4, 10, 4) == 1.0
    assert cosine(7, 10, 4) == pytest.approx(0.5)
    assert cosine(9, 10, 4) == pytest.approx((1 + math.cos(math.pi * 5 / 6)) / 2)
    assert cosine(10, 10, 4) == 0.0


@given(st.integers(1, 500), st.data())
def test_no_step_has_rate_zero_and_none_above_the_peak(total: int, data: st.DataObject) -> None:
    warmup = data.draw(st.integers(0, total))
    rates = [cosine(step, total, warmup) for step in range(total)]
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[:warmup] == sorted(rates[:warmup])
    assert rates[warmup:] == sorted(rates[warmup:], reverse=True)


def test_constant_rises_and_stays() -> None:
    assert [constant(step, 5, 2) for step in range(5)] == [0.5, 1, 1, 1, 1]
    assert schedule("constant") is constant
