"""Values for a likelihood beside images as evaluation sees them."""

import pytest
import torch

from selftaught.core import UserError
from selftaught.views import Draws, WithLatents, WithPixels

MEAN, DEVIATION = (0.3, 0.4, 0.5), (0.2, 0.3, 0.25)
SETTINGS = {"image_size": 20, "mean": MEAN, "standard_deviation": DEVIATION, "noise_width": 7}


def images(n=6):
    return torch.randint(256, (n, 3, 20, 20), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_images_and_latents_are_those_of_adversarial_methods():
    others = {"crop_scale": (0.5, 0.8), "flip_probability": 0.5, **SETTINGS}
    ours, theirs = (kind(**others)(images(), draws=Draws(3, batch=6)) for kind in (WithPixels, WithLatents))
    torch.testing.assert_close(ours.images, theirs.images)
    assert torch.equal(ours.latents, theirs.latents)
    torch.testing.assert_close(ours.normalised(ours.pixels), ours.images)


def test_dequantised_values_lie_within_their_level():
    raw = images(40)
    views = WithPixels(**SETTINGS, dequantised=True)(raw, draws=Draws(0, batch=40))
    noise = views.pixels.double() * 256 - raw
    assert noise.min() >= 0
    assert noise.max() <= 1
    assert noise.mean().item() == pytest.approx(0.5, abs=0.01)
    assert noise.var().item() == pytest.approx(1 / 12, rel=0.02)
    plain = WithPixels(**SETTINGS)(raw, draws=Draws(0, batch=40))
    torch.testing.assert_close(plain.pixels, raw / 255)
    assert torch.equal(plain.images, views.images)  # the network sees no noise


def test_processes_get_their_rows_of_the_whole_batch():
    raw, make = images(), WithPixels(**SETTINGS, dequantised=True)
    whole = make(raw, draws=Draws.at(0, 1, batch=6))
    half = make(raw[2:4], draws=Draws.at(0, 1, batch=6, rows=slice(2, 4)), index=torch.tensor([2, 3]))
    torch.testing.assert_close(half.pixels, whole.pixels[2:4])
    assert torch.equal(half.latents, whole.latents[2:4])
    assert half.index.tolist() == [2, 3]
    assert make.describe() == []


def test_halves_are_joined_in_images_and_pixels_alike():
    views = WithPixels(**SETTINGS)(images())
    wrong = views.mismatched()["halves of two images"]
    torch.testing.assert_close(wrong.normalised(wrong.pixels), wrong.images)
    assert torch.equal(wrong.images[0, :, :10], views.images[0, :, :10])
    assert torch.equal(wrong.images[0, :, 10:], views.images[1, :, 10:])


def test_values_out_of_range_are_refused():
    with pytest.raises(UserError, match="noise_width: expected a number of 1 or more, got 0"):
        WithPixels(image_size=20, noise_width=0)
