"""Errors for settings of views that make no sense, each saying what was expected."""

from selftaught.core import UserError

__all__ = ["expect_number", "expect_range"]


def expect_number(name: str, value: int | float, low: float, high: float = float("inf")) -> None:
    """Refuse a number outside [low, high].

    Raises:
        UserError: it is outside.

    Example:
        >>> from selftaught.views.checks import expect_number
        >>> expect_number("grey_probability", 1.5, 0.0, 1.0)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: grey_probability: expected a number in [0, 1], got 1.5
    """
    if not low <= value <= high:
        expected = f"of {low:g} or more" if high == float("inf") else f"in [{low:g}, {high:g}]"
        raise UserError(f"{name}: expected a number {expected}, got {value}")


def expect_range(name: str, value: tuple[float, float], high: float = float("inf")) -> None:
    """Refuse anything but two numbers in order, above 0 and up to a largest one.

    Raises:
        UserError: there are not two, they are in the wrong order, or one is out of bounds.

    Example:
        >>> from selftaught.views.checks import expect_range
        >>> expect_range("crop_scale", (1.0, 0.2), 1.0)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: crop_scale: expected two numbers, 0 < least <= largest <= 1, got (1.0, 0.2)
    """
    if len(value) != 2 or not 0 < value[0] <= value[1] <= high:
        bound = "" if high == float("inf") else f" <= {high:g}"
        raise UserError(f"{name}: expected two numbers, 0 < least <= largest{bound}, got {value}")
