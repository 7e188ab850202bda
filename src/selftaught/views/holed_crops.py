"""A crop of every image with a hole in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

import torch
from jaxtyping import Bool, Int, Num
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import HoledImages, ImageBatch
from selftaught.views.checks import expect_batch, expect_number
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops

__all__ = ["HoledCrops"]

_CELLS = 8  # of noise, a side of the image: what they are smoothed to are the shapes of random holes


@final
@dataclass(frozen=True, kw_only=True)
class HoledCrops:
    """A random resized crop of every image, perhaps mirrored, of which about a quarter is hidden.

    The hole is a square in the middle, or the quarter of the pixels where smoothed noise, drawn for each image, is
    lowest: several blobs of any shape, anywhere.

    Args:
        image_size: height and width of the crop in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        holes: "centre" or "random".
        inset: by how many pixels the hole in the middle is smaller at each side than half of the image.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often the crop is mirrored left to right.

    Raises:
        UserError: a value is out of its range.

    Source:
        Pathak et al. 2016, https://arxiv.org/abs/1604.07379, section 3.3; random holes as in its authors' code, whose
        noise has 8 cells a side of its images, but with exactly a quarter of each image.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, HoledCrops
        >>> make_views = HoledCrops(image_size=32, holes="random")
        >>> views = make_views(torch.zeros(4, 3, 32, 40, dtype=torch.uint8), draws=Draws.at(0, 17, batch=4))
        >>> views.images.shape, views.mask.sum((1, 2, 3)).tolist()
        (torch.Size([4, 3, 32, 32]), [256, 256, 256, 256])
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    holes: Literal["centre", "random"] = "centre"
    inset: int = 0
    crop_scale: tuple[float, float] = (0.2, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5

    def __post_init__(self) -> None:
        self._crops()
        expect_number("inset", self.inset, 0.0, self.image_size / 4 - 1)

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> HoledImages:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        images = self._crops()(batch, draws)
        mask = self._middle(len(batch)) if self.holes == "centre" else self._blobs(draws, images.device)
        index = torch.arange(len(batch), device=images.device) if index is None else index
        return HoledImages(index, images, mask.to(images.device))

    def describe(self) -> list[str]:
        """Nothing is left out for any number of channels."""
        return []

    def _middle(self, n: int) -> Bool[Tensor, "n 1 s s"]:
        first, size = self.image_size // 4 + self.inset, self.image_size
        mask = torch.zeros(n, 1, size, size, dtype=torch.bool)
        mask[:, :, first : size - first, first : size - first] = True
        return mask

    def _blobs(self, draws: Draws, device: torch.device) -> Bool[Tensor, "n 1 s s"]:
        size = self.image_size
        noise = draws.stream("holes").uniform(0.0, 1.0, 1, _CELLS + 2, _CELLS + 2).to(device)
        wide = round(size * (_CELLS + 2) / _CELLS)
        edge = (wide - size) // 2  # where smoothing lacks neighbours
        smooth = F.interpolate(noise, size=(wide, wide), mode="bicubic", align_corners=False)
        smooth = smooth[:, :, edge : edge + size, edge : edge + size]
        highest = smooth.flatten(1).kthvalue(size**2 // 4, 1).values
        return smooth <= highest.view(-1, 1, 1, 1)

    def _crops(self) -> RandomCrops:
        return made_of(RandomCrops, self)
