import pytest

from selftaught.core import UserError
from selftaught.views.checks import expect_number, expect_range


def test_bounds_belong_to_the_range() -> None:
    expect_number("x", 0.0, 0.0, 1.0)
    expect_number("x", 1.0, 0.0, 1.0)
    expect_range("x", (1.0, 1.0), 1.0)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_numbers_outside_are_refused(value: float) -> None:
    with pytest.raises(UserError, match=r"^x: expected a number in \[0, 1\], got "):
        expect_number("x", value, 0.0, 1.0)


def test_open_ended_ranges_are_named_so() -> None:
    with pytest.raises(UserError, match=r"^x: expected a number of 2 or more, got 1$"):
        expect_number("x", 1, 2.0)


@pytest.mark.parametrize("value", [(0.0, 1.0), (0.5, 0.2), (0.5, 1.5), (float("nan"), 1.0)])
def test_ranges_out_of_order_are_refused(value: tuple[float, float]) -> None:
    with pytest.raises(UserError, match=r"^x: expected two numbers, 0 < least <= largest <= 1, got \("):
        expect_range("x", value, 1.0)
