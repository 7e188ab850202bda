"""What view makers of images share: settings and batches that make no sense are refused, saying what was expected."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Num
from torch import Tensor

from selftaught.core import ImageBatch, UserError
from selftaught.views.draws import Draws

__all__ = ["expect_batch", "expect_number", "expect_range", "expect_statistics", "per_channel"]


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


def expect_statistics(channels: int, mean: Sequence[float] | None, standard_deviation: Sequence[float] | None) -> None:
    """Refuse other than one mean and one deviation above 0 for each of at least one channel.

    Raises:
        UserError: there are not as many, or a deviation is too small.

    Example:
        >>> from selftaught.views.checks import expect_statistics
        >>> expect_statistics(3, (0.5,), None)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: mean: expected one number for each of 3 channels, got (0.5,)
    """
    expect_number("channels", channels, 1.0)
    for name, values in {"mean": mean, "standard_deviation": standard_deviation}.items():
        if values is not None and len(values) != channels:
            raise UserError(f"{name}: expected one number for each of {channels} channels, got {values}")
    for deviation in standard_deviation or ():
        expect_number("standard_deviation", deviation, 1e-6)


def expect_batch(
    items: Num[Tensor, "n c h w"] | ImageBatch, channels: int, draws: Draws | None
) -> tuple[ImageBatch, Draws]:
    """The images of a batch and the random numbers for them, which are drawn afresh where there are none.

    Raises:
        UserError: the images have another number of channels, or the draws are for another number of images.

    Example:
        >>> import torch
        >>> from selftaught.views.checks import expect_batch
        >>> expect_batch(torch.zeros(2, 1, 8, 8), 3, None)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: expected images with 3 channels, got 1
    """
    batch = items if isinstance(items, ImageBatch) else ImageBatch.of(items)
    if batch.channels != channels:
        raise UserError(f"expected images with {channels} channels, got {batch.channels}")
    draws = Draws.fresh(len(batch)) if draws is None else draws
    if len(draws) != len(batch):
        raise UserError(f"expected as many images as the draws are for, {len(draws)}, got {len(batch)}")
    return batch, draws


def per_channel(values: Sequence[float] | None, channels: int, default: float) -> Float[Tensor, "channels 1 1"]:
    """A number for each channel, in the shape that images are multiplied by.

    Example:
        >>> from selftaught.views.checks import per_channel
        >>> per_channel(None, 2, 1.0).shape
        torch.Size([2, 1, 1])
    """
    return torch.tensor([default] * channels if values is None else list(values)).view(-1, 1, 1)
