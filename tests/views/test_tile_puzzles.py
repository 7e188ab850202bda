"""Tiles lie in their cells, stand in the order that is named, and are each normalised by themselves."""

import pytest
import torch
from numbered_places import corners, places
from view_samples import images

from selftaught.core import UserError
from selftaught.parts import distant_orders
from selftaught.views import Draws, TilePuzzles
from selftaught.views.tiles import normalise_tiles

N, SIZE = 24, 30
STILL = {"crop_scale": (1.0, 1.0), "grey_probability": 0.0, "tile_size": 6, "channel_shift": 0}


def make(**options):
    return TilePuzzles(image_size=SIZE, **{**STILL, **options})


@pytest.fixture
def as_they_are(monkeypatch):
    monkeypatch.setattr("selftaught.views.tile_puzzles.normalise_tiles", lambda tiles: tiles)


@pytest.mark.usefixtures("as_they_are")
def test_the_named_order_says_from_which_cell_each_tile_is():
    views = make()(places(N, SIZE), draws=Draws.at(0, batch=N))
    found = corners(views.tiles)
    cells = distant_orders(100)[views.orders]
    assert torch.equal(found // 10, torch.stack([cells // 3, cells % 3], 2))
    inside = found % 10
    assert (int(inside.min()), int(inside.max())) == (0, 4)  # a cell's side less a tile's
    several = make(permutations=8, permutation_seed=5)(places(N, SIZE), draws=Draws.at(0, batch=N))
    cells = distant_orders(8, seed=5)[several.orders]
    assert torch.equal(corners(several.tiles) // 10, torch.stack([cells // 3, cells % 3], 2))


def test_orders_are_drawn_alike():
    many = make(permutations=10)(places(1, SIZE).expand(3000, -1, -1, -1), draws=Draws.at(1, batch=3000)).orders
    assert ((many.bincount(minlength=10) - 300).abs() < 85).all()  # 5 deviations


@pytest.mark.usefixtures("as_they_are")
def test_channels_are_shifted_against_each_other_in_each_tile_otherwise_and_stay_in_their_cell():
    views = make(channel_shift=1)(places(200, SIZE), draws=Draws.at(0, batch=200))
    pixels = (views.tiles * 100).round().long()  # row of the first channel, column of the second, half of their sum
    cells = distant_orders(100)[views.orders]
    first = torch.stack([pixels[:, :, 0, 0, 0] - cells // 3 * 10, pixels[:, :, 1, 0, 0] - cells % 3 * 10], 2)
    assert (int(first.min()), int(first.max())) == (0, 4)
    third = (views.tiles[:, :, 2, 0, 0] * 200).round().long() - (cells // 3 + cells % 3) * 10
    apart = third - first.sum(2)
    assert apart.unique().tolist() == list(range(-4, 5))  # twice a shift down and across, up to 2 pixels each
    assert (apart.float().std(1) > 0).all()


def test_each_channel_of_each_tile_has_mean_0_and_deviation_1():
    tiles = make()(images(size=(SIZE, SIZE)), draws=Draws.at(0, batch=N)).tiles
    torch.testing.assert_close(tiles.mean((3, 4)), torch.zeros(N, 9, 3), rtol=0, atol=1e-4)
    torch.testing.assert_close(tiles.std((3, 4), correction=0), torch.ones(N, 9, 3), rtol=0, atol=1e-3)


def together(tiles):
    return (tiles - tiles.mean((1, 3, 4), keepdim=True)) / tiles.std((1, 3, 4), keepdim=True)


def of_the_data(tiles):
    return (tiles - 0.5) / 0.25


def without_deviation(tiles):
    return tiles - tiles.mean((3, 4), keepdim=True)


def all_channels_at_once(tiles):
    return (tiles - tiles.mean((2, 3, 4), keepdim=True)) / tiles.std((2, 3, 4), keepdim=True)


def accepts(normalise):
    """Whether another light on each channel of each tile makes no difference, and one colour makes nothing."""
    generator = torch.Generator().manual_seed(0)
    tiles = torch.rand(4, 9, 3, 5, 5, generator=generator)
    gain, shift = (torch.rand(4, 9, 3, 1, 1, generator=generator) for _ in range(2))
    same = torch.allclose(normalise(tiles * (gain + 0.5) + shift), normalise(tiles), atol=1e-4)
    flat = normalise(torch.full((1, 9, 3, 5, 5), 0.3) + 1e-6 * torch.rand(1, 9, 3, 5, 5, generator=generator))
    return same and bool(flat.abs().max() < 1e-2)


def test_light_makes_no_difference():
    assert accepts(normalise_tiles)


@pytest.mark.parametrize("wrong", [together, of_the_data, without_deviation, all_channels_at_once])
def test_other_normalisations_are_rejected(wrong):
    assert not accepts(wrong)


@pytest.mark.usefixtures("as_they_are")
def test_some_images_lose_their_colours_in_all_tiles():
    tiles = make(grey_probability=0.5)(images(size=(SIZE, SIZE)), draws=Draws.at(0, batch=N)).tiles
    grey = (tiles - tiles[:, :, :1]).abs().amax((2, 3, 4)) < 1e-6
    assert torch.equal(grey.all(1), grey.any(1))
    assert 4 < grey.all(1).sum() < 20


@pytest.mark.parametrize(("size", "tile"), [(28, 7), (32, 8), (224, 56), (255, 64)])
def test_sides_follow_the_image(size, tile):
    made = TilePuzzles(image_size=size)(images(2), draws=Draws.at(0, batch=2))
    assert made.tiles.shape == (2, 9, 3, tile, tile)
    assert TilePuzzles(image_size=56, cell_size=20, tile_size=10)(images(2)).tiles.shape == (2, 9, 3, 10, 10)


def test_processes_cut_what_one_would():
    maker = TilePuzzles(image_size=60)
    whole = maker(images(), draws=Draws.at(5, batch=N))
    part = maker(images()[8:16], draws=Draws.at(5, batch=N, rows=slice(8, 16)))
    assert torch.equal(whole.orders[8:16], part.orders)
    torch.testing.assert_close(whole.tiles[8:16], part.tiles, rtol=0, atol=1e-4)


def test_what_makes_no_sense_is_refused_and_what_is_left_out_is_said():
    with pytest.raises(UserError, match="tile_size: expected at most 8 of the 10 pixels of a cell, got 9"):
        make(tile_size=9, channel_shift=1)
    for options in ({"tile_size": 1}, {"crop_scale": (1.0, 0.5)}, {"permutations": 0}, {"grey_probability": 1.2}):
        with pytest.raises(UserError):
            make(**options)
    assert make(grey_probability=0.3).describe() == []
    assert make(channels=1, grey_probability=0.3).describe() == [
        "greyscale: left out, needs 3 channels and images have 1"
    ]
    assert make(channels=1)(images(channels=1)).tiles.shape == (N, 9, 1, 6, 6)
