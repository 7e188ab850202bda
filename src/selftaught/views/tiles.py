"""Tiles of images, each cut somewhere inside its cell of a grid."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.views.draws import Draws

__all__ = ["cut_tiles", "draws_of_tiles", "normalise_tiles"]

_LEAST_DEVIATION = 1 / 255  # one level of grey: a tile of one colour becomes zero, not noise


def cut_tiles(
    images: Float[Tensor, "n c h w"], offsets: Int[Tensor, "n tiles 2"], *, grid: int, side: int
) -> Float[Tensor, "n tiles c side side"]:
    """One square of every cell of a grid over each image, row by row.

    Gaps between the squares keep a network from matching the edges of neighbours.

    Args:
        images: whose height and width are multiples of `grid`.
        offsets: where in its cell each tile begins, down and across, in pixels; a cell has room for offsets from 0 to
            the cell's side minus the tile's.
        grid: cells in a row and in a column.
        side: height and width of a tile in pixels, at most those of a cell.

    Source:
        Noroozi & Favaro 2016, https://arxiv.org/abs/1603.09246, section 3.3.

    Example:
        >>> import torch
        >>> from selftaught.views.tiles import cut_tiles
        >>> image = torch.arange(16.0).view(1, 1, 4, 4)
        >>> cut_tiles(image, torch.tensor([[[0, 0], [0, 1], [1, 0], [1, 1]]]), grid=2, side=1).flatten()
        tensor([ 0.,  3., 12., 15.])
    """
    n, channels, height, width = images.shape
    cell = torch.arange(grid * grid, device=images.device)  # (tiles,)
    inside = torch.arange(side, device=images.device)
    offsets = offsets.to(images.device)
    down = (cell // grid * (height // grid) + offsets[..., 0])[..., None] + inside  # (n, tiles, side)
    across = (cell % grid * (width // grid) + offsets[..., 1])[..., None] + inside
    places = (down[..., :, None] * width + across[..., None, :]).flatten(1)  # (n, tiles * side * side)
    picked = images.reshape(n, channels, -1).gather(2, places[:, None].expand(-1, channels, -1))
    return picked.view(n, channels, grid * grid, side, side).transpose(1, 2)


def normalise_tiles(tiles: Float[Tensor, "n tiles c side side"]) -> Float[Tensor, "n tiles c side side"]:
    """Each channel of each tile by itself, with mean 0 and deviation 1, so that brightness and contrast say nothing.

    Args:
        tiles: pixels in 0..1. A channel that deviates by less than 1/255 is divided by that.

    Source:
        Noroozi & Favaro 2016, https://arxiv.org/abs/1603.09246, section 3.3.

    Example:
        >>> import torch
        >>> from selftaught.views.tiles import normalise_tiles
        >>> tiles = torch.tensor([0.2, 0.4, 0.4, 0.2]).view(1, 1, 1, 2, 2)
        >>> normalise_tiles(tiles).flatten()
        tensor([-1.0000,  1.0000,  1.0000, -1.0000])
    """
    deviation, mean = torch.std_mean(tiles, dim=(3, 4), correction=0, keepdim=True)
    return (tiles - mean) / deviation.clamp(min=_LEAST_DEVIATION)


def draws_of_tiles(draws: Draws, tiles: int) -> Draws:
    """Draws of which every tile of every item has its own: those of item i stand in the rows from i times `tiles`.

    Args:
        draws: of the items.
        tiles: how many each has.

    Example:
        >>> from selftaught.views import Draws
        >>> from selftaught.views.tiles import draws_of_tiles
        >>> len(draws_of_tiles(Draws(7, batch=4, rows=slice(2, 4)), 9))
        18
    """
    start, stop, _ = draws.rows.indices(draws.batch)
    return Draws.at(draws.seed, "tiles", batch=draws.batch * tiles, rows=slice(start * tiles, stop * tiles))
