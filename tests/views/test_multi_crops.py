"""Two large crops and several small ones: on the path of `TwoViews`, each image and crop with draws of its own."""

import pytest
import torch
from view_samples import QUIET, N, images

from selftaught.core import UserError
from selftaught.views import Draws, MultiCrops, TwoViews

SMALL = {"small_crops": 3, "small_crop_size": 8}


def make(maker, items, seed=0):
    return maker(items, draws=Draws.at(seed, batch=len(items)))


def test_the_large_crops_are_two_views_to_the_bit():
    """One code path: whatever holds of `TwoViews` against torchvision holds of the large crops."""
    settings = {"image_size": 16, "crop_scale": (0.14, 1.0), "solarise_probability": (0.3, 0.4)}
    crops, pair = make(MultiCrops(**settings, **SMALL), images()), make(TwoViews(**settings), images()).pair()
    assert [torch.equal(a, b) for a, b in zip(crops.pair(), pair, strict=True)] == [True, True]
    assert [each.shape for each in crops.small] == [(N, 3, 8, 8)] * 3
    assert all(each.is_contiguous(memory_format=torch.channels_last) for each in crops.views)


def test_a_small_crop_is_a_view_of_its_size_scale_and_blur():
    maker = MultiCrops(image_size=16, small_crop_scale=(0.1, 0.3), small_blur_probability=0.7, **SMALL)
    alone = TwoViews(image_size=8, crop_scale=(0.1, 0.3), blur_probability=(0.7, 0.7))
    items = images()
    small = make(maker, items).small
    for place, crop in enumerate(small):
        batch, draws = torch.as_tensor([items.shape[2:]] * N), Draws.at(0, batch=N).stream("view", 2 + place)
        drawn = alone.draw(batch, draws, 0)
        expected = drawn.change(drawn.crop(items.float() / 255, 8, slice(None)), slice(None))
        torch.testing.assert_close(crop, expected, rtol=0, atol=1e-5)


def test_every_crop_of_every_image_has_its_own_draws():
    same = images(1, size=(90, 90)).expand(N, -1, -1, -1)
    quiet = {name: value for name, value in QUIET.items() if "crop" not in name}
    crops = make(MultiCrops(image_size=20, small_blur_probability=0.0, small_crop_size=20, **quiet), same)
    flat = torch.cat(crops.views).flatten(1)
    assert len(flat.unique(dim=0)) == len(flat) == 8 * N


def test_small_crops_show_as_much_as_asked():
    """On a ramp from 0 to 1 the range of a crop says how wide it is."""
    ramp = torch.linspace(0, 1, 64).expand(200, 1, 64, 64)
    quiet = {**QUIET, "flip_probability": 0.0, "crop_scale": (0.64, 0.64)}
    maker = MultiCrops(image_size=32, channels=1, small_crop_scale=(0.09, 0.09), small_blur_probability=0.0, **quiet)
    crops = make(maker, ramp)
    for width, group in ((0.8, crops.large), (0.3, crops.small)):
        for crop in group:
            seen = (crop[:, 0, 0, -1] - crop[:, 0, 0, 0]) * crop.shape[3] / (crop.shape[3] - 1)
            torch.testing.assert_close(seen, torch.full((200,), width), rtol=0, atol=0.03)


def test_two_halves_are_the_whole_to_the_bit():
    maker, items = MultiCrops(image_size=16, **SMALL), images()
    whole = maker(items, draws=Draws.at(5, 6, batch=N))
    halves = [slice(0, N // 2), slice(N // 2, N)]
    parts = [maker(items[rows], draws=Draws.at(5, 6, batch=N, rows=rows)) for rows in halves]
    for view, *both in zip(whole.views, *(part.views for part in parts), strict=True):
        assert torch.equal(torch.cat(both), view)


def test_another_number_of_small_crops_changes_no_crop():
    few, many = (make(MultiCrops(image_size=16, small_crop_size=8, small_crops=n), images()) for n in (1, 4))
    assert all(torch.equal(a, b) for a, b in zip(few.views, many.views, strict=False))
    assert len(many.views) == 6
    assert make(MultiCrops(image_size=16, small_crops=0), images()).small == ()


@pytest.mark.parametrize(("large", "small"), [(224, 96), (28, 12), (32, 12), (64, 28), (8, 4)])
def test_small_crops_are_three_sevenths(large, small):
    assert MultiCrops(image_size=large).small_side == small


def test_what_other_channels_leave_out_is_said():
    assert MultiCrops(image_size=16, channels=1).describe() == TwoViews(image_size=16, channels=1).describe() != []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"small_crops": -1}, "small_crops: expected a number of 0 or more, got -1"),
        ({"small_crop_size": 17}, r"small_crop_size: expected a number in \[2, 16\], got 17"),
        ({"small_crop_scale": (0.0, 1.0)}, "small_crop_scale: expected two numbers"),
        ({"small_blur_probability": 1.5}, "small_blur_probability: expected a number in"),
        ({"blur_probability": (0.5, 1.1)}, "blur_probability: expected a number in"),
        ({"crop_scale": (0.5, 1.5)}, "crop_scale: expected two numbers"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(UserError, match=message):
        MultiCrops(**{"image_size": 16, **wrong})
