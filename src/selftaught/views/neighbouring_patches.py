"""A patch of every image and the eight around it, with what would tell their places by itself taken away."""

from dataclasses import dataclass
from typing import Literal, final

import torch
from jaxtyping import Float, Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, PatchNeighbourhoods, UserError
from selftaught.views.checks import expect_batch, expect_number
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops
from selftaught.views.tiles import cut_tiles, normalise_tiles

__all__ = ["NeighbouringPatches", "without_green_and_magenta"]

_GRID = 3
_PATCH, _JITTER = 96 / 144, 7 / 96  # of the step from patch to patch, and of a patch
_NOISE = 1 / 100  # its deviation, that of the channel which is left being 1
_GREEN_AGAINST_MAGENTA = (-1.0, 2.0, -1.0)


def without_green_and_magenta(images: Float[Tensor, "... 3 h w"]) -> Float[Tensor, "... 3 h w"]:
    """Every colour moved to where it is neither greener nor more magenta than grey is.

    Lenses bend green otherwise than red and blue; with a = (-1, 2, -1), a colour p becomes p (I - a'a / aa').

    Source:
        Doersch et al. 2015, https://arxiv.org/abs/1505.05192, section 3.1 (projection).

    Example:
        >>> import torch
        >>> from selftaught.views.neighbouring_patches import without_green_and_magenta
        >>> without_green_and_magenta(torch.tensor([0.0, 0.6, 0.0]).view(3, 1, 1)).flatten()
        tensor([0.2000, 0.2000, 0.2000])
    """
    axis = torch.tensor(_GREEN_AGAINST_MAGENTA, dtype=images.dtype, device=images.device).view(3, 1, 1)
    return images - (images * axis).sum(-3, keepdim=True) * axis / axis.square().sum()


@final
@dataclass(frozen=True, kw_only=True)
class NeighbouringPatches:
    """Nine patches of a square crop of every image, three rows of three.

    What would tell where a patch lies without a look at what it shows is taken away: patches have a gap of half their
    side between them and are each moved a little, so that no line goes on at an edge; each channel of each patch gets
    mean 0 and deviation 1, so that light does not tell; and the fringes which lenses make, wider far from the middle,
    go with the colours.

    Args:
        image_size: height and width of the grid in pixels, where no `cell_size` is given.
        channels: how many channels the images have.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        cell_size: from one patch to the next, in pixels; if none is given, a third of the image's.
        patch_size: height and width of a patch in pixels; if none is given, 96 of 144 of the cell's.
        patch_jitter: by how many pixels a patch is moved at most, each way; if none is given, 7 of 96 of the patch's,
            and at least 1.
        colours: "drop" leaves each patch one channel, drawn for it, and faint noise in place of the others; "project"
            takes green and magenta out, and needs 3 channels; "keep" leaves the colours and their fringes.

    Raises:
        UserError: a value is out of its range, or images of other than 3 channels are to be projected.

    Source:
        Doersch et al. 2015, https://arxiv.org/abs/1505.05192, sections 3.1 and 4; each patch is normalised as in its
        authors' code, though each channel by itself.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, NeighbouringPatches
        >>> make_views = NeighbouringPatches(image_size=28, channels=1)
        >>> views = make_views(torch.zeros(2, 1, 28, 28, dtype=torch.uint8), draws=Draws.at(0, 17, batch=2))
        >>> views.patches.shape
        torch.Size([2, 9, 1, 6, 6])
    """

    image_size: int
    channels: int = 3
    crop_scale: tuple[float, float] = (0.3, 1.0)
    cell_size: int | None = None
    patch_size: int | None = None
    patch_jitter: int | None = None
    colours: Literal["drop", "project", "keep"] = "drop"

    def __post_init__(self) -> None:
        self._crops()
        cell, patch, jitter = self._sides()
        expect_number("patch_size", patch, 2.0)
        expect_number("patch_jitter", jitter, 0.0)
        if patch + 2 * jitter > cell:
            wanted = f"at most {cell - 2 * jitter} of the {cell} pixels of a cell"
            raise UserError(f"patch_size: expected {wanted}, got {patch}")
        if self.colours == "project" and self.channels != 3:
            raise UserError(f"colours: expected images with 3 channels to project, got {self.channels}")

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> PatchNeighbourhoods:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        crops = self._crops()(batch, draws)
        if self.colours == "project":
            crops = without_green_and_magenta(crops)
        cell, patch, jitter = self._sides()
        offsets = (cell - patch) // 2 - jitter + draws.stream("jitter").integers(2 * jitter + 1, _GRID**2, 2)
        patches = normalise_tiles(cut_tiles(crops, offsets, grid=_GRID, side=patch))
        if self.colours == "drop" and self.channels > 1:
            patches = _one_channel(patches, draws)
        index = torch.arange(len(batch), device=patches.device) if index is None else index
        return PatchNeighbourhoods.of(index, patches)

    def describe(self) -> list[str]:
        """What is left out for images with this number of channels, a sentence each."""
        if self.channels == 1 and self.colours == "drop":
            return ["dropping of colours: left out, images have 1 channel"]
        return []

    def _sides(self) -> tuple[int, int, int]:
        cell = self.image_size // _GRID if self.cell_size is None else self.cell_size
        patch = round(_PATCH * cell) if self.patch_size is None else self.patch_size
        return cell, patch, max(1, round(_JITTER * patch)) if self.patch_jitter is None else self.patch_jitter

    def _crops(self) -> RandomCrops:
        size, square = _GRID * self._sides()[0], (1.0, 1.0)
        return made_of(RandomCrops, self, image_size=size, crop_ratio=square, flip_probability=0.0)


def _one_channel(patches: Float[Tensor, "n 9 c side side"], draws: Draws) -> Float[Tensor, "n 9 c side side"]:
    """Each patch with one channel of its own, and noise for the others."""
    count, channels, side = patches.shape[1:4]
    left = draws.stream("left channel").integers(channels, count, 1, 1, 1)
    noise = _NOISE * draws.stream("noise").normal(count, channels, side, side)
    kept = torch.arange(channels).view(-1, 1, 1) == left
    return torch.where(kept.to(patches.device), patches, noise.to(patches))
