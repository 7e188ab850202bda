"""Pixels as one of a few evenly spaced values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core.errors import UserError

__all__ = ["Levels"]


@final
@dataclass(frozen=True, kw_only=True)
class Levels:
    """Evenly spaced values from black to white; each channel of each pixel is rounded to the nearest.

    Args:
        count: how many, at least 2; 256 are all that images of 8 bits have, 2 are black and white.
        channels: of the images.
        mean: what was subtracted from each channel of normalised images, in 0..1; None for 0.
        standard_deviation: what each channel was then divided by; None for 1.

    Raises:
        UserError: there are fewer than 2 levels, or not as many statistics as channels.

    Example:
        >>> import torch
        >>> from selftaught.core import Levels
        >>> levels = Levels(count=3, channels=1, mean=(0.5,))
        >>> numbers = levels.of(torch.tensor([-0.5, -0.1, 0.4]).view(1, 1, 1, 3))
        >>> numbers.flatten(), levels.values(numbers, torch.float32).flatten()
        (tensor([0, 1, 2]), tensor([-1.,  0.,  1.]))
    """

    count: int
    channels: int
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if self.count < 2:
            raise UserError(f"levels: expected at least 2, got {self.count}")
        for name, values in {"mean": self.mean, "standard_deviation": self.standard_deviation}.items():
            if values is not None and len(values) != self.channels:
                raise UserError(f"{name}: expected one number for each of {self.channels} channels, got {values}")

    def of(self, images: Float[Tensor, "n c h w"]) -> Int[Tensor, "n c h w"]:
        """The number of every pixel's nearest level, from 0, of normalised images; what is outside 0..1 is clipped."""
        shares = images * self._deviation(images) + self._mean(images)
        return (shares.clamp(0, 1) * (self.count - 1)).round().long()

    def values(self, numbers: Int[Tensor, "n c h w"], dtype: torch.dtype) -> Float[Tensor, "n c h w"]:
        """Levels as networks read them: evenly spaced in [-1, 1]."""
        return numbers.to(dtype) * (2 / (self.count - 1)) - 1

    def images(self, numbers: Int[Tensor, "n c h w"], dtype: torch.dtype) -> Float[Tensor, "n c h w"]:
        """The normalised images that have these levels."""
        shares = numbers.to(dtype) / (self.count - 1)
        return (shares - self._mean(shares)) / self._deviation(shares)

    def _mean(self, like: Tensor) -> Float[Tensor, "c 1 1"]:
        return like.new_tensor(list(self.mean or (0.0,) * self.channels)).view(-1, 1, 1)

    def _deviation(self, like: Tensor) -> Float[Tensor, "c 1 1"]:
        return like.new_tensor(list(self.standard_deviation or (1.0,) * self.channels)).view(-1, 1, 1)
