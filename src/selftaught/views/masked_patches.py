"""A crop of every image with most of its patches hidden."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, MaskedImages, UserError, usual_patch_pixels
from selftaught.views.draws import Draws
from selftaught.views.random_crops import RandomCrops

__all__ = ["MaskedPatches"]


@final
@dataclass(frozen=True, kw_only=True)
class MaskedPatches:
    """A random resized crop of every image, perhaps mirrored, of which equally many patches are hidden everywhere.

    Which patches are hidden is drawn for each image, each choice equally likely.

    Args:
        image_size: height and width of the crop in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        patch_pixels: side of a patch, the encoder's own; if none is given, what suits the image size: 4 pixels for 28
            and 32, 16 for 224. A divisor of the image size.
        masked_share: how many of the patches are hidden, in (0, 1), rounded to whole patches.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often the crop is mirrored left to right.

    Raises:
        UserError: a value is out of its range, or the patches do not tile the crop.

    Source:
        He et al. 2021, https://arxiv.org/abs/2111.06377, section 3 and appendix A.1.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, MaskedPatches
        >>> make_views = MaskedPatches(image_size=32)
        >>> views = make_views(torch.zeros(4, 3, 32, 40, dtype=torch.uint8), draws=Draws.at(0, 17, batch=4))
        >>> views.images.shape, views.keep.shape, views.hidden.shape
        (torch.Size([4, 3, 32, 32]), torch.Size([4, 16]), torch.Size([4, 48]))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    patch_pixels: int | None = None
    masked_share: float = 0.75
    crop_scale: tuple[float, float] = (0.2, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5

    def __post_init__(self) -> None:
        self._crops()
        if self.patch_pixels is not None and (self.patch_pixels < 1 or self.image_size % self.patch_pixels):
            raise UserError(
                f"patch_pixels: expected a divisor of the image size, {self.image_size}, got {self.patch_pixels}"
            )
        if not 0 < self._hidden < self._patches:
            raise UserError(
                f"masked_share: expected a number in (0, 1) that hides at least one of {self._patches} patches and "
                f"leaves at least one, got {self.masked_share}"
            )

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> MaskedImages:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        draws = Draws.fresh(len(items)) if draws is None else draws
        images = self._crops()(items, draws)
        order = draws.stream("mask").permutations(self._patches).to(images.device)
        index = torch.arange(len(images), device=images.device) if index is None else index
        kept = self._patches - self._hidden
        return MaskedImages(index, images, order[:, :kept], order[:, kept:])

    def describe(self) -> list[str]:
        """What is left out of the options: nothing."""
        return []

    @property
    def _patches(self) -> int:
        pixels = self.patch_pixels or usual_patch_pixels(self.image_size)
        return (self.image_size // pixels) ** 2

    @property
    def _hidden(self) -> int:
        return round(self.masked_share * self._patches)

    def _crops(self) -> RandomCrops:
        return RandomCrops(
            image_size=self.image_size,
            channels=self.channels,
            mean=self.mean,
            standard_deviation=self.standard_deviation,
            crop_scale=self.crop_scale,
            crop_ratio=self.crop_ratio,
            flip_probability=self.flip_probability,
        )
