"""Holes in the middle and anywhere: how large, where, and what is seen of them."""

import pytest
import torch

from selftaught.core import HoledImages, UserError
from selftaught.encoders import Preprocessing
from selftaught.runs.drawing import draw_views
from selftaught.views import Draws, HoledCrops


def pixels(count=64, size=32):
    return torch.randint(0, 256, (count, 3, size, size), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def test_the_hole_in_the_middle():
    views = HoledCrops(image_size=32, inset=1)(pixels(2), draws=Draws.at(0, batch=2))
    rows, columns = views.mask[1, 0].nonzero().T
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (9, 22, 9, 22)
    assert views.mask.sum() == 2 * 14**2


def test_random_holes_are_a_quarter_of_each_image_and_anywhere():
    views = HoledCrops(image_size=32, holes="random")(pixels(), draws=Draws.at(0, batch=64))
    assert (views.mask.sum((1, 2, 3)) == 256).all()
    often = views.mask.float().mean((0, 1))
    assert often.min() > 0.03
    assert often.max() < 0.6
    assert (views.mask != views.mask.roll(1, 0)).flatten(1).any(1).all()
    edges = (views.mask[..., 1:] != views.mask[..., :-1]).float().sum((1, 2, 3)).mean()
    assert edges < 150  # blobs: single pixels would have 0.375 x 992 edges


def test_two_processes_draw_what_one_would():
    make_views = HoledCrops(image_size=16, holes="random")
    whole = make_views(pixels(8, 16), draws=Draws.at(3, batch=8))
    half = make_views(pixels(8, 16)[4:], draws=Draws.at(3, batch=8, rows=slice(4, 8)))
    assert torch.equal(whole.mask[4:], half.mask)
    assert torch.equal(whole.images[4:], half.images)


def test_what_is_seen_and_what_is_wrong():
    views = HoledImages.example(3, torch.Generator().manual_seed(0))
    hidden = views.mask.expand_as(views.images)
    assert (views.seen[hidden] == 0).all()
    assert torch.equal(views.seen[~hidden], views.images[~hidden])
    for wrong in views.mismatched().values():
        assert torch.equal(wrong.seen, views.seen)
        assert (wrong.images[hidden] != views.images[hidden]).all()
    other = views.mismatched()["another item's filling"].images
    assert torch.equal(other[0][:, 5:11, 5:11], views.images[1][:, 5:11, 5:11])


def test_holes_are_drawn():
    drawn = draw_views(HoledImages.example(2, torch.Generator()), Preprocessing(16, 3, (0.5,) * 3, (0.2,) * 3))
    assert list(drawn.columns) == ["seen", "to be filled in"]
    assert (drawn.columns["seen"][0][5:11, 5:11] == 128).all()
    assert (drawn.columns["to be filled in"][0][0] == 128).all()


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match=r"inset: expected a number in \[0, 7\], got 8"):
        HoledCrops(image_size=32, inset=8)
