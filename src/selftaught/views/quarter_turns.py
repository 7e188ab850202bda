"""A crop of every image in all four quarter turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, TurnedImages
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops

__all__ = ["QuarterTurns"]


@final
@dataclass(frozen=True, kw_only=True)
class QuarterTurns:
    """One random crop of every image, perhaps mirrored, as it is and turned by one, two and three quarters.

    The crop is made first, square, and then turned without computing a pixel anew: nothing but the picture says by how
    much, no black corner and no trace of an interpolation.

    Args:
        image_size: height and width of the crop in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1]; the least is that of
            224 of 256 pixels.
        crop_ratio: least and largest width over height of the crop. What the crop squeezes to a square turns with it:
            a range other than from x to 1/x gives the turn away.
        flip_probability: how often the crop is mirrored left to right.

    Raises:
        UserError: a value is out of its range.

    Source:
        Gidaris et al. 2018, https://arxiv.org/abs/1803.07728, section 2.2; crop and mirror as in its authors' code.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, QuarterTurns
        >>> make_views = QuarterTurns(image_size=28, channels=1)
        >>> views = make_views(torch.zeros(2, 1, 28, 28, dtype=torch.uint8), draws=Draws.at(0, 17, batch=2))
        >>> views.images.shape, views.turns[0].tolist()
        (torch.Size([2, 4, 1, 28, 28]), [0, 1, 2, 3])
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.76, 1.0)
    crop_ratio: tuple[float, float] = (1.0, 1.0)
    flip_probability: float = 0.5

    def __post_init__(self) -> None:
        self._crops()

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> TurnedImages:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        upright = self._crops()(items, Draws.fresh(len(items)) if draws is None else draws)
        return TurnedImages.of(torch.arange(len(upright), device=upright.device) if index is None else index, upright)

    def describe(self) -> list[str]:
        """Nothing is left out for any number of channels."""
        return []

    def _crops(self) -> RandomCrops:
        return made_of(RandomCrops, self)
