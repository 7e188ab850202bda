"""The crop is that of TwoViews' first view; rows are drawn alike, for the whole batch, and apart from the crops."""

import pytest
import torch
from view_samples import QUIET, images

from selftaught.core import ImageBatch, UserError
from selftaught.views import BankedCrops, Draws, TwoViews
from selftaught.views.changes import make_drawn

N, ROWS, COUNT = 24, 50, 40


def make(**options):
    return BankedCrops(image_size=16, **{"bank_rows": ROWS, "rows_an_item": COUNT, **options})


def test_the_view_is_the_first_of_two():
    settings = {"crop_scale": (0.3, 0.9), "brightness": 0.4, "contrast": 0.3, "saturation": 0.2, "hue": 0.1}
    two = TwoViews(image_size=16, colour_probability=1.0, blur_probability=(0.0, 0.0), **settings)
    batch = images()
    drawn = two.draw(torch.full((N, 2), 20), Draws.at(3, batch=N), 0)
    (expected,) = make_drawn(ImageBatch.of(batch), [(drawn, 16)], mean=None, standard_deviation=None)
    assert torch.equal(make(**settings)(batch, draws=Draws.at(3, batch=N)).view, expected)


def test_rows_are_drawn_alike():
    views = make(rows_an_item=2000)(images(), draws=Draws.at(0, batch=N))
    counts = views.drawn.flatten().bincount(minlength=ROWS)
    expected = N * 2000 / ROWS
    assert len(counts) == ROWS
    assert ((counts - expected).abs() < 5 * expected**0.5).all()
    assert not torch.equal(views.drawn[0], views.drawn[1])  # each item its own


def test_processes_draw_what_one_would():
    batch = images()
    whole = make()(batch, draws=Draws.at(5, batch=N))
    part = make()(batch[8:16], draws=Draws.at(5, batch=N, rows=slice(8, 16)))
    assert torch.equal(whole.drawn[8:16], part.drawn)
    assert torch.equal(whole.view[8:16], part.view)


def test_crops_do_not_depend_on_how_many_rows_are_drawn():
    batch = images()
    several, none = (make(rows_an_item=count)(batch, draws=Draws.at(5, batch=N)) for count in (COUNT, None))
    assert torch.equal(several.view, none.view)
    assert none.drawn.shape == (N, 0)


def test_index_and_statistics():
    rows = torch.arange(N) + 7
    views = make(**{k: v for k, v in QUIET.items() if k != "blur_probability"}, mean=(0.5,) * 3)(images(), index=rows)
    assert torch.equal(views.index, rows)
    plain = make(**{k: v for k, v in QUIET.items() if k != "blur_probability"})(images())
    torch.testing.assert_close(views.view, plain.view - 0.5)


def test_what_makes_no_sense_is_refused_and_what_is_left_out_is_said():
    for options in ({"bank_rows": 0}, {"rows_an_item": -1}, {"crop_scale": (1.0, 0.2)}, {"hue": 0.7}):
        with pytest.raises(UserError):
            make(**options)
    assert make().describe() == []
    assert len(make(channels=1).describe()) == 3
