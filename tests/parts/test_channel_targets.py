"""Bins in gamut, what is kept of their frequencies, regression beside them, and Lab colours back to a screen."""

import numpy as np
import pytest
import torch
from skimage import data
from skimage.color import lab2rgb, rgb2lab

from selftaught.core import UserError
from selftaught.objectives import rebalancing_weights, smoothed_prior
from selftaught.parts import BinnedTarget, ChannelSplit, MapDecoder, RegressedTarget, gamut_bins, lab_to_rgb, rgb_to_lab

BINS = torch.tensor([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]], dtype=torch.float64)


def photograph():
    pixels = torch.from_numpy(data.astronaut()[::8, ::8].copy()).permute(2, 0, 1)[None].double() / 255
    return rgb_to_lab(pixels)


def test_the_bins_are_those_that_hold_a_colour_of_srgb():
    found = gamut_bins()
    assert len(found) == 261
    assert (found % 10 == 0).all()
    colours = np.random.default_rng(0).random((200_000, 1, 3))  # from all of the cube, not from its surface
    occupied = {tuple(each) for each in np.round(rgb2lab(colours)[:, 0, 1:] / 10) * 10}
    assert occupied <= {tuple(each) for each in found.tolist()}
    assert len(occupied) > 240  # the corners of the cube are rare


def test_every_colour_of_a_photograph_has_its_bin_within_half_a_cell():
    bins, _ = BinnedTarget(gamut_bins()).double().encode(photograph()[:, 1:])
    nearest = gamut_bins().double()[bins[:, 0]].permute(0, 3, 1, 2)
    assert (nearest - photograph()[:, 1:]).abs().max() <= 5


def test_lab_comes_back_as_scikit_image_has_it():
    lab = photograph()
    expected = lab2rgb(lab.permute(0, 2, 3, 1).numpy())
    assert np.abs(lab_to_rgb(lab).permute(0, 2, 3, 1).numpy() - expected).max() < 1e-6
    torch.testing.assert_close(rgb_to_lab(lab_to_rgb(lab)), lab, rtol=0, atol=1e-2)


def test_groups_come_back_as_normalised_images():
    split = ChannelSplit("L,ab", 3, (0.4, 0.5, 0.6), (0.2, 0.3, 0.25))
    images = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64) / 2
    lab = torch.cat(split.in_lab(split(images)), 1)
    mean, deviation = torch.tensor([0.4, 0.5, 0.6]).view(-1, 1, 1), torch.tensor([0.2, 0.3, 0.25]).view(-1, 1, 1)
    shown = ((images * deviation + mean).clamp(0, 1) - mean) / deviation
    torch.testing.assert_close(split.as_images(lab), shown, rtol=0, atol=1e-3)


def test_the_prior_is_that_of_the_first_batches():
    target = BinnedTarget(BINS, neighbours=1, uniform_share=0.5, prior_batches=2).double()
    first, second = torch.zeros(1, 2, 2, 2).double(), torch.full((1, 2, 2, 2), 10.0).double()
    second[:, 1] = 0
    assert target.count(first).tolist() == [4, 0, 0]
    assert target.weights.tolist() == [1, 1, 1]
    for batch in (first, second, second):
        target.see(target.count(batch))
    assert target.counts.tolist() == [4, 4, 0]
    expected = rebalancing_weights(smoothed_prior(target.counts, BINS), 0.5)
    torch.testing.assert_close(target.weights, expected)
    assert {"counts", "weights", "batches"} == set(target.state_dict())
    equal = BinnedTarget(BINS, neighbours=1)
    equal.see(equal.count(first.float()))
    assert equal.weights.tolist() == [1, 1, 1]


def test_accuracy_counts_places_as_the_loss_does():
    target = BinnedTarget(BINS, neighbours=1).double()
    target.weights.copy_(torch.tensor([1.0, 3.0, 9.0]))
    true = torch.tensor([0.0, 0.0, 10.0, 20.0], dtype=torch.float64).view(1, 1, 2, 2)
    true = torch.cat([true, torch.zeros_like(true)], 1)
    said = torch.zeros(1, 3, 2, 2, dtype=torch.float64)
    said[:, 1] = 1.0  # the middle bin everywhere
    assert target.metrics("bin", said, true)["bin_accuracy"].item() == pytest.approx(3 / 14)
    assert target.chance("bin", true)["bin_accuracy"] == pytest.approx(9 / 14)


def test_regression_is_half_the_squared_distance():
    target = RegressedTarget(2, unit=10.0)
    true, said = photograph()[:, 1:], torch.randn(1, 2, 64, 64, dtype=torch.float64)
    expected = sum(((said[0, c] - true[0, c] / 10) ** 2).mean() for c in (0, 1)) / 2
    torch.testing.assert_close(target.losses(said, true), expected[None])
    torch.testing.assert_close(target.values(said), said * 10)
    best = true.mean((0, 2, 3), keepdim=True).expand_as(true) / 10
    assert target.best_constant(true) == pytest.approx(target.losses(best, true).item())


def test_places_are_decoded_where_they_are():
    decoder = MapDecoder(encoder_width=4, outputs=3, width=8).eval()
    positions = torch.zeros(1, 16, 4)
    changed = positions.clone()
    changed[0, 3] = 5.0  # the upper right corner of 4 x 4
    moved = (decoder(changed, 8) - decoder(positions, 8)).abs().sum(1)[0]
    assert moved[0, 7] > 0
    assert (moved[6:] == 0).all()
    assert (moved[:, 0] == 0).all()


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match=r"uniform_share: expected a number in \(0, 1\], got 0"):
        BinnedTarget(BINS, uniform_share=0.0)
    with pytest.raises(UserError, match="temperature: expected a number above 0, got 0"):
        BinnedTarget(BINS, temperature=0.0)
    with pytest.raises(UserError, match="positions form a square, got 15"):
        MapDecoder(encoder_width=4, outputs=3)(torch.zeros(1, 15, 4), 8)
