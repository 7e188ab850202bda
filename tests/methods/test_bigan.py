"""BiGAN against the paper's losses and whose weights they move, and wrong versions that the same check rejects."""

import copy
from dataclasses import replace

import pytest
import torch
from games import draws, move, play, same, slopes, slopes_of_the_sum
from oracles import adversarial as oracle
from torch.nn import functional as F

from selftaught.core import ImagesWithLatents, Step, UserError
from selftaught.methods import BiGAN
from selftaught.objectives import discriminator_loss, generator_loss
from selftaught.parts import SpectralNorm, extremes_of, frozen

SMALL = {"latent_width": 6, "generator_width": 4, "discriminator_width": 4}


def accepts(kind):
    """Whether a short game has the paper's losses, gradients and pairs; energy is how badly a code makes its image."""
    method = play(kind, **SMALL)
    for turn in range(2):
        views, twin = draws(turn), copy.deepcopy(method)
        players, latents = twin.players(), views.latents[:, :6]
        codes, made = twin.head(twin.encoder(views.images)), twin.generator(latents)
        real = twin.discriminator(views.images, codes.detach())
        fake = twin.discriminator(made.detach(), latents)
        judged, fooled = twin.discriminator(views.images, codes), twin.discriminator(made, latents)
        step = method.step(views)
        values = {
            "discriminator": oracle.discriminator(real.tolist(), fake.tolist()),
            "encoder_and_generator": oracle.encoder_and_generator(real.tolist(), fake.tolist()),
        }
        if step.losses.keys() != values.keys():
            return False
        if any(abs(step.losses[name].item() - value) > 1e-10 for name, value in values.items()):
            return False
        found = slopes_of_the_sum(method, step)
        swapped = F.softplus(judged).mean() + F.softplus(-fooled).mean()
        if not same(found["discriminator"], slopes(discriminator_loss(real, fake), players["discriminator"])):
            return False
        if not same(found["encoder_and_generator"], slopes(swapped, players["encoder_and_generator"])):
            return False
        move(method)
        method.after_step(step, progress=turn / 2)
    method.eval()
    views = draws(9)
    made = method.generator(method.head(method.encoder(views.images))).flatten(1).tolist()
    errors = [oracle.inversion_error(*pair) for pair in zip(views.images.flatten(1).tolist(), made, strict=True)]
    return all(abs(a - b) < 1e-10 for a, b in zip(method.energy(views).tolist(), errors, strict=True))


class Wrong(BiGAN):
    def pairs(self, views):
        latents = views.noise(self.latent_width)
        return views.images, self.head(self.encoder(views.images)), self.generator(latents), latents

    def step(self, views):
        images, codes, made, latents = self.pairs(views)
        return Step(
            {
                "discriminator": self.of_the_discriminator(images, codes, made, latents),
                "encoder_and_generator": self.of_the_others(images, codes, made, latents),
            },
            remember={"extremes": extremes_of(images)},
        )

    def of_the_discriminator(self, images, codes, made, latents):
        real, fake = self.discriminator(images, codes.detach()), self.discriminator(made.detach(), latents)
        return discriminator_loss(real, fake)

    def of_the_others(self, images, codes, made, latents):
        judged, fooled = frozen(self.discriminator, images, codes), frozen(self.discriminator, made, latents)
        return discriminator_loss(fooled, judged)


class GeneratorsGradientReachesTheDiscriminator(Wrong):
    def of_the_others(self, images, codes, made, latents):
        judged, fooled = frozen(self.discriminator, images, codes), self.discriminator(made, latents)
        return discriminator_loss(fooled, judged)


class EncodersGradientReachesTheDiscriminator(Wrong):
    def of_the_others(self, images, codes, made, latents):
        judged, fooled = self.discriminator(images, codes), frozen(self.discriminator, made, latents)
        return discriminator_loss(fooled, judged)


class DiscriminatorsGradientReachesTheGenerator(Wrong):
    def of_the_discriminator(self, images, codes, made, latents):
        return discriminator_loss(self.discriminator(images, codes.detach()), self.discriminator(made, latents))


class DiscriminatorsGradientReachesTheEncoder(Wrong):
    def of_the_discriminator(self, images, codes, made, latents):
        return discriminator_loss(self.discriminator(images, codes), self.discriminator(made.detach(), latents))


class SaturatingLoss(Wrong):
    def of_the_others(self, images, codes, made, latents):
        judged, fooled = frozen(self.discriminator, images, codes), frozen(self.discriminator, made, latents)
        return -discriminator_loss(judged, fooled)


class SignFlipped(Wrong):
    def of_the_others(self, images, codes, made, latents):
        return -super().of_the_others(images, codes, made, latents)


class EncoderOnSwappedLabels(Wrong):
    """It helps the discriminator to call its pairs real."""

    def of_the_others(self, images, codes, made, latents):
        judged, fooled = frozen(self.discriminator, images, codes), frozen(self.discriminator, made, latents)
        return F.softplus(-judged).mean() + F.softplus(-fooled).mean()


class GeneratorAlone(Wrong):
    def of_the_others(self, images, codes, made, latents):
        return generator_loss(frozen(self.discriminator, made, latents))


class CodesOfMadeImages(Wrong):
    """Made images come with the encoder's codes of them, not with the codes that they are made of."""

    def of_the_discriminator(self, images, codes, made, latents):
        return super().of_the_discriminator(images, codes, made, self.head(self.encoder(made)).detach())


class LatentsBesideTrueImages(Wrong):
    def of_the_discriminator(self, images, codes, made, latents):
        return super().of_the_discriminator(images, latents, made, latents)


class EnergyWithoutTheCode(BiGAN):
    def energy(self, views):
        made = self.generator(torch.zeros(len(views), self.latent_width, dtype=torch.float64))
        return (made - views.images).square().mean((1, 2, 3))


class EnergyOfTheLatents(BiGAN):
    def energy(self, views):
        return (self.samples(views.latents) - views.images).square().mean((1, 2, 3))


class EnergyByTheDiscriminator(BiGAN):
    def energy(self, views):
        return -self.discriminator(views.images, self.head(self.encoder(views.images)))


class EnergyThatGrowsWithTheImage(BiGAN):
    def energy(self, views):
        return views.images[0].numel() * super().energy(views)


class EnergyUpsideDown(BiGAN):
    def energy(self, views):
        return -super().energy(views)


def test_it_is_accepted():
    assert accepts(BiGAN)
    assert accepts(Wrong)  # right as long as no part of it is replaced


@pytest.mark.parametrize(
    "wrong",
    [
        GeneratorsGradientReachesTheDiscriminator,
        EncodersGradientReachesTheDiscriminator,
        DiscriminatorsGradientReachesTheGenerator,
        DiscriminatorsGradientReachesTheEncoder,
        SaturatingLoss,
        SignFlipped,
        EncoderOnSwappedLabels,
        GeneratorAlone,
        CodesOfMadeImages,
        LatentsBesideTrueImages,
        EnergyWithoutTheCode,
        EnergyOfTheLatents,
        EnergyByTheDiscriminator,
        EnergyThatGrowsWithTheImage,
        EnergyUpsideDown,
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_energy_feels_both_mismatches():
    method, views = play(BiGAN, **SMALL).eval(), draws()
    views = replace(views, coded=views.images)
    true = method.energy(views)
    assert same(true, method.energy(draws()))
    for wrong in views.mismatched().values():
        assert (method.energy(wrong) - true).abs().min() > 1e-9


def test_the_other_parts_code_is_that_of_the_next_image():
    method, views = play(BiGAN, **SMALL).eval(), draws()
    wrong = replace(views, coded=views.images).mismatched()["another image's code"]
    made = method.generator(method.head(method.encoder(views.images)).roll(-1, 0))
    assert same(method.energy(wrong), (made - views.images).square().mean((1, 2, 3)))


def test_the_discriminators_spectral_norms_stay_at_one():
    method = play(BiGAN, **SMALL, spectral_norm=True)
    for turn in range(30):
        step = method.step(draws(turn % 2))
        slopes_of_the_sum(method, step)
        move(method)
        method.after_step(step, progress=0.0)
    layers = [module for module in method.discriminator.modules() if isinstance(module, SpectralNorm)]
    assert len(layers) == 7
    for each in layers:
        largest = torch.linalg.matrix_norm(each.layer.weight.flatten(1), 2)
        assert (each.left @ each.layer.weight.flatten(1) @ each.right / largest).item() == pytest.approx(1, abs=0.05)


def test_codes_have_the_mean_and_variance_of_latents_in_every_batch():
    method, views = play(BiGAN, **SMALL), draws()
    codes = method.head(method.encoder(views.images))
    assert codes.mean(0).abs().max() < 1e-9
    assert codes.var(0, unbiased=False).sub(1).abs().max() < 0.05


def test_the_generator_hears_of_the_range_of_true_pixels():
    method, views = play(BiGAN, **SMALL), draws()
    method.after_step(method.step(views), progress=0.0)
    assert torch.equal(method.generator.lowest, views.images.amin((0, 2, 3)))
    assert torch.equal(method.generator.highest, views.images.amax((0, 2, 3)))


def test_pictures_are_samples_and_images_made_of_codes_of_images():
    method, views = play(BiGAN, **SMALL).eval(), draws()
    pictures = method.pictures(views)
    assert same(pictures["samples"], method.samples(views.latents))
    assert same(pictures["reconstructions"], method.generator(method.head(method.encoder(views.images))))


def test_too_few_latents_are_refused():
    views = draws()
    few = ImagesWithLatents(views.index, views.images, views.latents[:, :5])
    with pytest.raises(UserError, match="at least 6 latents of every item, got 5"):
        play(BiGAN, **SMALL).step(few)
