"""Lab colours as scikit-image makes them, and channels taken apart by name and by number."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from selftaught.core import UserError
from selftaught.parts import ChannelSplit, rgb_to_lab

MEAN, DEVIATION = (0.4, 0.5, 0.6, 0.1), (0.2, 0.3, 0.25, 0.5)


def colours(count=4, channels=3):
    images = torch.rand(count, channels, 9, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    images[0, :, 0, :3] = torch.tensor([0.0, 0.02, 1.0], dtype=torch.float64)  # the straight parts of both curves
    return images


def accepts(convert):
    """Whether a conversion is scikit-image's, to the digits of its constants."""
    images = colours()
    expected = rgb2lab(images.permute(0, 2, 3, 1).numpy())
    return np.abs(convert(images).permute(0, 2, 3, 1).numpy() - expected).max() < 1e-9


def without_gamma(images):
    return rgb_to_lab(torch.where(images > 0.0031308, 1.055 * images.pow(1 / 2.4) - 0.055, 12.92 * images))


def blue_first(images):
    return rgb_to_lab(images.flip(1))


def a_and_b_exchanged(images):
    return rgb_to_lab(images)[:, [0, 2, 1]]


def test_lab_is_that_of_scikit_image():
    assert accepts(rgb_to_lab)


@pytest.mark.parametrize("wrong", [without_gamma, blue_first, a_and_b_exchanged])
def test_a_wrong_conversion_is_rejected(wrong):
    assert not accepts(wrong)


def test_lab_is_computed_in_full_precision():
    images = colours().float()
    with torch.autocast("cpu", torch.bfloat16):
        found = rgb_to_lab(images)
    torch.testing.assert_close(found, rgb_to_lab(images), rtol=0, atol=0)


def test_lightness_and_colour_of_normalised_images():
    images, mean, deviation = colours(), MEAN[:3], DEVIATION[:3]
    shape = (1, 3, 1, 1)
    normalised = (images - torch.tensor(mean).double().view(shape)) / torch.tensor(deviation).double().view(shape)
    lightness, colour = ChannelSplit("L,ab", 3, mean, deviation)(normalised)
    expected = torch.from_numpy(rgb2lab(images.permute(0, 2, 3, 1).numpy())).permute(0, 3, 1, 2)
    torch.testing.assert_close(lightness * 50 + 50, expected[:, :1], rtol=0, atol=1e-5)
    assert colour.shape[1] == 2
    a = (expected[:, 1] + 86.183) / (98.233 + 86.183) * 2 - 1
    torch.testing.assert_close(colour[:, 0], a, rtol=0, atol=1e-6)


def test_the_corners_of_the_colours_fill_the_ranges():
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3).view(8, 3, 1, 1)
    for plane in ChannelSplit("L,a,b")(corners):
        assert plane.min().item() == pytest.approx(-1, abs=1e-2)
        assert plane.max().item() == pytest.approx(1, abs=1e-2)


def test_channels_by_number_stay_as_they_are():
    images = colours(channels=4)
    split = ChannelSplit("0-2,3", 4, MEAN, DEVIATION)
    colour, depth = split(images)
    assert torch.equal(colour, images[:, :3])
    assert torch.equal(depth, images[:, 3:])
    assert split.widths == (3, 1)
    lightness, _, fourth = ChannelSplit("L,ab,3", 4)(images)
    assert lightness.shape[1] == 1
    assert torch.equal(fourth, images[:, 3:])


@pytest.mark.parametrize(
    ("groups", "channels", "said"),
    [
        ("L,ab", 1, "expected images of several channels, got 1: grey images have no colour"),
        ("0,1", 1, "expected images of several channels, got 1: there is nothing to take apart"),
        ("L,ab", 2, "made of red, green and blue, and images have 2 channels: expected channel numbers, as in 0,1"),
        ("0-2,3", 3, "expected channel numbers from 0 to 2, got 3; --channels says how many"),
        ("0,0", 3, "with each channel once"),
        ("2-0,1", 3, "groups of L, a and b or of channel numbers"),
        ("red,blue", 3, "groups of L, a and b or of channel numbers, as in L,ab or 0-2,3, got red,blue"),
    ],
)
def test_what_cannot_be_taken_apart_is_refused(groups, channels, said):
    with pytest.raises(UserError, match=said):
        ChannelSplit(groups, channels)


def test_one_group_leaves_the_others_out():
    images = colours()
    (lightness,) = ChannelSplit("L")(images)
    assert torch.equal(lightness, ChannelSplit("L,ab")(images)[0])


def test_other_images_are_refused():
    with pytest.raises(UserError, match="expected images with 3 channels, got 4"):
        ChannelSplit("L,ab")(colours(channels=4))
