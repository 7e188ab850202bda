"""Autoencoder: the clean image from what is seen of it, and wrong versions that the same check rejects."""

import copy
from dataclasses import replace

import pytest
import torch
from games import move, play, same, slopes
from oracles import pixel_error as oracle

from selftaught.core import CorruptedImages, Step, UserError
from selftaught.methods import Autoencoder
from selftaught.objectives import squared_error
from selftaught.parts import extremes_of
from selftaught.testing import ExampleEncoder

SMALL = {"bottleneck_width": 6, "decoder_width": 4}


def views(seed=0, count=8):
    example = CorruptedImages.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def made(method, asked):
    return method.decoder(method.bottleneck(method.encoder(asked.seen)))


def errors(images, asked):
    pairs = zip(images.flatten(1).tolist(), asked.images.flatten(1).tolist(), strict=True)
    return torch.tensor([oracle.squared_error(*pair) for pair in pairs], dtype=torch.float64)


def accepts(kind):
    """Whether loss and gradient are those of the clean image made of the seen one, in training and as energy."""
    method = play(kind, **SMALL)
    for turn in range(2):
        asked, twin = views(turn), copy.deepcopy(method)
        images = made(twin, asked)
        weights = list(twin.parameters())
        expected = slopes((images - asked.images).square().mean(), weights)
        step = method.step(asked)
        if step.losses.keys() != {"reconstruction"} or not same(step.loss, errors(images, asked).mean()):
            return False
        if not same(slopes(step.loss, method.parameters()), expected):
            return False
        if not same(step.metrics["error_of_what_is_seen"], errors(asked.seen, asked).mean()):
            return False
        method.zero_grad()
        step.loss.backward()
        move(method)
        method.after_step(step, progress=turn / 2)
    method.eval()
    asked = views(9)
    return same(method.energy(asked), errors(made(method, asked), asked))


class NoiseOnTheTargetToo(Autoencoder):
    def step(self, asked):
        return replace(super().step(asked), losses=super().step(replace(asked, images=asked.seen)).losses)


class CleanImageSeen(Autoencoder):
    def _made(self, asked):
        return super()._made(replace(asked, seen=asked.images))


class NoiseAlone(Autoencoder):
    """The noise that was added, instead of the image without it."""

    def step(self, asked):
        loss = squared_error(self._made(asked), asked.seen - asked.images).mean()
        return replace(super().step(asked), losses={"reconstruction": loss})


class BottleneckPassedBy(Autoencoder):
    def _made(self, asked):
        return self.decoder(self.encoder(asked.seen)[:, : self.bottleneck.out_features])


class FixedEncoder(Autoencoder):
    def _made(self, asked):
        return self.decoder(self.bottleneck(self.encoder(asked.seen).detach()))


class SummedOverPixels(Autoencoder):
    def step(self, asked):
        found = super().step(asked)
        return replace(found, losses={"reconstruction": found.loss * asked.images[0].numel()})


class EnergyOfWhatIsSeen(Autoencoder):
    def energy(self, asked):
        return squared_error(self._made(asked), asked.seen)


class EnergyUpsideDown(Autoencoder):
    def energy(self, asked):
        return -super().energy(asked)


class NoiseLeftIn(Autoencoder):
    """The metric that denoising is compared with, taken of what was made."""

    def step(self, asked):
        found = super().step(asked)
        return Step(found.losses, found.remember, {"error_of_what_is_seen": found.loss.detach()})


def test_it_is_accepted():
    assert accepts(Autoencoder)


@pytest.mark.parametrize(
    "wrong",
    [
        NoiseOnTheTargetToo,
        CleanImageSeen,
        NoiseAlone,
        BottleneckPassedBy,
        FixedEncoder,
        SummedOverPixels,
        EnergyOfWhatIsSeen,
        EnergyUpsideDown,
        NoiseLeftIn,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_without_a_bottleneck_the_decoder_gets_the_encoders_vector():
    method, asked = play(Autoencoder, decoder_width=4).eval(), views()
    assert same(method.energy(asked), errors(method.decoder(method.encoder(asked.seen)), asked))


def test_it_learns_to_take_noise_away():
    """Images of two numbers under strong noise: the mean image errs by 1, and what is seen by 4."""
    method = play(Autoencoder, **SMALL).float()
    optimiser = torch.optim.AdamW(method.parameters(), lr=1e-2)
    patterns = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(5)).sign()

    def draw(seed):
        generator = torch.Generator().manual_seed(seed)
        signs = torch.randn(32, 2, generator=generator).sign()
        images = (signs @ patterns.flatten(1) / 2**0.5).view(-1, 3, 16, 16)
        return CorruptedImages(torch.arange(32), images + 2 * torch.randn(images.shape, generator=generator), images)

    for turn in range(80):
        optimiser.zero_grad()
        step = method.step(draw(turn))
        step.loss.backward()
        optimiser.step()
        method.after_step(step, progress=turn / 80)
    method.eval()
    asked = draw(1000)
    true = method.energy(asked)
    assert true.mean() < 0.7
    assert (method.energy(asked.mismatched()["seen of another image"]) > true).float().mean() > 0.6


def test_chance_is_that_of_the_mean_image():
    method, asked = play(Autoencoder, **SMALL).eval(), views()
    method.decoder.forward = lambda code: asked.images.mean(0).expand(len(code), -1, -1, -1)
    found = method.step(asked).losses["reconstruction"].item()
    assert method.chance(asked)["reconstruction"] == pytest.approx(found * 8 / 7)


def test_the_decoder_hears_of_the_range_of_clean_pixels():
    method, asked = play(Autoencoder, **SMALL), views()
    method.after_step(method.step(asked), progress=0.0)
    assert torch.equal(torch.stack([method.decoder.lowest, method.decoder.highest]), extremes_of(asked.images))


def test_pictures_are_seen_made_and_clean():
    method, asked = play(Autoencoder, **SMALL).eval(), views()
    shown = method.pictures(asked)
    assert list(shown) == ["seen", "reconstruction", "original"]
    assert torch.equal(shown["seen"], asked.seen)
    assert same(shown["reconstruction"], made(method, asked))
    assert torch.equal(shown["original"], asked.images)
    assert not shown["reconstruction"].requires_grad


@pytest.mark.parametrize("settings", [{"bottleneck_width": 0}, {"decoder_width": 0}])
def test_widths_below_one_are_refused(settings):
    with pytest.raises(UserError, match="expected widths of at least 1, got"):
        play(Autoencoder, **settings)


def test_an_encoder_that_does_not_say_its_images_is_refused():
    with pytest.raises(UserError, match="`channels` and `image_size` what it takes, got ExampleEncoder"):
        Autoencoder(ExampleEncoder())
