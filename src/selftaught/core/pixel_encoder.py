"""Encoders that read an image pixel by pixel."""

from abc import abstractmethod

from jaxtyping import Float
from torch import Tensor

from selftaught.core.encoder import LocalEncoder
from selftaught.core.levels import Levels

__all__ = ["PixelEncoder"]


class PixelEncoder(LocalEncoder):
    """An encoder that can be asked what it knows of every pixel from the pixels before it.

    Pixels follow each other row by row from the top left, and in each the channels in their order. The numbers of a
    state stand in as many groups of equal size as there are channels, the first being the first channel's.

    Attributes:
        channels: of the images.
        image_size: height and width of the images, in pixels.
        rounding: the levels that pixels are rounded to before they are read.
        state_width: how many numbers a state has.
        rows_above: how many rows above its own a state depends on; None for all.
    """

    entries = (*LocalEncoder.entries, "states")
    channels: int
    image_size: int
    rounding: Levels
    state_width: int
    rows_above: int | None

    @abstractmethod
    def states(self, values: Float[Tensor, "n c h w"]) -> Float[Tensor, "n state_width h w"]:
        """What is known at every pixel: a channel's group depends on earlier pixels and on earlier channels here alone.

        Args:
            values: of the levels, in [-1, 1]; any number of rows.
        """
