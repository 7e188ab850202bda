"""Noise is in what is seen alone, of the stated kind and strength, whatever the number of processes."""

import pytest
import torch

from selftaught.core import ImageBatch, UserError
from selftaught.encoders import Preprocessing
from selftaught.views import CorruptedCopies, Draws

MEAN, DEVIATION = (0.3, 0.4, 0.5), (0.2, 0.3, 0.25)


def images(n=6, height=20, width=20):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(1, 255, (n, 3, height, width), generator=generator, dtype=torch.uint8)


def make(noise="none", raw=None, *, seed=0, **settings):
    """The views, back in 0..1."""
    raw = images() if raw is None else raw
    maker = CorruptedCopies(
        **{"image_size": 20, "mean": MEAN, "standard_deviation": DEVIATION, "noise": noise, **settings}
    )
    views = maker(raw, draws=Draws(seed, batch=len(raw)))
    mean, deviation = (torch.tensor(each).view(-1, 1, 1) for each in (MEAN, DEVIATION))
    return views.seen * deviation + mean, views.images * deviation + mean


@pytest.mark.parametrize("noise", ["none", "masking", "gaussian", "salt_and_pepper", "half_size"])
def test_what_is_to_be_made_is_clean_and_as_evaluation_sees_it(noise):
    raw = images(height=30, width=24)
    maker = CorruptedCopies(image_size=16, mean=MEAN, standard_deviation=DEVIATION, noise=noise)
    views, seen = maker(raw), Preprocessing(16, 3, MEAN, DEVIATION)(ImageBatch.of(raw))
    torch.testing.assert_close(views.images, seen, rtol=0, atol=1e-5)
    assert torch.equal(views.seen, views.images) == (noise == "none")


def test_masking_makes_exactly_so_many_pixels_black_in_all_channels():
    seen, clean = make("masking", noise_share=0.3)
    hit = (seen - clean).abs().amax(1) > 1e-6
    assert hit.sum((1, 2)).tolist() == [120] * 6
    assert seen.masked_select(hit[:, None]).abs().max() < 1e-6
    assert torch.equal(seen.masked_select(~hit[:, None]), clean.masked_select(~hit[:, None]))
    assert len(hit.flatten(1).unique(dim=0)) == 6  # drawn for each image


def test_salt_and_pepper_are_fair_coins_on_exactly_so_many_pixels():
    seen, clean = make("salt_and_pepper", images(40), noise_share=0.5)
    hit = (seen - clean).abs().amax(1) > 1e-6
    assert hit.sum((1, 2)).tolist() == [200] * 40
    values = seen.movedim(1, 3)[hit]  # (hit, channels)
    assert (values - values[:, :1]).abs().max() < 1e-6
    white = values[:, 0] > 0.5
    assert torch.where(white, values[:, 0] - 1, values[:, 0]).abs().max() < 1e-6
    assert white.float().mean().item() == pytest.approx(0.5, abs=0.03)


def test_gaussian_noise_has_its_deviation_in_pixel_values_and_is_not_clamped():
    seen, clean = make("gaussian", images(40), noise_deviation=0.4)
    noise = seen - clean
    assert noise.std().item() == pytest.approx(0.4, rel=0.02)
    assert noise.mean().item() == pytest.approx(0, abs=0.01)
    assert torch.corrcoef(noise.movedim(1, 0).flatten(1))[0, 1].abs() < 0.05  # every channel its own
    assert seen.min() < -0.5
    assert seen.max() > 1.5


def test_at_half_size_what_differs_within_squares_of_four_is_lost():
    board = ((torch.arange(20)[:, None] + torch.arange(20)) % 2 * 200).to(torch.uint8).expand(2, 3, 20, 20)
    seen, clean = make("half_size", board)
    assert clean.std() > 0.3
    torch.testing.assert_close(seen, torch.full_like(seen, 100 / 255), rtol=0, atol=1e-5)
    flat = torch.full((2, 3, 21, 21), 77, dtype=torch.uint8)
    assert torch.allclose(*make("half_size", flat, image_size=21), atol=1e-5)


def test_noise_is_new_at_every_step_and_leaves_crops_where_they_are():
    (first, clean), (later, same) = (make("masking", seed=seed) for seed in (1, 2))
    assert torch.equal(clean, same)
    assert not torch.equal(first, later)
    cropped = {"crop_scale": (0.3, 0.6), "flip_probability": 0.5}
    assert torch.equal(make("masking", **cropped)[1], make("gaussian", **cropped)[1])
    assert not torch.equal(make(**cropped)[1], make()[1])


@pytest.mark.parametrize("noise", ["masking", "gaussian", "salt_and_pepper"])
def test_processes_get_their_rows_of_the_whole_batch(noise):
    raw, maker = images(), CorruptedCopies(image_size=20, noise=noise, flip_probability=0.5)
    whole = maker(raw, draws=Draws.at(0, 1, batch=6))
    half = maker(raw[2:4], draws=Draws.at(0, 1, batch=6, rows=slice(2, 4)), index=torch.tensor([2, 3]))
    torch.testing.assert_close(half.seen, whole.seen[2:4])
    assert half.index.tolist() == [2, 3]
    assert maker.describe() == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"noise_share": 1.5}, r"noise_share: expected a number in \[0, 1\], got 1.5"),
        ({"noise_deviation": -0.1}, "noise_deviation: expected a number of 0 or more, got -0.1"),
        ({"crop_scale": (0.5, 1.2)}, "crop_scale: expected two numbers"),
    ],
)
def test_values_out_of_range_are_refused(settings, message):
    with pytest.raises(UserError, match=message):
        CorruptedCopies(image_size=20, **settings)
