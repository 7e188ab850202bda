"""Batches of different sizes, types, channels and devices."""

import pytest
import torch
from view_samples import EVERYTHING, N, both, images

from selftaught.core import ImageBatch
from selftaught.views import Draws, TwoViews


def padded(fill: float, dtype: torch.dtype) -> ImageBatch:
    sizes = torch.tensor([[20, 30], [31, 17], [8, 8], [31, 30]] * 6)
    content = images(N, size=(31, 30))
    pixels = torch.full(content.shape, fill, dtype=dtype)
    for new, old, (height, width) in zip(pixels, content, sizes.tolist(), strict=True):
        part = old[:, :height, :width]
        new[:, :height, :width] = part if dtype == torch.uint8 else part / 255
    return ImageBatch(pixels, sizes)


def test_padding_is_never_read() -> None:
    maker = TwoViews(image_size=16, **EVERYTHING)
    expected = both(maker, padded(0, torch.uint8))
    for batch in (padded(255, torch.uint8), padded(float("nan"), torch.float32), padded(float("nan"), torch.float64)):
        for found, view in zip(both(maker, batch), expected, strict=True):
            # Solarise makes a jump of a rounding difference between float64 and bytes, in a few pixels.
            assert ((found - view).abs() > 1e-5).float().mean() < 1e-3
            assert found.isfinite().all()


def test_views_of_different_sizes_are_those_of_each_image_alone() -> None:
    maker, batch = TwoViews(image_size=16), padded(0, torch.uint8)
    together = both(maker, batch)
    for row, (height, width) in enumerate(batch.sizes[:4].tolist()):
        alone = batch.pixels[row : row + 1, :, :height, :width]
        views = maker(alone, draws=Draws.at(0, batch=N, rows=slice(row, row + 1))).pair()
        for one, all_of_them in zip(views, together, strict=True):
            torch.testing.assert_close(one[0], all_of_them[row], rtol=0, atol=1e-5)


def test_bytes_and_numbers_give_the_same_views_and_are_left_alone() -> None:
    maker = TwoViews(image_size=16)
    for items in (images(), images().float() / 255, images().double() / 255):
        before = items.clone()
        for found, view in zip(both(maker, items), both(maker, images()), strict=True):
            torch.testing.assert_close(found, view, rtol=0, atol=1e-5)
        assert torch.equal(items, before)


def test_what_other_channels_leave_out_is_said() -> None:
    assert TwoViews(image_size=16).describe() == []
    assert TwoViews(image_size=16, channels=1).describe() == [
        "saturation: left out, needs 3 channels and images have 1 channel",
        "hue: left out, needs 3 channels and images have 1 channel",
        "greyscale: left out, needs 3 channels and images have 1 channel",
    ]
    assert TwoViews(image_size=16, channels=4, hue=0.0, grey_probability=0.0).describe() == [
        "saturation: left out, needs 3 channels and images have 4 channels"
    ]
    assert TwoViews(image_size=16, channels=2, colour_strength=0.0, grey_probability=0.0).describe() == []


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_without_3_channels_nothing_is_mixed(channels: int) -> None:
    asked = {"image_size": 16, "channels": channels, "brightness": 0.0, "contrast": 0.0, "colour_probability": 1.0}
    views = both(TwoViews(**asked, grey_probability=1.0), images(channels=channels))
    plain = both(TwoViews(**asked, grey_probability=0.0, saturation=0.0, hue=0.0), images(channels=channels))
    assert all(torch.equal(one, other) for one, other in zip(views, plain, strict=True))


def test_what_is_left_out_changes_nothing_else() -> None:
    """A grey image and its RGB copy get the same views: saturation, hue and grey do not show on it."""
    grey, rgb = images(channels=1), images(channels=1).expand(-1, 3, -1, -1)
    settings = {"image_size": 16, **EVERYTHING, "noise_probability": 0.0, "solarise_probability": (0.0, 0.0)}
    for one, three in zip(
        both(TwoViews(channels=1, **settings), grey), both(TwoViews(channels=3, **settings), rgb), strict=True
    ):
        torch.testing.assert_close(one.expand(-1, 3, -1, -1), three, rtol=0, atol=2e-4)


@pytest.mark.parametrize("move_sizes", [False, True])
def test_everything_happens_on_the_device_of_the_images(move_sizes: bool) -> None:
    """A device without numbers refuses to mix with the CPU, and to be read from."""
    meta = torch.device("meta")
    batch = ImageBatch.of(images())
    batch = batch.to(meta) if move_sizes else ImageBatch(batch.pixels.to(meta), batch.sizes)
    settings = {**EVERYTHING, "mean": (0.5, 0.5, 0.5), "standard_deviation": (0.2, 0.2, 0.2)}
    views = TwoViews(image_size=16, **settings)(batch, draws=Draws.at(0, batch=N))
    assert {tensor.device for tensor in (views.index, *views.views)} == {meta}


def test_index_is_handed_on() -> None:
    maker, rows = TwoViews(image_size=16), torch.arange(100, 100 + N)
    assert torch.equal(maker(images(), index=rows).index, rows)
    assert torch.equal(maker(images()).index, torch.arange(N))
