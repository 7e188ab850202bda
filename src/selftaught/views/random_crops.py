"""One view of every image: a random crop, perhaps mirrored, perhaps its edges only, normalised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from jaxtyping import Float, Num
from torch import Tensor

from selftaught.core import ImageBatch
from selftaught.views.changes import Change, DrawnView, make_drawn
from selftaught.views.checks import expect_batch, expect_number, expect_range, expect_statistics
from selftaught.views.draws import Draws
from selftaught.views.filters import sobel
from selftaught.views.geometry import random_crop_boxes

__all__ = ["RandomCrops"]


@final
@dataclass(frozen=True, kw_only=True)
class RandomCrops:
    """One random resized crop of every image, in batches on the images' device: what makers of several kinds share.

    Args:
        image_size: height and width of the views in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that a crop shows, in (0, 1].
        crop_ratio: least and largest width over height of a crop.
        flip_probability: how often a view is mirrored left to right.
        sobel_probability: how often a view is replaced by the strength of its edges.

    Raises:
        UserError: a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws
        >>> from selftaught.views.random_crops import RandomCrops
        >>> crops = RandomCrops(image_size=16)(torch.zeros(4, 3, 20, 30, dtype=torch.uint8), Draws.at(0, 17, batch=4))
        >>> crops.shape
        torch.Size([4, 3, 16, 16])
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.2, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5
    sobel_probability: float = 0.0

    def __post_init__(self) -> None:
        expect_number("image_size", self.image_size, 2.0)
        expect_statistics(self.channels, self.mean, self.standard_deviation)
        expect_range("crop_scale", self.crop_scale, 1.0)
        expect_range("crop_ratio", self.crop_ratio)
        expect_number("flip_probability", self.flip_probability, 0.0, 1.0)
        expect_number("sobel_probability", self.sobel_probability, 0.0, 1.0)

    def __call__(self, items: Num[Tensor, "n c h w"] | ImageBatch, draws: Draws) -> Float[Tensor, "n c size size"]:
        """The normalised float32 views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            draws: where the random numbers come from.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        drawn = DrawnView(
            random_crop_boxes(batch.sizes, draws.stream("crop"), scale=self.crop_scale, ratio=self.crop_ratio),
            draws.stream("flip").chance(self.flip_probability),
            [Change(sobel, draws.stream("sobel").chance(self.sobel_probability))],
        )
        (views,) = make_drawn(
            batch, [(drawn, self.image_size)], mean=self.mean, standard_deviation=self.standard_deviation
        )
        return views
