"""One crop for two networks."""

import pytest
import torch

from selftaught.core import UserError
from selftaught.views import Draws, SameCrop
from selftaught.views.random_crops import RandomCrops

IMAGES = torch.randint(256, (6, 1, 20, 24), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_both_views_are_the_crop_and_nothing_else():
    draws = Draws.at(0, 3, batch=6)
    made = SameCrop(image_size=12, channels=1, mean=(0.5,), standard_deviation=(0.25,))(IMAGES, draws=draws)
    first, second = made.pair()
    assert first is second, "it costs the memory of one"
    alone = RandomCrops(image_size=12, channels=1, mean=(0.5,), standard_deviation=(0.25,), crop_scale=(0.08, 1.0))(
        IMAGES, Draws.at(0, 3, batch=6)
    )
    torch.testing.assert_close(first, alone)
    assert made.index.tolist() == list(range(6))


def test_a_wrong_pair_shows_another_image():
    made = SameCrop(image_size=12, channels=1)(IMAGES, draws=Draws.at(0, 3, batch=6))
    wrong = made.mismatched()["another item"]
    torch.testing.assert_close(wrong.views[1][0], made.views[1][1])


def test_what_is_refused():
    with pytest.raises(UserError, match="crop_scale"):
        SameCrop(image_size=12, crop_scale=(0.0, 1.0))
