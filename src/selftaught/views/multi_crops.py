"""Two large crops of every image and several small ones, made in batches on the images' device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, MultiCrop
from selftaught.views.changes import make_drawn
from selftaught.views.checks import expect_batch, expect_number, expect_range
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.two_views import TwoViews

__all__ = ["MultiCrops"]


@final
@dataclass(frozen=True, kw_only=True)
class MultiCrops:
    """Two large crops of every image and several small ones, each with draws and changes of its own.

    A small crop costs a network a fraction of a large one, so that more parts of an image are compared for the same
    money. The changes and their order are those of `TwoViews`. The defaults are SwAV's for photographs.

    Args:
        image_size: height and width of the large crops in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that a large crop shows, in (0, 1].
        small_crops: how many small ones.
        small_crop_size: height and width of the small crops in pixels; if none is given, 3/7 of the large ones', as 96
            of 224, rounded to a multiple of 4.
        small_crop_scale: least and largest share of the image's area that a small crop shows, in (0, 1].
        crop_ratio: least and largest width over height of a crop.
        flip_probability: how often a crop is mirrored left to right.
        colour_probability: how often brightness, contrast, saturation and hue change, all together.
        colour_strength: multiplies brightness, contrast, saturation and hue.
        brightness: factors are drawn from [1 - brightness, 1 + brightness], at least 0.
        contrast: as brightness, for contrast.
        saturation: as brightness, for saturation.
        hue: shifts are drawn from [-hue, hue], in turns of the colour circle; at most 0.5 after `colour_strength`.
        grey_probability: how often a crop loses its colours.
        blur_probability: how often the first and the second large crop are blurred.
        small_blur_probability: how often a small crop is blurred.
        blur_sigma: least and largest standard deviation of the blur in pixels.
        solarise_probability: how often the first and the second large crop are solarised; small ones never are.

    Raises:
        UserError: a value is out of its range.

    Source:
        Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3.2 and appendix A.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, MultiCrops
        >>> make_views = MultiCrops(image_size=28, channels=1)
        >>> crops = make_views(torch.zeros(4, 1, 28, 28, dtype=torch.uint8), draws=Draws.at(0, 17, batch=4))
        >>> len(crops.large), crops.large[0].shape, len(crops.small), crops.small[0].shape
        (2, torch.Size([4, 1, 28, 28]), 6, torch.Size([4, 1, 12, 12]))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.14, 1.0)
    small_crops: int = 6
    small_crop_size: int | None = None
    small_crop_scale: tuple[float, float] = (0.05, 0.14)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5
    colour_probability: float = 0.8
    colour_strength: float = 1.0
    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2
    grey_probability: float = 0.2
    blur_probability: tuple[float, float] = (0.5, 0.5)
    small_blur_probability: float = 0.5
    blur_sigma: tuple[float, float] = (0.1, 2.0)
    solarise_probability: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        expect_number("small_crops", self.small_crops, 0.0)
        expect_range("small_crop_scale", self.small_crop_scale, 1.0)
        expect_number("small_blur_probability", self.small_blur_probability, 0.0, 1.0)
        self._large()
        expect_number("small_crop_size", self.small_side, 2.0, float(self.image_size))

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> MultiCrop:
        """Make the crops of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Returns:
            Normalised float32 crops of every image.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        makers = [(self._large(), number) for number in range(2)]
        makers += [(self._small(), 0)] * self.small_crops
        drawn = [
            (maker.draw(batch.sizes, draws.stream("view", place), number), maker.image_size)
            for place, (maker, number) in enumerate(makers)
        ]
        crops = make_drawn(batch, drawn, mean=self.mean, standard_deviation=self.standard_deviation)
        index = torch.arange(len(batch), device=batch.pixels.device) if index is None else index
        return MultiCrop(index, crops[:2], crops[2:])

    @property
    def small_side(self) -> int:
        """Height and width of the small crops in pixels."""
        return max(4, 4 * round(self.image_size * 3 / 28)) if self.small_crop_size is None else self.small_crop_size

    def describe(self) -> list[str]:
        """What is left out for images with this number of channels, a sentence each."""
        return self._large().describe()

    def _large(self) -> TwoViews:
        return self._crops(self.image_size, self.crop_scale, self.blur_probability, self.solarise_probability)

    def _small(self) -> TwoViews:
        blur = (self.small_blur_probability, self.small_blur_probability)
        return self._crops(self.small_side, self.small_crop_scale, blur, (0.0, 0.0))

    def _crops(
        self, side: int, scale: tuple[float, float], blur: tuple[float, float], solarise: tuple[float, float]
    ) -> TwoViews:
        return made_of(
            TwoViews, self, image_size=side, crop_scale=scale, blur_probability=blur, solarise_probability=solarise
        )
