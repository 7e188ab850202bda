"""Settings and images that `TwoViews` refuses."""

import pytest
import torch

from selftaught.core import UserError
from selftaught.views import Draws, TwoViews

WRONG = {
    "image_size": (1, "image_size: expected a number of 2 or more, got 1"),
    "channels": (0, "channels: expected a number of 1 or more, got 0"),
    "mean": ((0.5,), r"mean: expected one number for each of 3 channels, got \(0.5,\)"),
    "standard_deviation": ((0.5, 0.5, 0.0), "standard_deviation: expected a number of 1e-06 or more, got 0"),
    "crop_scale": ((0.0, 1.0), "crop_scale: expected two numbers, 0 < least <= largest <= 1"),
    "crop_ratio": ((2.0, 1.0), "crop_ratio: expected two numbers"),
    "flip_probability": (1.5, r"flip_probability: expected a number in \[0, 1\], got 1.5"),
    "colour_probability": (-0.1, "colour_probability: expected a number in"),
    "colour_strength": (-1.0, "colour_strength: expected a number of 0 or more"),
    "brightness": (-0.1, "brightness: expected a number of 0 or more, got -0.1"),
    "hue": (0.6, r"hue times colour_strength: expected a number in \[0, 0.5\], got 0.6"),
    "grey_probability": (2.0, "grey_probability"),
    "blur_probability": ((0.5, 1.1), "blur_probability: expected a number in"),
    "blur_sigma": ((0.0, 2.0), "blur_sigma: expected two numbers, 0 < least <= largest, got"),
    "blur_kernel_fraction": (1.0, "blur_kernel_fraction: expected a number between 0 and 1, got 1.0"),
    "solarise_probability": ((-0.5, 0.0), "solarise_probability"),
    "solarise_threshold": (1.5, "solarise_threshold"),
    "rotation_probability": (7.0, "rotation_probability"),
    "cutout_scale": ((0.5, 1.5), "cutout_scale"),
    "noise_deviation": (-0.1, "noise_deviation"),
    "sobel_probability": (1.1, "sobel_probability"),
}


@pytest.mark.parametrize("name", WRONG)
def test_settings_out_of_range_are_refused(name: str) -> None:
    value, message = WRONG[name]
    with pytest.raises(UserError, match=message):
        TwoViews(**{"image_size": 16, name: value})


def test_wrong_images_are_refused() -> None:
    with pytest.raises(UserError, match="expected images with 3 channels, got 1"):
        TwoViews(image_size=16)(torch.zeros(4, 1, 20, 20))
    with pytest.raises(UserError, match="expected as many images as the draws are for, 5, got 4"):
        TwoViews(image_size=16)(torch.zeros(4, 3, 20, 20), draws=Draws(0, batch=5))
    with pytest.raises(UserError, match=r"uint8 in 0\.\.255 or floating point in 0\.\.1"):
        TwoViews(image_size=16)(torch.zeros(4, 3, 20, 20, dtype=torch.int32))
