"""AAE against the paper's three losses and whose weights they move, and wrong versions that the same check rejects."""

import copy
from dataclasses import replace

import pytest
import torch
from games import draws, move, play, same, slopes, slopes_of_the_sum
from oracles import adversarial, pixel_error
from torch.nn import functional as F

from selftaught.core import Step, UserError
from selftaught.methods import AAE
from selftaught.objectives import discriminator_loss, generator_loss, squared_error
from selftaught.parts import extremes_of, frozen

SMALL = {"latent_width": 6, "decoder_width": 4, "discriminator_width": 12, "prior_weight": 0.3}


def errors(images, views):
    pairs = zip(images.flatten(1).tolist(), views.images.flatten(1).tolist(), strict=True)
    return torch.tensor([pixel_error.squared_error(*pair) for pair in pairs], dtype=torch.float64)


def accepts(kind):
    """Whether a short game has the paper's losses and gradients; energy is how badly a code makes its image."""
    method = play(kind, **SMALL)
    for turn in range(2):
        views, twin = draws(turn), copy.deepcopy(method)
        players = twin.players()
        codes = twin.projector(twin.encoder(views.images))
        made = twin.decoder(codes)
        real = twin.discriminator(views.latents[:, :6]).squeeze(1)
        judged = twin.discriminator(codes.detach()).squeeze(1)
        fake = twin.discriminator(codes).squeeze(1)
        error = errors(made, views).mean()
        step = method.step(views)
        values = {
            "discriminator": adversarial.discriminator(real.tolist(), fake.tolist()),
            "autoencoder": error.item() + 0.3 * adversarial.generator(fake.tolist()),
        }
        if step.losses.keys() != values.keys():
            return False
        if any(abs(step.losses[name].item() - value) > 1e-10 for name, value in values.items()):
            return False
        if not same(step.metrics["reconstruction"], error):
            return False
        found = slopes_of_the_sum(method, step)
        own = (made - views.images).square().mean() + 0.3 * F.softplus(-fake).mean()
        if not same(found["discriminator"], slopes(discriminator_loss(real, judged), players["discriminator"])):
            return False
        if not same(found["autoencoder"], slopes(own, players["autoencoder"])):
            return False
        move(method)
        method.after_step(step, progress=turn / 2)
    method.eval()
    views = draws(9)
    return same(method.energy(views), errors(method.decoder(method.projector(method.encoder(views.images))), views))


class Wrong(AAE):
    """Right as long as no part of it is replaced."""

    def step(self, views):
        codes, prior = self._codes(views), views.noise(self.latent_width)
        error = self.error(codes, views)
        losses = {
            "discriminator": self.of_the_discriminator(codes, prior),
            "autoencoder": error + self.prior_weight * self.of_the_encoder(codes),
        }
        return Step(losses, {"extremes": extremes_of(views.images)}, {"reconstruction": error.detach()})

    def error(self, codes, views):
        return squared_error(self.decoder(codes), views.images).mean()

    def judge(self, codes):
        return self.discriminator(codes).squeeze(1)

    def of_the_discriminator(self, codes, prior):
        return discriminator_loss(self.judge(prior), self.judge(codes.detach()))

    def of_the_encoder(self, codes):
        return generator_loss(frozen(self.discriminator, codes).squeeze(1))


class EncodersGradientReachesTheDiscriminator(Wrong):
    def of_the_encoder(self, codes):
        return generator_loss(self.judge(codes))


class DiscriminatorsGradientReachesTheEncoder(Wrong):
    def of_the_discriminator(self, codes, prior):
        return discriminator_loss(self.judge(prior), self.judge(codes))


class CodesCalledReal(Wrong):
    def of_the_discriminator(self, codes, prior):
        return discriminator_loss(self.judge(codes.detach()), self.judge(prior))


class SaturatingLoss(Wrong):
    def of_the_encoder(self, codes):
        return -F.softplus(frozen(self.discriminator, codes)).mean()


class SignFlipped(Wrong):
    def of_the_encoder(self, codes):
        return -super().of_the_encoder(codes)


class NoPrior(Wrong):
    """The autoencoder alone."""

    def of_the_encoder(self, codes):
        return torch.zeros((), dtype=codes.dtype)


class PriorReconstructed(Wrong):
    def error(self, codes, views):
        return squared_error(self.samples(views.latents), views.images).mean()


class EncoderWithoutReconstruction(Wrong):
    def error(self, codes, views):
        return super().error(codes.detach(), views)


class PriorOfItsOwn(Wrong):
    def of_the_discriminator(self, codes, prior):
        return super().of_the_discriminator(codes, torch.randn_like(prior))


class EnergyByTheDiscriminator(AAE):
    def energy(self, views):
        return -self.discriminator(self._codes(views)).squeeze(1)


class EnergyOfTheLatents(AAE):
    def energy(self, views):
        return squared_error(self.samples(views.latents), views.images)


class EnergyUpsideDown(AAE):
    def energy(self, views):
        return -super().energy(views)


def test_it_is_accepted():
    assert accepts(AAE)
    assert accepts(Wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        EncodersGradientReachesTheDiscriminator,
        DiscriminatorsGradientReachesTheEncoder,
        CodesCalledReal,
        SaturatingLoss,
        SignFlipped,
        NoPrior,
        PriorReconstructed,
        EncoderWithoutReconstruction,
        PriorOfItsOwn,
        EnergyByTheDiscriminator,
        EnergyOfTheLatents,
        EnergyUpsideDown,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_codes_come_to_the_prior():
    """Codes that begin far from the prior, and whose images ask nothing of them."""
    method = play(AAE, **SMALL | {"prior_weight": 1.0}).float()
    with torch.no_grad():
        method.projector.bias += 2
    optimiser = torch.optim.Adam(method.parameters(), lr=1e-2, betas=(0.5, 0.99))
    views = draws(count=64)
    views = replace(views, images=views.images.float(), latents=views.latents.float())

    def far():
        return method._codes(views).mean(0).abs().mean().item()

    first = far()
    for turn in range(150):
        latents = torch.randn(64, 6, generator=torch.Generator().manual_seed(turn))
        step = method.step(replace(views, latents=latents))
        optimiser.zero_grad()
        step.loss.backward()
        optimiser.step()
    assert first > 1.5
    assert far() < 0.75 * first


def test_the_energy_feels_both_mismatches():
    method, views = play(AAE, **SMALL).eval(), draws()
    views = replace(views, coded=views.images)
    true = method.energy(views)
    assert same(true, method.energy(draws()))
    for wrong in views.mismatched().values():
        assert (method.energy(wrong) - true).abs().min() > 1e-9
    other = views.mismatched()["another image's code"]
    codes = method.projector(method.encoder(views.images)).roll(-1, 0)
    assert same(method.energy(other), errors(method.decoder(codes), views))


def test_chance_is_that_of_the_mean_image_and_of_a_coin():
    method, views = play(AAE, **SMALL).eval(), draws()
    method.decoder.forward = lambda codes: views.images.mean(0).expand(len(codes), -1, -1, -1)
    method.discriminator.forward = lambda codes: torch.zeros(len(codes), 1, dtype=codes.dtype)
    step, chance = method.step(views), method.chance(views)
    assert chance["reconstruction"] == pytest.approx(step.metrics["reconstruction"].item() * 8 / 7)
    assert chance["discriminator"] == pytest.approx(step.losses["discriminator"].item())
    assert chance["discriminator_accuracy"] == 0.5


def test_pictures_are_made_of_codes_of_the_prior_and_of_a_plane():
    method, views = play(AAE, **SMALL).eval(), draws()
    shown = method.pictures(views)
    assert list(shown) == ["original", "reconstruction", "samples", "plane of codes"]
    assert same(shown["samples"], method.decoder(views.latents[:, :6]))
    assert same(shown["reconstruction"], method.decoder(method.projector(method.encoder(views.images))))
    assert shown["plane of codes"].shape == (100, 3, 16, 16)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match="at least 1 latent and a weight of 0 or more, got 0"):
        play(AAE, **SMALL | {"latent_width": 0})
    views = draws()
    with pytest.raises(UserError, match="at least 6 latents of every item, got 5"):
        play(AAE, **SMALL).step(replace(views, latents=views.latents[:, :5]))
