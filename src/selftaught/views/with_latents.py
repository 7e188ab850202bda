"""Images as they are, and random codes for a generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, ImagesWithLatents
from selftaught.parts.resampling import centre_boxes, resample
from selftaught.views.checks import expect_batch, expect_number, expect_range, expect_statistics, per_channel
from selftaught.views.draws import Draws
from selftaught.views.geometry import random_crop_boxes

__all__ = ["WithLatents"]


@final
@dataclass(frozen=True, kw_only=True)
class WithLatents:
    """Every image, resized and normalised, and numbers from the standard normal distribution beside it.

    A generator learns to make what it is shown, crops and mirror images included: none are made unless asked for.

    Args:
        image_size: height and width of the images that the networks see, in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that a square crop shows, in (0, 1]; 1 and 1 for the
            central square.
        flip_probability: how often an image is mirrored left to right.
        noise_width: how many random numbers each image gets; a method takes the first so many as it has latents.
        two_parts: also say whose code belongs to each image, for methods that look at images and codes together.

    Raises:
        UserError: a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, WithLatents
        >>> make_views = WithLatents(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,), noise_width=8)
        >>> views = make_views(torch.zeros(4, 1, 20, 30, dtype=torch.uint8), draws=Draws.at(0, 17, batch=4))
        >>> views.images.shape, views.images.unique().tolist(), views.latents.shape
        (torch.Size([4, 1, 16, 16]), [-1.0], torch.Size([4, 8]))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (1.0, 1.0)
    flip_probability: float = 0.0
    noise_width: int = 128
    two_parts: bool = False

    def __post_init__(self) -> None:
        expect_number("image_size", self.image_size, 2.0)
        expect_statistics(self.channels, self.mean, self.standard_deviation)
        expect_number("noise_width", self.noise_width, 1.0)
        expect_number("flip_probability", self.flip_probability, 0.0, 1.0)
        expect_range("crop_scale", self.crop_scale, 1.0)

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> ImagesWithLatents:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        n, device = len(batch), batch.pixels.device
        boxes = centre_boxes(batch.sizes)
        if min(self.crop_scale) < 1:
            boxes = random_crop_boxes(batch.sizes, draws.stream("crop"), scale=self.crop_scale, ratio=(1.0, 1.0))
        flipped = draws.stream("flip").chance(self.flip_probability)
        images = resample(batch.pixels, boxes, (self.image_size, self.image_size), flipped=flipped).float()
        images.sub_(per_channel(self.mean, self.channels, 0.0).to(device))
        images.div_(per_channel(self.standard_deviation, self.channels, 1.0).to(device))
        latents = draws.stream("latents").normal(self.noise_width).to(device)
        index = torch.arange(n, device=device) if index is None else index
        return ImagesWithLatents(index, images, latents, images if self.two_parts else None)

    def describe(self) -> list[str]:
        """Nothing is left out for any number of channels."""
        return []
