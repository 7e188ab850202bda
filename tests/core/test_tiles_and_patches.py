"""Shuffled tiles and neighbouring patches, and what is wrong in their mismatched versions."""

import torch

from selftaught.core import PatchNeighbourhoods, ShuffledTiles

ROWS = torch.arange(5).view(5, 1, 1, 1, 1).float()


def numbered():
    """Items of which each tile says whose it is and where it stands."""
    return (10 * ROWS + torch.arange(9.0).view(1, 9, 1, 1, 1)).expand(5, 9, 1, 2, 2)


def said(tiles):
    return tiles[:, :, 0, 0, 0].tolist()


def test_tiles_move_a_place_on_and_keep_the_number_of_their_order():
    views = ShuffledTiles(torch.arange(5), numbered(), torch.arange(5))
    wrong = views.mismatched()["tiles in a wrong order"]
    assert said(wrong.tiles)[2] == [28, 20, 21, 22, 23, 24, 25, 26, 27]
    assert torch.equal(wrong.orders, views.orders)


def test_every_other_tile_is_of_the_next_item():
    views = ShuffledTiles(torch.arange(5), numbered(), torch.arange(5))
    wrong = views.mismatched()["some tiles of another image"]
    assert said(wrong.tiles)[1] == [10, 21, 12, 23, 14, 25, 16, 27, 18]
    assert said(wrong.tiles)[4] == [40, 1, 42, 3, 44, 5, 46, 7, 48]


def test_the_middle_is_apart_from_the_rim_and_places_are_row_by_row():
    views = PatchNeighbourhoods.of(torch.arange(5) + 7, numbered())
    assert views.middle[:, 0, 0, 0].tolist() == [4, 14, 24, 34, 44]
    assert said(views.around)[1] == [10, 11, 12, 13, 15, 16, 17, 18]
    assert torch.equal(views.places, torch.arange(8).expand(5, 8))
    assert views.take(torch.tensor([3])).index.tolist() == [10]


def test_no_patch_of_mismatched_views_lies_where_it_is_said_to():
    views = PatchNeighbourhoods.of(torch.arange(5), numbered())
    wrong = views.mismatched()
    for name in ("patches in a wrong order", "patches across from where they lie"):
        assert (wrong[name].places != views.places).all()
        assert torch.equal(wrong[name].places.sort(1).values, views.places)
        assert torch.equal(wrong[name].patches, views.patches)
    across = wrong["patches across from where they lie"].places[0]
    assert across.tolist() == [7, 6, 5, 4, 3, 2, 1, 0]
    another = wrong["patches of another image"]
    assert torch.equal(another.middle, views.middle)
    assert torch.equal(another.around, views.around.roll(-1, 0))
    assert torch.equal(views.patches, numbered())  # left as it was


def test_examples_are_drawn_from_the_generator():
    for kind in (ShuffledTiles, PatchNeighbourhoods):
        one, again = (kind.example(6, torch.Generator().manual_seed(0)) for _ in range(2))
        pairs = zip((one.index, *vars(one).values()), (again.index, *vars(again).values()), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)
    orders = ShuffledTiles.example(50, torch.Generator().manual_seed(0)).orders
    assert orders.unique().tolist() == list(range(8))
