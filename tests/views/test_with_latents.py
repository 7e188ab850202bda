"""Images enter as evaluation sees them, with latents that do not depend on how many processes there are."""

import pytest
import torch

from selftaught.core import ImageBatch, UserError
from selftaught.encoders import Preprocessing
from selftaught.views import Draws, WithLatents

MEAN, DEVIATION = (0.3, 0.4, 0.5), (0.2, 0.3, 0.25)


def images(n=6, height=20, width=20):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (n, 3, height, width), generator=generator, dtype=torch.uint8)


def maker(**settings):
    return WithLatents(
        **{"image_size": 20, "mean": MEAN, "standard_deviation": DEVIATION, "noise_width": 7, **settings}
    )


@pytest.mark.parametrize(("height", "width", "size"), [(20, 20, 20), (20, 20, 12), (30, 20, 16), (20, 41, 16)])
def test_images_are_those_that_evaluation_sees(height, width, size):
    raw = images(height=height, width=width)
    seen = Preprocessing(size, 3, MEAN, DEVIATION)(ImageBatch.of(raw))
    torch.testing.assert_close(maker(image_size=size)(raw).images, seen, rtol=0, atol=1e-5)


def test_images_of_different_sizes_are_read_without_their_padding():
    batch = ImageBatch(images(2), torch.tensor([[20, 20], [10, 10]]))
    padded = batch.pixels.clone()
    padded[1, :, 10:], padded[1, :, :, 10:] = 255, 0
    again = maker(image_size=8)(ImageBatch(padded, batch.sizes))
    assert torch.equal(maker(image_size=8)(batch).images, again.images)


def test_half_of_the_images_are_mirrored_where_that_is_asked_for():
    raw = images(400, 6, 6)
    plain, draws = maker(image_size=6)(raw).images, Draws(3, batch=400)
    mirrored = maker(image_size=6, flip_probability=0.5)(raw, draws=draws).images
    as_it_was = (mirrored - plain).abs().amax((1, 2, 3)) < 1e-5
    turned = (mirrored - plain.flip(3)).abs().amax((1, 2, 3)) < 1e-5
    assert (as_it_was ^ turned).all()
    assert 150 < turned.sum() < 250


def test_crops_are_made_only_where_they_are_asked_for():
    raw = images(32)
    cropped = maker(crop_scale=(0.3, 0.6))(raw, draws=Draws(1, batch=32)).images
    assert ((cropped - maker()(raw).images).abs().amax((1, 2, 3)) > 0.1).all()


def test_latents_are_standard_normal_and_new_at_every_step():
    raw = images(500, 4, 4)
    views = maker(image_size=4)(raw, draws=Draws.at(0, 5, batch=500))
    later = maker(image_size=4)(raw, draws=Draws.at(0, 6, batch=500))
    assert views.latents.shape == (500, 7)
    assert views.latents.mean().item() == pytest.approx(0, abs=0.06)
    assert views.latents.std().item() == pytest.approx(1, abs=0.05)
    assert not (views.latents == later.latents).any()
    assert (torch.corrcoef(views.latents.T) - torch.eye(7)).abs().max() < 0.2


def test_processes_get_their_rows_of_the_whole_batch():
    raw, make = images(), maker(flip_probability=0.5, two_parts=True)
    whole = make(raw, draws=Draws.at(0, 1, batch=6))
    half = make(raw[2:4], draws=Draws.at(0, 1, batch=6, rows=slice(2, 4)), index=torch.tensor([2, 3]))
    assert torch.equal(half.latents, whole.latents[2:4])
    torch.testing.assert_close(half.images, whole.images[2:4])
    assert half.index.tolist() == [2, 3]
    assert torch.equal(half.coded, half.images)


def test_codes_belong_to_images_only_where_that_is_asked_for():
    assert maker()(images()).coded is None
    assert maker().describe() == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"noise_width": 0}, "noise_width: expected a number of 1 or more, got 0"),
        ({"flip_probability": 1.5}, r"flip_probability: expected a number in \[0, 1\], got 1.5"),
        ({"crop_scale": (0.5, 1.2)}, "crop_scale: expected two numbers"),
        ({"mean": (0.5,)}, "mean: expected one number for each of 3 channels"),
        ({"standard_deviation": (0.5, 0.0, 0.5)}, "standard_deviation: expected a number of 1e-06 or more"),
    ],
)
def test_values_out_of_range_are_refused(settings, message):
    with pytest.raises(UserError, match=message):
        maker(**settings)


def test_other_images_and_draws_are_refused():
    with pytest.raises(UserError, match="expected images with 3 channels, got 1"):
        maker()(images()[:, :1])
    with pytest.raises(UserError, match="as many images as the draws are for, 5, got 6"):
        maker()(images(), draws=Draws(0, batch=5))
