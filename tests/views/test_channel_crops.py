"""Channel views are what the encoder itself would make of the crop, with the rows of every maker of banked views."""

import pytest
import torch
from view_samples import images

from selftaught.core import UserError
from selftaught.encoders import SplitChannels
from selftaught.parts import ChannelSplit
from selftaught.views import BankedCrops, ChannelCrops, Draws
from selftaught.views.random_crops import RandomCrops

N = 24
STATISTICS = {"mean": (0.4, 0.5, 0.6), "standard_deviation": (0.2, 0.3, 0.25)}


def make(groups="L,ab", **options):
    split = ChannelSplit(groups, 3, STATISTICS["mean"], STATISTICS["standard_deviation"])
    return ChannelCrops(image_size=16, split=split, **{"bank_rows": 50, "rows_an_item": 4, **STATISTICS, **options})


def test_parts_are_of_one_crop_and_as_the_encoder_splits_it():
    views = make()(images(), draws=Draws.at(3, batch=N))
    crops = RandomCrops(image_size=16, **STATISTICS)(images(), Draws.at(3, batch=N))
    encoder = SplitChannels("small_resnet", channels=3, image_size=16, channel_split="L,ab", **STATISTICS).eval()
    for part, expected in zip(views.parts, encoder.split(crops), strict=True):
        assert torch.equal(part, expected)
    joined = torch.cat(encoder.each(views.parts), 1)
    torch.testing.assert_close(joined, encoder(crops))


def test_rows_are_those_of_banked_crops_and_of_any_number_of_processes():
    views = make()(images(), draws=Draws.at(3, batch=N), index=torch.arange(N) + 5)
    banked = BankedCrops(image_size=16, bank_rows=50, rows_an_item=4)(images(), draws=Draws.at(3, batch=N))
    assert torch.equal(views.drawn, banked.drawn)
    assert views.index.tolist() == list(range(5, N + 5))
    part = make()(images()[8:16], draws=Draws.at(3, batch=N, rows=slice(8, 16)))
    assert torch.equal(part.drawn, views.drawn[8:16])
    assert torch.equal(part.parts[1], views.parts[1][8:16])


def test_three_groups_and_no_rows():
    views = make("L,a,b", rows_an_item=None)(images(), draws=Draws.at(3, batch=N))
    assert [tuple(part.shape) for part in views.parts] == [(N, 1, 16, 16)] * 3
    assert views.drawn.shape == (N, 0)
    assert make().describe() == []


def test_what_makes_no_sense_is_refused():
    for options in ({"bank_rows": 0}, {"crop_scale": (1.0, 0.5)}):
        with pytest.raises(UserError):
            make(**options)
    with pytest.raises(UserError, match="expected images with 3 channels, got 1"):
        make()(images(channels=1))
