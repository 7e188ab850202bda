"""PixelCNN: exact likelihoods, each guess from what stands before it, and wrong versions that are rejected."""

import math

import pytest
import torch
from descent import descend
from oracles import autoregressive as oracle
from pixel_order import accepts, asked, build, scores_what_it_draws, sums_to_one

from selftaught.core import Step, UserError
from selftaught.encoders import PixelReader, SmallResNet
from selftaught.methods import PixelCNN
from selftaught.parts import MaskedConvolution


def own_pixel(convolution):
    """The part of a mask that is about the pixel itself: (outputs, inputs)."""
    return convolution.mask[:, :, -1, convolution.mask.shape[3] // 2]


def later_masks(method):
    layers = [*method.encoder.residual.modules(), *method.levels.head.modules()]
    return [own_pixel(each) for each in layers if isinstance(each, MaskedConvolution)]


def mask_b_in_the_first_layer(method):
    mask = own_pixel(method.encoder.first)
    group = torch.arange(len(mask)) * mask.shape[1] // len(mask)
    mask |= group[:, None] == torch.arange(mask.shape[1])


def red_sees_blue(method):
    for mask in later_masks(method):
        mask.fill_(True)


def only_the_first_channel_is_masked(method):
    own_pixel(method.encoder.first)[:, 1:] = True


def the_softmax_sees_all_features(method):
    later_masks(method)[-1].fill_(True)


def the_next_pixel_is_seen(method):
    method.encoder.residual[-1].spread.mask[:, :, -1, 2] = True


def blue_before_red(method):
    own_pixel(method.encoder.first).copy_(own_pixel(method.encoder.first).flip(1))


def channels_that_ignore_each_other(method):
    own_pixel(method.encoder.first).fill_(False)


def nothing_is_seen_above(method):
    method.encoder.first.mask[:, :, :-1] = False
    for block in method.encoder.residual:
        block.spread.mask[:, :, :-1] = False


def test_it_is_accepted():
    assert accepts(PixelCNN, "pixel_cnn")
    assert accepts(PixelCNN, "pixel_cnn", channels=1)


@pytest.mark.parametrize(
    "wrong",
    [
        mask_b_in_the_first_layer,
        red_sees_blue,
        only_the_first_channel_is_masked,
        the_softmax_sees_all_features,
        the_next_pixel_is_seen,
        blue_before_red,
        channels_that_ignore_each_other,
        nothing_is_seen_above,
    ],
)
def test_a_wrong_mask_is_rejected(wrong):
    assert not accepts(PixelCNN, "pixel_cnn", wrong)


def test_one_channel_does_not_tell_whether_colours_are_masked():
    assert accepts(PixelCNN, "pixel_cnn", red_sees_blue, channels=1)
    assert not accepts(PixelCNN, "pixel_cnn", red_sees_blue, channels=3)


@pytest.mark.parametrize(("channels", "height", "width", "levels"), [(1, 2, 2, 3), (3, 2, 1, 2), (1, 3, 3, 2)])
def test_all_images_together_have_probability_one(channels, height, width, levels):
    assert sums_to_one(build(PixelCNN, "pixel_cnn", channels=channels, levels=levels), channels, height, width)


def test_more_rows_above_than_are_needed_change_nothing():
    method = build(PixelCNN, "pixel_cnn", channels=1, image_size=9, blocks=1)
    assert method.encoder.rows_above == 4
    assert scores_what_it_draws(method)
    method.encoder.rows_above = 3  # one too few
    assert not scores_what_it_draws(method)


def accepts_losses(kind):
    """Whether three steps have the exact likelihood of the rounded images as loss, bits and energy."""
    method = build(kind, "pixel_cnn", image_size=3)
    seen = []
    for turn in range(3):
        views = asked(method, seed=turn)
        numbers = (views.images * 2).round().long()
        nats = [
            oracle.level_nats(*each)
            for each in zip(method.levels.logits(method.encoder, numbers).tolist(), numbers.tolist(), strict=True)
        ]
        step = method.step(views)
        flat = numbers.flatten(1).tolist()
        found = {
            step.losses["nats_per_dimension"].item(): sum(nats) / len(nats) / 27,
            step.metrics["bits_per_dimension"].item(): oracle.bits_per_dimension(nats, 27),
            step.metrics["histogram_bits_per_dimension"].item(): oracle.histogram_bits(seen, flat, 3),
        }
        if any(abs(value - expected) > 1e-6 for value, expected in found.items()):
            return False
        if not torch.allclose(method.energy(views), torch.tensor(nats, dtype=torch.float64), rtol=0, atol=1e-9):
            return False
        seen += flat
        descend(method, step)
        method.after_step(step, 0.0)
    return True


class BitsInNats(PixelCNN):
    def step(self, views):
        step = super().step(views)
        nats = {"bits_per_dimension": step.metrics["bits_per_dimension"] * math.log(2)}
        return Step(step.losses, step.remember, {**step.metrics, **nats})


class EnergyPerPixel(PixelCNN):
    def energy(self, views):
        return super().energy(views) / self.levels.values_an_image


class HistogramOfThisBatch(PixelCNN):
    def step(self, views):
        self.levels.histograms.see(self.encoder.rounding.of(views.images))
        return super().step(views)


class SummedLoss(PixelCNN):
    def step(self, views):
        step = super().step(views)
        return Step({"nats_per_dimension": step.loss * self.levels.values_an_image}, step.remember, step.metrics)


def test_its_losses_are_accepted():
    assert accepts_losses(PixelCNN)


@pytest.mark.parametrize("wrong", [BitsInNats, EnergyPerPixel, HistogramOfThisBatch, SummedLoss])
def test_a_wrong_loss_is_rejected(wrong):
    assert not accepts_losses(wrong)


def test_images_are_rounded_to_the_nearest_level():
    rounding = PixelReader(channels=1, image_size=4, levels=256, mean=(0.4,), standard_deviation=(0.2,)).rounding
    pixels = torch.arange(256).view(1, 1, 16, 16)
    assert torch.equal(rounding.of((pixels / 255 - 0.4) / 0.2), pixels)
    assert torch.equal(rounding.of(rounding.images(pixels, torch.float32)), pixels)
    assert rounding.values(pixels, torch.float64).aminmax() == (-1, 1)


def test_it_learns_that_pixels_depend_on_each_other():
    """Stripes: all columns alike, so that each pixel after the first row is the one above."""
    method = build(PixelCNN, "pixel_cnn", channels=1, image_size=6, levels=2)
    optimiser = torch.optim.Adam(method.parameters(), 0.01)
    for turn in range(80):
        views = asked(method, count=16, seed=turn)
        views.images[:] = views.images[:, :, :1].round()
        optimiser.zero_grad()
        step = method.step(views)
        step.loss.backward()
        optimiser.step()
        method.after_step(step, 0.0)
    views.images[:] = asked(method, count=16, seed=1000).images[:, :, :1].round()
    bits = method.step(views).metrics
    assert bits["bits_per_dimension"] < 0.4  # 6 of 36 pixels are free: 1/6 at best
    assert bits["histogram_bits_per_dimension"] > 0.9
    (mixed,) = views.mismatched().values()
    assert (method.energy(mixed) >= method.energy(views) - 1e-9).float().mean() > 0.8
    samples = method.levels.samples(method.encoder, views.latents)
    assert (samples[:, :, 1:] == samples[:, :, :-1]).double().mean() > 0.8


def test_samples_come_from_the_latents_alone():
    method = build(PixelCNN, "pixel_cnn", image_size=3)
    views = asked(method)
    samples = method.pictures(views)["samples"]
    assert samples.shape == views.images.shape
    assert torch.equal(method.levels.samples(method.encoder, views.latents[2:4]), samples[2:4])
    assert set(samples.unique().tolist()) <= {0.0, 0.5, 1.0}


def test_what_is_kept_are_the_states_behind_the_middle_block():
    method = build(PixelCNN, "pixel_cnn", image_size=7, blocks=3)
    images, encoder = asked(method).images, method.encoder
    before = encoder(images)
    torch.testing.assert_close(encoder.local(images).mean(1), before)
    with torch.no_grad():
        encoder.residual[2].widen.weight.mul_(2)
    assert torch.equal(encoder(images), before)
    with torch.no_grad():
        encoder.residual[1].widen.weight.mul_(2)
    assert not torch.equal(encoder(images), before)


def test_an_encoder_that_sees_all_at_once_is_refused():
    with pytest.raises(UserError, match="reads pixel by pixel, such as pixel_cnn or row_lstm, got SmallResNet"):
        PixelCNN(SmallResNet(image_size=16))
