"""Tiles lie in their cells, in an order that each image draws for itself, and are changed one by one."""

import pytest
import torch
from view_samples import images

from selftaught.core import UserError
from selftaught.views import BankedCrops, Draws, JigsawCrops
from selftaught.views.tiles import cut_tiles, draws_of_tiles

N, SIZE = 24, 27
STILL = {
    "tiled_crop_scale": (1.0, 1.0),
    "crop_ratio": (1.0, 1.0),
    "flip_probability": 0.0,
    "colour_probability": 0.0,
    "grey_probability": 0.0,
    "cell_size": 9,
    "tile_size": 6,
    "bank_rows": 50,
    "rows_an_item": 4,
}


def make(**options):
    return JigsawCrops(image_size=SIZE, **{**STILL, **options})


def places():
    """Images in which every pixel says where it is: its row in the first channel and its column in the second."""
    at = torch.arange(SIZE) / 100
    return torch.stack([at[:, None].expand(SIZE, SIZE), at.expand(SIZE, SIZE), torch.zeros(SIZE, SIZE)]).repeat(
        N, 1, 1, 1
    )


def found_places(tiles):
    """From which row and column each tile begins, and whether it is a whole square from there."""
    pixels = (tiles[:, :, :2] * 100).round().long()  # (n, 9, 2, side, side)
    corners = pixels[..., 0, 0]
    step = torch.arange(tiles.shape[-1])
    down = (pixels[:, :, 0] == (corners[..., 0, None] + step)[..., None]).all()
    across = (pixels[:, :, 1] == (corners[..., 1, None] + step)[..., None, :]).all()
    return corners, bool(down and across)


def accepts(cut):
    """Whether a cutter takes each tile from its own cell, at its own offset."""
    offsets = torch.randint(4, (N, 9, 2), generator=torch.Generator().manual_seed(0))
    corners, whole = found_places(cut(places(), offsets, grid=3, side=6))
    cell = torch.arange(9)
    return whole and torch.equal(corners, torch.stack([cell // 3 * 9, cell % 3 * 9], 1) + offsets)


def column_by_column(pictures, offsets, *, grid, side):
    return cut_tiles(pictures, offsets, grid=grid, side=side)[:, torch.arange(9).view(3, 3).T.flatten()]


def one_offset_for_all(pictures, offsets, *, grid, side):
    return cut_tiles(pictures, offsets[:1].expand_as(offsets), grid=grid, side=side)


def across_for_down(pictures, offsets, *, grid, side):
    return cut_tiles(pictures, offsets.flip(2), grid=grid, side=side)


def test_tiles_are_cut_from_their_cells():
    assert accepts(cut_tiles)


@pytest.mark.parametrize("wrong", [column_by_column, one_offset_for_all, across_for_down])
def test_wrong_cuts_are_rejected(wrong):
    assert not accepts(wrong)


def test_the_order_says_where_each_tile_is_from_and_is_drawn_alike():
    views = make()(places(), draws=Draws.at(0, batch=N))
    corners, whole = found_places(views.tiles)
    assert whole
    assert torch.equal(corners // 9, torch.stack([views.order // 3, views.order % 3], 2))
    inside = corners % 9
    assert inside.min() == 0
    assert inside.max() == 3  # a cell's side less a tile's
    assert torch.equal(views.order.sort(1).values, torch.arange(9).expand(N, 9))
    assert len({tuple(order) for order in views.order.tolist()}) == N
    many = make()(places()[:1].expand(2000, -1, -1, -1), draws=Draws.at(1, batch=2000)).order
    counts = torch.stack([many[:, slot].bincount(minlength=9) for slot in range(9)])
    assert ((counts - 2000 / 9).abs() < 80).all()  # 5 deviations


def test_the_whole_image_and_the_rows_are_those_of_banked_crops():
    settings = {"bank_rows": 50, "rows_an_item": 4, "crop_scale": (0.3, 0.9), "hue": 0.1}
    ours = JigsawCrops(image_size=SIZE, **settings)(images(), draws=Draws.at(3, batch=N))
    theirs = BankedCrops(image_size=SIZE, **settings)(images(), draws=Draws.at(3, batch=N))
    assert torch.equal(ours.image, theirs.view)
    assert torch.equal(ours.drawn, theirs.drawn)


def test_the_tiles_are_of_another_crop_and_each_has_its_own_colours():
    flat = torch.full((N, 3, SIZE, SIZE), 0.5)
    tiles = make(colour_probability=1.0, brightness=0.4, contrast=0.0, saturation=0.0, hue=0.0)(flat).tiles
    levels = tiles.flatten(2).mean(2)
    assert (tiles.flatten(2).std(2) < 1e-6).all()
    assert (levels.std(1) > 0.02).all()
    crops = make(tiled_crop_scale=(0.6, 0.6), crop_scale=(0.1, 0.1))(places(), draws=Draws.at(0, batch=N))
    seen = crops.tiles[:, :, 0].flatten(1)
    assert ((seen.amax(1) - seen.amin(1)) * 100 > 0.5 * SIZE).all()  # of a large crop, not of the small one


def test_processes_cut_what_one_would():
    maker = JigsawCrops(image_size=SIZE, bank_rows=50, rows_an_item=4)
    whole = maker(images(), draws=Draws.at(5, batch=N))
    part = maker(images()[8:16], draws=Draws.at(5, batch=N, rows=slice(8, 16)))
    for name in ("image", "tiles", "order", "drawn"):
        torch.testing.assert_close(getattr(whole, name)[8:16], getattr(part, name), rtol=0, atol=1e-6)
    assert len(draws_of_tiles(Draws.at(5, batch=N), 9)) == 9 * N


@pytest.mark.parametrize(("size", "tile"), [(28, 8), (32, 9), (224, 64)])
def test_sides_follow_the_image(size, tile):
    made = JigsawCrops(image_size=size)(images(2), draws=Draws.at(0, batch=2))
    assert made.tiles.shape == (2, 9, 3, tile, tile)


def test_statistics_reach_the_tiles():
    shifted = make(mean=(0.1, 0.2, 0.3), standard_deviation=(0.5,) * 3)(images(), draws=Draws.at(0, batch=N)).tiles
    plain = make()(images(), draws=Draws.at(0, batch=N)).tiles
    torch.testing.assert_close(shifted, (plain - torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1)) / 0.5)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match="tile_size: expected at most the 9 pixels of a cell, got 10"):
        make(tile_size=10)
    for options in ({"tile_size": 1}, {"tiled_crop_scale": (1.0, 0.5)}, {"bank_rows": 0}):
        with pytest.raises(UserError):
            make(**options)
    assert len(make(channels=1, colour_probability=1.0, grey_probability=0.2).describe()) == 3
