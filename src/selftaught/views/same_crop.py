"""One random crop of every image, for two networks that must see the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, MultiView
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops

__all__ = ["SameCrop"]


@final
@dataclass(frozen=True, kw_only=True)
class SameCrop:
    """One random resized crop of every image, perhaps mirrored, and nothing else: both views are this crop.

    The first view is the teacher's and the second the student's, so that mismatched pairs can be asked about.

    Args:
        image_size: height and width of the crop in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often the crop is mirrored left to right.

    Raises:
        UserError: a value is out of its range.

    Source:
        Chen et al. 2020, https://arxiv.org/abs/2006.10029, section 3.1: crops and flips alone; Navaneet et al. 2022,
        https://arxiv.org/abs/2201.05131: the same weakly augmented image for both.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, SameCrop
        >>> make_views = SameCrop(image_size=16, channels=1)
        >>> views = make_views(torch.zeros(2, 1, 28, 28, dtype=torch.uint8), draws=Draws.at(0, 17, batch=2))
        >>> first, second = views.pair()
        >>> first is second, first.shape
        (True, torch.Size([2, 1, 16, 16]))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.08, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5

    def __post_init__(self) -> None:
        self._crops()

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> MultiView:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        view = self._crops()(items, Draws.fresh(len(items)) if draws is None else draws)
        return MultiView(torch.arange(len(view), device=view.device) if index is None else index, (view, view))

    def describe(self) -> list[str]:
        """Nothing is left out for any number of channels."""
        return []

    def _crops(self) -> RandomCrops:
        return made_of(RandomCrops, self)
