"""Nine tiles of every image, shuffled into one of a few orders that are far from each other."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, ShuffledTiles, UserError
from selftaught.parts import distant_orders
from selftaught.views.changes import Change
from selftaught.views.checks import expect_batch, expect_number
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.photometric import grey
from selftaught.views.random_crops import RandomCrops
from selftaught.views.tiles import cut_tiles, normalise_tiles

__all__ = ["TilePuzzles"]

_GRID = 3
_TILE, _SHIFT = 64 / 85, 2 / 64  # of a cell, and of a tile


@final
@dataclass(frozen=True, kw_only=True)
class TilePuzzles:
    """Nine tiles of a square crop of every image, in an order to be told.

    What would tell without a look at what the tiles show is taken away: tiles are cut somewhere inside their cells of a
    3x3 grid, with gaps, so that no edge goes on in a neighbour; each channel of each tile gets mean 0 and deviation 1,
    so that light does not tell; channels are shifted against each other, in each tile otherwise, and some images lose
    their colours, so that the fringes which lenses make, wider far from the middle, do not tell.

    Args:
        image_size: height and width of the grid in pixels, where no `cell_size` is given.
        channels: how many channels the images have.
        permutations: in how many orders tiles can stand; see `distant_orders`.
        permutation_seed: of the choice of the orders.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        cell_size: height and width of a cell of the grid in pixels; if none is given, a third of the image's.
        tile_size: height and width of a tile in pixels; if none is given, 64 of 85 of the cell's.
        channel_shift: by how many pixels a channel is moved at most, each way; if none is given, 2 of 64 of the tile's,
            which is 0 for small ones.
        grey_probability: how often an image loses its colours. Needs 3 channels, and is left out for any other number.

    Raises:
        UserError: a value is out of its range.

    Source:
        Noroozi & Favaro 2016, https://arxiv.org/abs/1603.09246, sections 3.2 and 3.3.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, TilePuzzles
        >>> make_views = TilePuzzles(image_size=28, channels=1)
        >>> views = make_views(torch.zeros(2, 1, 28, 28, dtype=torch.uint8), draws=Draws.at(0, 17, batch=2))
        >>> views.tiles.shape, bool((views.orders < 100).all())
        (torch.Size([2, 9, 1, 7, 7]), True)
    """

    image_size: int
    channels: int = 3
    permutations: int = 100
    permutation_seed: int = 0
    crop_scale: tuple[float, float] = (0.6, 1.0)
    cell_size: int | None = None
    tile_size: int | None = None
    channel_shift: int | None = None
    grey_probability: float = 0.3

    def __post_init__(self) -> None:
        self._crops()
        self._orders()
        expect_number("grey_probability", self.grey_probability, 0.0, 1.0)
        cell, tile, shift = self._sides()
        expect_number("tile_size", tile, 2.0)
        expect_number("channel_shift", shift, 0.0)
        if tile + 2 * shift > cell:
            raise UserError(
                f"tile_size: expected at most {cell - 2 * shift} of the {cell} pixels of a cell, got {tile}"
            )

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> ShuffledTiles:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        tiles = normalise_tiles(self._tiles(self._crops()(batch, draws), draws))
        numbers = draws.stream("order").integers(self.permutations)
        shown = tiles[torch.arange(len(tiles))[:, None], self._orders()[numbers]]
        index = torch.arange(len(batch), device=tiles.device) if index is None else index
        return ShuffledTiles(index, shown, numbers.to(tiles.device))

    def describe(self) -> list[str]:
        """What is left out for images with this number of channels, a sentence each."""
        if self.channels == 3 or self.grey_probability == 0:
            return []
        return [f"greyscale: left out, needs 3 channels and images have {self.channels}"]

    def _tiles(self, crops: Float[Tensor, "n c s s"], draws: Draws) -> Float[Tensor, "n 9 c side side"]:
        """From every cell a tile, in which each channel begins at a place of its own, all inside the cell."""
        cell, tile, shift = self._sides()
        count, channels = _GRID**2, self.channels
        place = draws.stream("jitter").integers(cell - tile - 2 * shift + 1, count, 1, 2)
        offsets = place + draws.stream("shift").integers(2 * shift + 1, count, channels, 2)  # (n, 9, c, 2)
        each = cut_tiles(crops.flatten(0, 1)[:, None], offsets.transpose(1, 2).flatten(0, 1), grid=_GRID, side=tile)
        tiles = each.view(-1, channels, count, tile, tile).transpose(1, 2)
        if channels != 3:
            return tiles
        chosen = draws.stream("grey").chance(self.grey_probability).repeat_interleave(count)
        return Change(grey, chosen).apply(tiles.flatten(0, 1), slice(None)).unflatten(0, (-1, count))

    def _sides(self) -> tuple[int, int, int]:
        cell = self.image_size // _GRID if self.cell_size is None else self.cell_size
        tile = round(_TILE * cell) if self.tile_size is None else self.tile_size
        return cell, tile, round(_SHIFT * tile) if self.channel_shift is None else self.channel_shift

    def _orders(self) -> Int[Tensor, "permutations 9"]:
        return distant_orders(self.permutations, things=_GRID**2, seed=self.permutation_seed)

    def _crops(self) -> RandomCrops:
        size, square = _GRID * self._sides()[0], (1.0, 1.0)
        return made_of(RandomCrops, self, image_size=size, crop_ratio=square, flip_probability=0.0)
