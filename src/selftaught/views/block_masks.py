"""A crop of every image: blocks of patches that are to be told, and a larger block, without them, that may be seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Int, Num
from torch import Tensor

from selftaught.core import BlockMaskedImages, ImageBatch, UserError, usual_patch_pixels
from selftaught.views.checks import expect_range
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops

__all__ = ["BlockMasks"]

_ARRANGEMENTS = 8  # drawn for each image
_ENOUGH = 10  # patches of a context, as in the authors' settings; an arrangement must leave more


@final
@dataclass(frozen=True, kw_only=True)
class BlockMasks:
    """A random resized crop of every image, perhaps mirrored, with target blocks and a context block without them.

    The size of the target blocks, and that of the context block, is drawn once a batch, their places for each image. Of
    eight arrangements the first is taken that leaves more than 10 patches to be seen, or else the one that leaves most;
    then every image shows as many patches, drawn from those of its context, as the one that has fewest.

    Args:
        image_size: height and width of the crop in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        patch_pixels: side of a patch, the encoder's own; if none is given, what suits the image size: 4 pixels for 28
            and 32, 16 for 224. A divisor of the image size.
        target_blocks: how many blocks of an image are to be told.
        target_scale: least and largest share of the patches that such a block holds, in (0, 1).
        target_ratio: least and largest height over width of such a block.
        context_scale: the same for the block that may be seen, which is square.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often the crop is mirrored left to right.

    Raises:
        UserError: a value is out of its range, the patches do not tile the crop, or blocks could hide all of it.

    Source:
        Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3 and appendix A.1, and the authors' code for
        sizes that are the same in a batch.

    Example:
        >>> import torch
        >>> from selftaught.views import BlockMasks, Draws
        >>> make_views = BlockMasks(image_size=32)
        >>> views = make_views(torch.zeros(4, 3, 32, 40, dtype=torch.uint8), draws=Draws.at(0, 17, batch=4))
        >>> views.images.shape, views.blocks.shape[:2]
        (torch.Size([4, 3, 32, 32]), torch.Size([4, 4]))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    patch_pixels: int | None = None
    target_blocks: int = 4
    target_scale: tuple[float, float] = (0.15, 0.2)
    target_ratio: tuple[float, float] = (0.75, 1.5)
    context_scale: tuple[float, float] = (0.85, 1.0)
    crop_scale: tuple[float, float] = (0.3, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5

    def __post_init__(self) -> None:
        self._crops()
        for name, pair in {"target_scale": self.target_scale, "context_scale": self.context_scale}.items():
            expect_range(name, pair, 1.0)
        expect_range("target_ratio", self.target_ratio)
        if self.patch_pixels is not None and (self.patch_pixels < 1 or self.image_size % self.patch_pixels):
            raise UserError(
                f"patch_pixels: expected a divisor of the image size, {self.image_size}, got {self.patch_pixels}"
            )
        if self.target_blocks < 1 or self.target_blocks * self.target_scale[1] >= 1:
            raise UserError(
                f"expected at least 1 target block, and blocks that together leave something to be seen, got "
                f"{self.target_blocks} of up to {self.target_scale[1]:g} of the image"
            )

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> BlockMaskedImages:
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
        context, blocks = (each[draws.rows].to(images.device) for each in self._masks(draws))
        index = torch.arange(len(images), device=images.device) if index is None else index
        return BlockMaskedImages(index, images, images, context, blocks, self._pixels)

    def describe(self) -> list[str]:
        """What is left out of the options: nothing."""
        return []

    def _masks(self, draws: Draws) -> tuple[Int[Tensor, "batch kept"], Int[Tensor, "batch blocks size"]]:
        """Of the global batch, in every process alike: how much may be seen depends on all of its images."""
        everywhere = Draws.at(draws.seed, "blocks", batch=draws.batch)
        one = Draws.at(draws.seed, "sizes", batch=1)
        ratio = float(one.uniform(*self.target_ratio))
        target = self._block_size(float(one.uniform(*self.target_scale)), ratio)
        seen = self._block_size(float(one.uniform(*self.context_scale)), 1.0)
        several = (draws.batch, _ARRANGEMENTS, self.target_blocks)
        corners = self._corners(everywhere.stream("targets"), target, several)
        hidden = self._covered(corners, target).any(2)  # (batch, arrangements, patches)
        around = self._covered(self._corners(everywhere.stream("context"), seen, several[:2]), seen)
        left = (around & ~hidden).sum(2)
        enough = left > _ENOUGH
        best = torch.where(enough.any(1), enough.int().argmax(1), left.argmax(1))  # argmax: the first of several
        rows = torch.arange(draws.batch)
        hidden, around, corners = hidden[rows, best], around[rows, best], corners[rows, best]
        free = around & ~hidden
        free = torch.where(free.any(1, keepdim=True), free, ~hidden)  # a context block that targets cover
        order = everywhere.stream("order").uniform(0.0, 1.0, self._side**2).masked_fill(~free, 2.0).argsort(1)
        return order[:, : int(free.sum(1).min())], self._numbers(corners, target)

    def _block_size(self, scale: float, ratio: float) -> tuple[int, int]:
        area = scale * self._side**2
        height, width = math.sqrt(area * ratio), math.sqrt(area / ratio)
        return min(max(round(height), 1), self._side), min(max(round(width), 1), self._side)

    def _corners(self, draws: Draws, size: tuple[int, int], shape: tuple[int, ...]) -> Int[Tensor, "*shape 2"]:
        """Row and column of each block's first patch, each place equally likely."""
        places = [draws.integers(self._side - length + 1, *shape[1:]) for length in size]
        return torch.stack(places, -1)

    def _covered(self, corners: Int[Tensor, "*shape 2"], size: tuple[int, int]) -> Bool[Tensor, "*shape patches"]:
        line = torch.arange(self._side)
        inside = [
            (line >= corners[..., axis, None]) & (line < corners[..., axis, None] + size[axis]) for axis in range(2)
        ]
        return (inside[0][..., :, None] & inside[1][..., None, :]).flatten(-2)

    def _numbers(self, corners: Int[Tensor, "*shape 2"], size: tuple[int, int]) -> Int[Tensor, "*shape size"]:
        rows = corners[..., 0, None, None] + torch.arange(size[0])[:, None]
        columns = corners[..., 1, None, None] + torch.arange(size[1])
        return (rows * self._side + columns).flatten(-2)

    @property
    def _pixels(self) -> int:
        return self.patch_pixels or usual_patch_pixels(self.image_size)

    @property
    def _side(self) -> int:
        return self.image_size // self._pixels

    def _crops(self) -> RandomCrops:
        return made_of(RandomCrops, self)
