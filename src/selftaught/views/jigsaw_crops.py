"""An augmented view of every image, its tiles in disorder, and rows of the data set drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, JigsawView, UserError
from selftaught.views.banked_crops import BankedCrops
from selftaught.views.changes import DrawnView, make_drawn
from selftaught.views.checks import expect_batch, expect_number, expect_range
from selftaught.views.draws import Draws
from selftaught.views.geometry import random_crop_boxes
from selftaught.views.made_of import made_of
from selftaught.views.tiles import cut_tiles, draws_of_tiles
from selftaught.views.two_views import TwoViews

__all__ = ["JigsawCrops"]

_GRID = 3
_CELL, _TILE = 85 / 224, 64 / 85  # of the image, and of the cell


@final
@dataclass(frozen=True, kw_only=True)
class JigsawCrops:
    """A random resized crop of every image, and nine tiles of another crop of it, shuffled; and rows of a memory bank.

    Each tile is cut somewhere inside its cell of a 3x3 grid. Colours change in the crop, and in every tile for itself.
    For images of other than 3 channels saturation, hue and grey are left out; `describe` says so.

    Args:
        image_size: height and width of the crop in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of both crops.
        tiled_crop_scale: as `crop_scale`, for the crop that is cut into tiles.
        cell_size: height and width of a cell of the grid in pixels; if none is given, 85 of 224 of the image's.
        tile_size: height and width of a tile in pixels; if none is given, 64 of 85 of the cell's.
        flip_probability: how often each of the crops is mirrored left to right.
        colour_probability: how often brightness, contrast, saturation and hue change, all together.
        brightness: factors are drawn from [1 - brightness, 1 + brightness], at least 0.
        contrast: as brightness, for contrast.
        saturation: as brightness, for saturation.
        hue: shifts are drawn from [-hue, hue], in turns of the colour circle; at most 0.5.
        grey_probability: how often the crop, or a tile, loses its colours.
        bank_rows: how many rows there are to draw from.
        rows_an_item: how many are drawn for each image; None for none.

    Raises:
        UserError: a value is out of its range.

    Source:
        Misra & van der Maaten 2019, https://arxiv.org/abs/1912.01991, as in its authors' code.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, JigsawCrops
        >>> make_views = JigsawCrops(image_size=28, channels=1, bank_rows=50, rows_an_item=5)
        >>> views = make_views(torch.zeros(2, 1, 28, 28, dtype=torch.uint8), draws=Draws.at(0, 17, batch=2))
        >>> views.image.shape, views.tiles.shape
        (torch.Size([2, 1, 28, 28]), torch.Size([2, 9, 1, 8, 8]))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.08, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    tiled_crop_scale: tuple[float, float] = (0.6, 1.0)
    cell_size: int | None = None
    tile_size: int | None = None
    flip_probability: float = 0.5
    colour_probability: float = 1.0
    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.2
    grey_probability: float = 0.2
    bank_rows: int = 1
    rows_an_item: int | None = None

    def __post_init__(self) -> None:
        self._whole()
        expect_range("tiled_crop_scale", self.tiled_crop_scale, 1.0)
        cell, tile = self._sides()
        expect_number("tile_size", tile, 2.0)
        if tile > cell:
            raise UserError(f"tile_size: expected at most the {cell} pixels of a cell, got {tile}")

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> JigsawView:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        whole = self._whole()(batch, index=index, draws=draws)
        puzzle = draws.stream("puzzle")
        order = puzzle.stream("order").permutations(_GRID**2)
        tiles = self._tiles(batch, order, puzzle)
        return JigsawView(whole.index, whole.view, tiles, order.to(tiles.device), whole.drawn)

    def describe(self) -> list[str]:
        """What is left out for images with this number of channels, a sentence each."""
        return self._whole().describe()

    def _tiles(self, batch: ImageBatch, order: Int[Tensor, "n 9"], draws: Draws) -> Float[Tensor, "n 9 c side side"]:
        cell, tile = self._sides()
        boxes = random_crop_boxes(batch.sizes, draws.stream("crop"), scale=self.tiled_crop_scale, ratio=self.crop_ratio)
        cropped = DrawnView(boxes, draws.stream("flip").chance(self.flip_probability), [])
        (crops,) = make_drawn(batch, [(cropped, _GRID * cell)], mean=None, standard_deviation=None)
        offsets = draws.stream("jitter").integers(cell - tile + 1, _GRID**2, 2)
        tiles = cut_tiles(crops, offsets, grid=_GRID, side=tile)
        shuffled = tiles[torch.arange(len(tiles))[:, None], order].flatten(0, 1)  # (9 n, c, tile, tile)
        alone = ImageBatch.of(shuffled)
        coloured = self._tile_changes(tile).draw(alone.sizes, draws_of_tiles(draws, _GRID**2), 0)
        (made,) = make_drawn(alone, [(coloured, tile)], mean=self.mean, standard_deviation=self.standard_deviation)
        return made.unflatten(0, (len(batch), _GRID**2))

    def _sides(self) -> tuple[int, int]:
        cell = round(_CELL * self.image_size) if self.cell_size is None else self.cell_size
        return cell, round(_TILE * cell) if self.tile_size is None else self.tile_size

    def _whole(self) -> BankedCrops:
        return made_of(BankedCrops, self)

    def _tile_changes(self, tile: int) -> TwoViews:
        """Colours only: tiles are neither cropped nor mirrored again."""
        return made_of(
            TwoViews,
            self,
            image_size=tile,
            mean=None,
            standard_deviation=None,
            crop_scale=(1.0, 1.0),
            crop_ratio=(1.0, 1.0),
            flip_probability=0.0,
            blur_probability=(0.0, 0.0),
        )
