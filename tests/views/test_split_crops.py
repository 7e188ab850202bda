"""Crops taken apart by their channels, without rows of a memory bank."""

import torch

from selftaught.parts import ChannelSplit
from selftaught.views import ChannelCrops, Draws, SplitCrops

NUMBERS = {"image_size": 16, "mean": (0.4, 0.5, 0.6), "standard_deviation": (0.2, 0.3, 0.25), "crop_scale": (0.5, 1.0)}
SPLIT = ChannelSplit("L,ab", 3, (0.4, 0.5, 0.6), (0.2, 0.3, 0.25))


def pixels():
    return torch.randint(0, 256, (4, 3, 20, 24), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def test_the_crops_are_those_of_channel_crops():
    index = torch.tensor([7, 3, 1, 0])
    found = SplitCrops(split=SPLIT, **NUMBERS)(pixels(), index=index, draws=Draws.at(0, batch=4))
    other = ChannelCrops(split=SPLIT, bank_rows=9, rows_an_item=5, **NUMBERS)(pixels(), draws=Draws.at(0, batch=4))
    assert all(torch.equal(a, b) for a, b in zip(found.parts, other.parts, strict=True))
    assert found.drawn.shape == (4, 0)
    assert found.index.tolist() == [7, 3, 1, 0]


def test_two_processes_draw_what_one_would():
    make_views = SplitCrops(split=SPLIT, **NUMBERS)
    whole = make_views(pixels(), draws=Draws.at(3, batch=4))
    half = make_views(pixels()[2:], draws=Draws.at(3, batch=4, rows=slice(2, 4)))
    assert torch.equal(whole.parts[1][2:], half.parts[1])
