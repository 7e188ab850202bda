"""One crop of every image, taken apart by its channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import ChannelViews, ImageBatch
from selftaught.parts import ChannelSplit
from selftaught.views.checks import expect_batch
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops

__all__ = ["SplitCrops"]


@final
@dataclass(frozen=True, kw_only=True)
class SplitCrops:
    """One random resized crop of every image, perhaps mirrored, in groups of its channels.

    Args:
        image_size: height and width of the crop in pixels.
        split: which channels make a group; that of the method.
        channels: how many channels the images have.
        mean: what is subtracted from each channel, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often the crop is mirrored left to right.

    Raises:
        UserError: a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.parts import ChannelSplit
        >>> from selftaught.views import Draws, SplitCrops
        >>> make_views = SplitCrops(image_size=32, split=ChannelSplit("L,ab"))
        >>> views = make_views(torch.zeros(2, 3, 32, 32, dtype=torch.uint8), draws=Draws.at(0, 17, batch=2))
        >>> [part.shape for part in views.parts]
        [torch.Size([2, 1, 32, 32]), torch.Size([2, 2, 32, 32])]
    """

    image_size: int
    split: ChannelSplit
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.2, 1.0)
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
    ) -> ChannelViews:
        """Make the views of one batch; no rows of the data set are drawn.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        parts = self.split(self._crops()(batch, draws))
        device = parts[0].device
        index = torch.arange(len(batch), device=device) if index is None else index
        return ChannelViews(index, parts, torch.zeros(len(batch), 0, dtype=torch.long, device=device))

    def describe(self) -> list[str]:
        """Nothing is left out for any number of channels."""
        return []

    def _crops(self) -> RandomCrops:
        return made_of(RandomCrops, self)
