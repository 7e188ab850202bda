"""Images, the values in 0..1 that a likelihood is of, and random latents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, PixelsWithLatents
from selftaught.views.checks import expect_batch, per_channel
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.with_latents import WithLatents

__all__ = ["WithPixels"]

_LEVELS = 256


@final
@dataclass(frozen=True, kw_only=True)
class WithPixels:
    """Every image, resized, once normalised and once in 0..1, and numbers from the standard normal distribution.

    A density has no meaning for 8-bit values, which repeat; dequantised ones do not:

        pixel = (level + u) / 256,   level in 0..255, u uniform in [0, 1)

    for every channel of every pixel, anew at every step. By Jensen's inequality the mean log-density of these, less
    log 256 a value, is at most the log-probability of the levels. Values that are no levels, because images were
    resized, are rounded to the nearest.

    Args:
        image_size: height and width of the images that the networks see, in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that a square crop shows, in (0, 1]; 1 and 1 for the
            central square.
        flip_probability: how often an image is mirrored left to right.
        noise_width: how many random numbers each image gets.
        dequantised: add uniform noise to the values that the likelihood is of. What the network sees has none.

    Raises:
        UserError: a value is out of its range.

    Source:
        Theis et al. 2015, https://arxiv.org/abs/1511.01844, section 3.1.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, WithPixels
        >>> make_views = WithPixels(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,), noise_width=8)
        >>> views = make_views(torch.full((4, 1, 20, 30), 255, dtype=torch.uint8), draws=Draws.at(0, 17, batch=4))
        >>> round(views.images.mean().item(), 3), round(views.pixels.mean().item(), 3), views.latents.shape
        (1.0, 1.0, torch.Size([4, 8]))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (1.0, 1.0)
    flip_probability: float = 0.0
    noise_width: int = 128
    dequantised: bool = False

    def __post_init__(self) -> None:
        made_of(WithLatents, self)

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> PixelsWithLatents:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        plain = made_of(WithLatents, self, mean=None, standard_deviation=None)(batch, index=index, draws=draws)
        pixels, device = plain.images, plain.images.device
        mean = per_channel(self.mean, self.channels, 0.0).to(device)
        deviation = per_channel(self.standard_deviation, self.channels, 1.0).to(device)
        images = (pixels - mean) / deviation
        if self.dequantised:
            noise = draws.stream("dequantise").uniform(0.0, 1.0, *pixels.shape[1:]).to(device)
            pixels = ((pixels * (_LEVELS - 1)).round() + noise) / _LEVELS
        rows = (each.flatten().expand(len(pixels), -1) for each in (mean, deviation))
        return PixelsWithLatents(plain.index, images, pixels, plain.latents, *rows)

    def describe(self) -> list[str]:
        """Nothing is left out for any number of channels."""
        return []
