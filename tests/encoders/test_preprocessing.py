"""What an encoder is shown, against torchvision's crop and resize."""

import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from selftaught.core import ImageBatch, UserError
from selftaught.encoders import Preprocessing


def image(channels, height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (channels, height, width), generator=generator, dtype=torch.uint8)


def prepare(**changes):
    settings = {"image_size": 20, "channels": 3, "mean": (0.4, 0.5, 0.6), "standard_deviation": (0.2, 0.25, 0.3)}
    return Preprocessing(**{**settings, **changes})


def reference(pixels, crop_fraction=1.0):
    height, width = pixels.shape[-2:]
    side = round(min(height, width) * crop_fraction)
    crop = tv.center_crop(pixels.float() / 255, [side, side])
    resized = tv.resize(crop, [20, 20], antialias=True)
    return tv.normalize(resized, [0.4, 0.5, 0.6], [0.2, 0.25, 0.3])


@pytest.mark.parametrize(("height", "width"), [(40, 60), (60, 40), (20, 50), (10, 14), (20, 20)])
def test_it_is_a_centre_crop_and_an_antialiased_resize(height, width):
    pixels = image(3, height, width)
    torch.testing.assert_close(prepare()(ImageBatch.of(pixels[None]))[0], reference(pixels), rtol=0, atol=2e-5)


def test_a_part_of_the_centre():
    pixels = image(3, 40, 60)
    got = prepare(crop_fraction=0.5)(ImageBatch.of(pixels[None]))[0]
    torch.testing.assert_close(got, reference(pixels, 0.5), rtol=0, atol=2e-5)


def test_images_of_their_own_sizes_do_not_see_the_padding_or_each_other():
    images = [image(3, 40, 60), image(3, 20, 20, seed=1), image(3, 33, 25, seed=2)]
    padded = torch.full((3, 3, 40, 60), 255, dtype=torch.uint8)
    for row, pixels in enumerate(images):
        padded[row, :, : pixels.shape[1], : pixels.shape[2]] = pixels
    together = prepare()(ImageBatch(padded, torch.tensor([pixels.shape[1:] for pixels in images])))
    for row, pixels in enumerate(images):
        alone = prepare()(ImageBatch.of(pixels[None]))[0]
        torch.testing.assert_close(together[row], alone, rtol=0, atol=1e-5)


def test_padded_images_of_the_right_size_are_cut():
    padded = torch.zeros(2, 3, 30, 30, dtype=torch.uint8)
    padded[:, :, :20, :20] = image(3, 20, 20)
    got = prepare()(ImageBatch(padded, torch.tensor([[20, 20], [20, 20]])))
    torch.testing.assert_close(got[0], reference(image(3, 20, 20)), rtol=0, atol=2e-5)


def test_floats_in_zero_to_one_are_what_bytes_are():
    pixels = image(3, 40, 60)[None]
    got = prepare()(ImageBatch.of(pixels.float() / 255))
    torch.testing.assert_close(got, prepare()(ImageBatch.of(pixels)), rtol=0, atol=1e-5)


def test_the_callers_pixels_are_not_changed():
    pixels = image(3, 20, 20)[None].float() / 255
    before = pixels.clone()
    prepare()(ImageBatch.of(pixels))
    assert torch.equal(pixels, before)


def test_another_number_of_channels_is_refused():
    with pytest.raises(UserError, match="expected images with 3 channels, got 5"):
        prepare()(ImageBatch.of(image(5, 20, 20)[None]))


def test_grey_and_rgb_become_each_other():
    colours = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255]], dtype=torch.uint8)
    red_green_blue = colours.view(3, 3, 1, 1).expand(3, 3, 8, 8)
    grey = Preprocessing(image_size=8, channels=1, mean=(0.0,), standard_deviation=(1.0,))
    shades = grey(ImageBatch.of(red_green_blue))[:, 0, 0, 0]
    torch.testing.assert_close(shades, torch.tensor([0.299, 0.587, 0.114]))
    rgb = Preprocessing(image_size=8, channels=3, mean=(0.0,) * 3, standard_deviation=(1.0,) * 3)
    assert rgb(ImageBatch.of(torch.full((1, 1, 8, 8), 51, dtype=torch.uint8))).unique().tolist() == pytest.approx([0.2])
