"""GAN against the paper's two losses and whose weights they move, and wrong versions that the same check rejects."""

import copy

import pytest
import torch
from games import draws, move, play, same, slopes, slopes_of_the_sum, statistics
from oracles import adversarial as oracle
from torch.nn import functional as F

from selftaught.core import ImagesWithLatents, Step, UserError
from selftaught.methods import GAN
from selftaught.objectives import discriminator_loss, generator_loss
from selftaught.parts import aside, frozen
from selftaught.testing import ExampleEncoder

SMALL = {"latent_width": 6, "generator_width": 4}


def logits(method, images):
    return method.head(method.encoder(images)).squeeze(1)


def accepts(kind):
    """Whether a short game has the paper's losses and gradients, counts true images only, and orders by the logit."""
    method = play(kind, **SMALL)
    for turn in range(2):
        views, twin = draws(turn), copy.deepcopy(method)
        players = twin.players()
        made = twin.generator(views.latents[:, :6])
        real = logits(twin, views.images)
        counted = statistics(twin)
        fake, fooled = logits(twin, made.detach()), logits(twin, made)
        step = method.step(views)
        values = {
            "discriminator": oracle.discriminator(real.tolist(), fake.tolist()),
            "generator": oracle.generator(fake.tolist()),
        }
        if step.losses.keys() != values.keys():
            return False
        if any(abs(step.losses[name].item() - value) > 1e-10 for name, value in values.items()):
            return False
        found = slopes_of_the_sum(method, step)
        if not same(found["discriminator"], slopes(discriminator_loss(real, fake), players["discriminator"])):
            return False
        if not same(found["generator"], slopes(generator_loss(fooled), players["generator"])):
            return False
        if not same(statistics(method), counted):
            return False
        move(method)
    method.eval()
    return same(method.energy(draws(9)), -logits(method, draws(9).images))


class Wrong(GAN):
    def made(self, views):
        return self.generator(views.noise(self.latent_width))

    def judged_aside(self, images):
        return self.head(aside(self.encoder, images)).squeeze(1)

    def frozen_judge(self, images):
        return frozen(self.head, frozen(self.encoder, images)).squeeze(1)


class GeneratorsGradientReachesTheDiscriminator(Wrong):
    def frozen_judge(self, images):
        return self.judged_aside(images)

    def step(self, views):
        made = self.made(views)
        discriminator = discriminator_loss(logits(self, views.images), self.judged_aside(made.detach()))
        return Step({"discriminator": discriminator, "generator": generator_loss(self.frozen_judge(made))})


class GeneratorsGradientReachesTheHead(GeneratorsGradientReachesTheDiscriminator):
    def frozen_judge(self, images):
        return self.head(frozen(self.encoder, images)).squeeze(1)


class DiscriminatorsGradientReachesTheGenerator(Wrong):
    def step(self, views):
        made = self.made(views)
        discriminator = discriminator_loss(logits(self, views.images), self.judged_aside(made))
        return Step({"discriminator": discriminator, "generator": generator_loss(self.frozen_judge(made))})


class SaturatingLoss(Wrong):
    def step(self, views):
        saturating = -F.softplus(self.frozen_judge(self.made(views))).mean()
        return Step({"discriminator": super().step(views).losses["discriminator"], "generator": saturating})


class GeneratorsSignFlipped(Wrong):
    def step(self, views):
        losses = super().step(views).losses
        return Step({"discriminator": losses["discriminator"], "generator": -losses["generator"]})


class MadeImagesAreCounted(Wrong):
    def step(self, views):
        made = self.made(views)
        discriminator = discriminator_loss(logits(self, views.images), logits(self, made.detach()))
        return Step({"discriminator": discriminator, "generator": generator_loss(self.frozen_judge(made))})


class OneBatchOfBoth(Wrong):
    def step(self, views):
        made = self.made(views)
        real, fake = logits(self, torch.cat([views.images, made.detach()])).chunk(2)
        return Step(
            {"discriminator": discriminator_loss(real, fake), "generator": generator_loss(self.frozen_judge(made))}
        )


class GeneratorOfItsOwnNoise(Wrong):
    def step(self, views):
        return super().step(ImagesWithLatents(views.index, views.images, torch.randn_like(views.latents)))


class EnergyUpsideDown(GAN):
    def energy(self, views):
        return -super().energy(views)


def test_it_is_accepted():
    assert accepts(GAN)


@pytest.mark.parametrize(
    "wrong",
    [
        GeneratorsGradientReachesTheDiscriminator,
        GeneratorsGradientReachesTheHead,
        DiscriminatorsGradientReachesTheGenerator,
        SaturatingLoss,
        GeneratorsSignFlipped,
        MadeImagesAreCounted,
        OneBatchOfBoth,
        GeneratorOfItsOwnNoise,
        EnergyUpsideDown,
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_what_is_kept_is_the_discriminators_trunk():
    method = play(GAN, **SMALL)
    kept = {id(weight) for weight in method.encoder.parameters()}
    players = {name: {id(weight) for weight in weights} for name, weights in method.players().items()}
    assert kept < players["discriminator"]
    assert not kept & players["generator"]


def test_the_generator_hears_of_the_range_of_true_pixels():
    method, views = play(GAN, **SMALL), draws()
    method.after_step(method.step(views), progress=0.0)
    assert torch.equal(method.generator.lowest, views.images.amin((0, 2, 3)))
    assert torch.equal(method.generator.highest, views.images.amax((0, 2, 3)))


def test_samples_are_images_of_codes_alone():
    method = play(GAN, **SMALL).eval()
    latents = draws().latents
    samples = method.samples(latents)
    assert samples.shape == (8, 3, 16, 16)
    assert same(method.samples(latents[2:5, :6]), samples[2:5])
    assert same(method.pictures(draws())["samples"], samples)


def test_too_few_latents_are_refused():
    views = draws()
    few = ImagesWithLatents(views.index, views.images, views.latents[:, :5])
    with pytest.raises(UserError, match="at least 6 latents of every item, got 5; views draw `noise_width`"):
        play(GAN, **SMALL).step(few)


def test_an_encoder_that_does_not_say_its_images_is_refused():
    with pytest.raises(UserError, match="`channels` and `image_size` what it takes, got ExampleEncoder"):
        GAN(ExampleEncoder())
