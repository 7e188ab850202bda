"""Puzzles and neighbouring patches cannot be told by what is no picture: light, touching edges, colour fringes.

A linear model learns from features of what the network would get, on real photographs, and is asked about others. With
the remedies it does no better than a guess; each of the named variants lacks one, and gives the answer away.
"""

import pytest
import torch
from shortcuts import COUNT, edges, fringes, light, lines, lit_from_a_corner, photographs, told, with_fringes

from selftaught.views import Draws, NeighbouringPatches, TilePuzzles

# Of COUNT / 2 questions a guess gets a tenth and an eighth; four deviations more is no sign of anything.
A_GUESS_AT_ORDERS = 0.1 + 4 * (0.1 * 0.9 / (COUNT / 2)) ** 0.5
A_GUESS_AT_PLACES = 0.125 + 4 * (0.125 * 0.875 / (COUNT / 2)) ** 0.5
PERMUTATIONS = 10


def puzzles(items, **options):
    maker = TilePuzzles(image_size=96, permutations=PERMUTATIONS, crop_scale=(0.8, 1.0), **options)
    views = maker(items, draws=Draws.at(0, batch=COUNT))
    return views.tiles, views.orders


def pairs(items, **options):
    """The middle patch of every image beside one of its neighbours."""
    maker = NeighbouringPatches(image_size=96, crop_scale=(0.8, 1.0), **options)
    views = maker(items, draws=Draws.at(0, batch=COUNT))
    asked = torch.randint(8, (COUNT,), generator=torch.Generator().manual_seed(1))
    return torch.stack([views.middle, views.around[torch.arange(COUNT), asked]], 1), asked


def score(feature, asked):
    tiles, answers = asked
    return told(feature(tiles), answers)


def as_they_are(tiles):
    return tiles


def normalised_together(tiles):
    return (tiles - tiles.mean((1, 3, 4), keepdim=True)) / tiles.std((1, 3, 4), keepdim=True)


@pytest.fixture
def normalised_by(monkeypatch):
    def take(normalise):
        for name in ("tile_puzzles", "neighbouring_patches"):
            monkeypatch.setattr(f"selftaught.views.{name}.normalise_tiles", normalise)

    return take


def test_light_does_not_tell():
    assert score(light, puzzles(lit_from_a_corner())) < A_GUESS_AT_ORDERS
    assert score(light, pairs(lit_from_a_corner())) < A_GUESS_AT_PLACES
    assert score(light, pairs(lit_from_a_corner(), colours="keep")) < A_GUESS_AT_PLACES


@pytest.mark.parametrize("wrong", [as_they_are, normalised_together])
def test_light_tells_of_tiles_that_are_not_normalised_one_by_one(wrong, normalised_by):
    normalised_by(wrong)
    assert score(light, puzzles(lit_from_a_corner())) > 0.3
    assert score(light, pairs(lit_from_a_corner(), colours="keep")) > A_GUESS_AT_PLACES


def test_lines_that_go_on_at_an_edge_do_not_tell():
    assert score(lines, puzzles(photographs())) < A_GUESS_AT_ORDERS
    for colours in ("drop", "keep"):
        assert score(lines, pairs(photographs(), colours=colours)) < A_GUESS_AT_PLACES


def test_lines_tell_where_tiles_touch():
    assert score(lines, puzzles(photographs(), tile_size=32, channel_shift=0)) > 0.9
    assert score(lines, pairs(photographs(), colours="keep", patch_size=32, patch_jitter=0)) > 0.4


def test_how_alike_edges_are_tells_no_place_and_little_of_an_order():
    """What is left in puzzles is coarser than the gaps: light that fades over several tiles belongs to the picture."""
    found = pairs(photographs(), colours="keep")
    assert score(edges, found) < A_GUESS_AT_PLACES
    assert score(edges, pairs(photographs(), colours="keep", patch_size=32, patch_jitter=0)) > 0.2
    assert score(edges, puzzles(photographs())) < 0.35
    assert score(edges, puzzles(photographs(), tile_size=32, channel_shift=0)) > 0.6


def test_colour_fringes_do_not_tell():
    assert score(fringes, puzzles(with_fringes(1.005))) < A_GUESS_AT_ORDERS
    for colours in ("drop", "project"):
        assert score(fringes, pairs(with_fringes(1.01), colours=colours)) < A_GUESS_AT_PLACES


def test_colour_fringes_tell_where_colours_are_left_as_they_are():
    assert score(fringes, puzzles(with_fringes(1.005), channel_shift=0, grey_probability=0.0)) > 0.25
    assert score(fringes, pairs(with_fringes(1.01), colours="keep")) > 0.25
