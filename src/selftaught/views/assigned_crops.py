"""A crop of every image, beside the image's row in the data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import AssignedView, ImageBatch
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops

__all__ = ["AssignedCrops"]


@final
@dataclass(frozen=True, kw_only=True)
class AssignedCrops:
    """One random resized crop of every image, perhaps mirrored, perhaps its edges, for methods that sort items.

    Args:
        image_size: height and width of the crop in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often the crop is mirrored left to right.
        sobel_probability: how often the crop is replaced by the strength of its edges, before it is normalised. What
            the whole data set's vectors are computed from, in training and in use, are the pictures themselves.

    Raises:
        UserError: a value is out of its range.

    Source:
        Caron et al. 2018, https://arxiv.org/abs/1807.05520, section 3.3.

    Example:
        >>> import torch
        >>> from selftaught.views import AssignedCrops, Draws
        >>> make_views = AssignedCrops(image_size=28, channels=1)
        >>> images, rows = torch.zeros(2, 1, 28, 28, dtype=torch.uint8), torch.tensor([40, 7])
        >>> views = make_views(images, index=rows, draws=Draws.at(0, 17, batch=2))
        >>> views.view.shape, views.index
        (torch.Size([2, 1, 28, 28]), tensor([40,  7]))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.08, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5
    sobel_probability: float = 0.0

    def __post_init__(self) -> None:
        self._crops()

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> AssignedView:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        view = self._crops()(items, Draws.fresh(len(items)) if draws is None else draws)
        return AssignedView(torch.arange(len(view), device=view.device) if index is None else index, view)

    def describe(self) -> list[str]:
        """What a reader of a run's record should know: where Sobel is applied, if it is."""
        if self.sobel_probability == 0:
            return []
        return ["Sobel: in the views only; clusters and evaluation are made from the pictures themselves"]

    def _crops(self) -> RandomCrops:
        return made_of(RandomCrops, self)
