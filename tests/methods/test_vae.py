"""VAE: a bound in nats, exact on a model whose likelihood is known, and wrong versions that the same checks reject."""

import copy
import itertools
import math
from dataclasses import replace

import pytest
import torch
from games import move, play, same, slopes
from oracles import variational as oracle

from selftaught.core import PixelsWithLatents, Step, UserError
from selftaught.methods import VAE
from selftaught.objectives import gaussian_kl, reparameterised, squared_error

SMALL = {"latent_width": 6, "decoder_width": 4, "importance_samples": 3}


def views(seed=0, count=8):
    example = PixelsWithLatents.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def costs(method, asked):
    """Nats of the pixels and of the latents of every image, by the oracle."""
    vectors = method.encoder(asked.images)
    mean, log_variance = method.projector(vectors), method.log_variance(vectors)
    latents = mean + (log_variance / 2).exp() * asked.latents[:, :6]
    logits = method.model.decoder.logits(latents).flatten(1)
    values = asked.pixels.flatten(1).tolist()
    if method.model.is_density:
        deviation = method.model.likelihood.log_deviation.exp().item()
        pairs = zip(values, logits.sigmoid().tolist(), strict=True)
        nats = [oracle.gaussian_nats(*pair, deviation) for pair in pairs]
    else:
        nats = [oracle.bernoulli_nats(*pair) for pair in zip(values, logits.tolist(), strict=True)]
    rows = zip(mean.tolist(), log_variance.tolist(), strict=True)
    kl = [sum(oracle.gaussian_kl(*pair) for pair in zip(*row, strict=True)) for row in rows]
    return torch.tensor([nats, kl], dtype=torch.float64)


def accepts(kind, likelihood):
    """Whether both losses, their slopes and the energy are those of the paper."""
    method = play(kind, likelihood=likelihood, **SMALL)
    for turn in range(2):
        asked, twin = views(turn), copy.deepcopy(method)
        nats, kl = costs(twin, asked)
        step = method.step(asked)
        if step.losses.keys() != {"reconstruction", "kl"}:
            return False
        if not same(step.losses["reconstruction"], nats.mean()) or not same(step.losses["kl"], kl.mean()):
            return False
        mean, log_variance = twin.posterior(asked.images)
        logits = twin.model.decoder.logits(mean + (log_variance / 2).exp() * asked.latents[:, :6])
        said = twin.model.likelihood(asked.pixels, logits).mean() + gaussian_kl(mean, log_variance).sum(1).mean()
        if not same(slopes(step.loss, method.parameters()), slopes(said, twin.parameters())):
            return False
        method.zero_grad()
        (step.loss / 1000).backward()
        move(method)
    method.eval()
    asked = views(9)
    return same(method.energy(asked), costs(method, asked).sum(0))


class SmallWeightOfTheKL(VAE):
    """MSE + 1e-4 KL, called a VAE."""

    def step(self, asked):
        mean, log_variance = self.posterior(asked.images)
        latents = reparameterised(mean, log_variance, asked.noise(self.latent_width))
        error = squared_error(self.model(latents), asked.pixels).mean()
        return Step({"reconstruction": error, "kl": 1e-4 * gaussian_kl(mean, log_variance).sum(1).mean()})


class KLAveragedOverLatents(VAE):
    def step(self, asked):
        losses = super().step(asked).losses
        return Step({"reconstruction": losses["reconstruction"], "kl": losses["kl"] / self.latent_width})


class LikelihoodAveragedOverPixels(VAE):
    def step(self, asked):
        losses = super().step(asked).losses
        return Step({"reconstruction": losses["reconstruction"] / asked.pixels[0].numel(), "kl": losses["kl"]})


class NoNoise(VAE):
    def step(self, asked):
        return super().step(replace(asked, latents=torch.zeros_like(asked.latents)))


class NoiseOfItsOwn(VAE):
    def step(self, asked):
        return super().step(replace(asked, latents=torch.randn_like(asked.latents)))


class SampleWithoutGradient(VAE):
    def step(self, asked):
        mean, log_variance = self.posterior(asked.images)
        noise = asked.noise(self.latent_width)
        nats = self.model.nats(asked.pixels, mean.detach(), log_variance.detach(), noise).mean()
        return Step({"reconstruction": nats, "kl": gaussian_kl(mean, log_variance).sum(1).mean()})


class VarianceTakenForDeviation(VAE):
    def posterior(self, images):
        mean, log_variance = super().posterior(images)
        return mean, 2 * log_variance


class LikelihoodOfWhatTheEncoderSees(VAE):
    def step(self, asked):
        return super().step(replace(asked, pixels=asked.images))


class EncoderSeesThePixels(VAE):
    """Another scale than that of evaluation, and noise where they are dequantised."""

    def step(self, asked):
        return super().step(replace(asked, images=asked.pixels))


class EnergyWithoutTheKL(VAE):
    def energy(self, asked):
        return self.model.nats(asked.pixels, *self.posterior(asked.images), asked.noise(self.latent_width))


class EnergyUpsideDown(VAE):
    def energy(self, asked):
        return -super().energy(asked)


WRONG = [
    SmallWeightOfTheKL,
    KLAveragedOverLatents,
    LikelihoodAveragedOverPixels,
    NoNoise,
    NoiseOfItsOwn,
    SampleWithoutGradient,
    VarianceTakenForDeviation,
    LikelihoodOfWhatTheEncoderSees,
    EncoderSeesThePixels,
    EnergyWithoutTheKL,
    EnergyUpsideDown,
]


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_it_is_accepted(likelihood):
    assert accepts(VAE, likelihood)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong, "gaussian")


DEVIATION = 0.4


def linear_model(samples=1, *, kind=VAE, off_by=0.0):
    """x = w_1 z_1 + w_2 z_2 + b + s e, and its exact posterior, or one whose means are off by so much."""
    method = play(kind, latent_width=2, decoder_width=4, pixel_deviation=DEVIATION, importance_samples=samples).eval()
    columns = torch.linalg.qr(torch.randn(768, 2, generator=torch.Generator().manual_seed(3)).double()).Q
    columns = columns * torch.tensor([1.5, 0.7])
    offset = torch.linspace(-1, 1, 768).double()
    precision = 1 + columns.square().sum(0) / DEVIATION**2

    def posterior(images):
        mean = (images.flatten(1) - offset) @ columns / DEVIATION**2 / precision
        return mean + off_by, (-precision.log()).expand(len(images), -1)

    method.posterior = posterior
    method.model.decoder.logits = lambda latents: (latents @ columns.T + offset).view(-1, 3, 16, 16)
    method.model.likelihood.expected = lambda logits: logits
    drawn = torch.randn(4, 2, generator=torch.Generator().manual_seed(4)).double()
    noise = DEVIATION * torch.randn(4, 768, generator=torch.Generator().manual_seed(5)).double()
    images = (drawn @ columns.T + offset + noise).view(-1, 3, 16, 16)
    ones = torch.ones(4, 3).double()
    latents = torch.randn(4, 2 * samples, generator=torch.Generator().manual_seed(6)).double()
    asked = PixelsWithLatents(torch.arange(4), images, images, latents, 0 * ones, ones)
    rows = images.flatten(1).tolist()
    exact = [oracle.linear_gaussian_nats(row, columns.T.tolist(), offset.tolist(), DEVIATION) for row in rows]
    return method, asked, torch.tensor(exact, dtype=torch.float64)


def minus_elbo(method, asked):
    """The energy's mean over all noise, exactly: Gauss-Hermite quadrature, as it is quadratic in the noise."""
    nodes = {-math.sqrt(3): 1 / 6, 0.0: 2 / 3, math.sqrt(3): 1 / 6}
    total = torch.zeros(len(asked), dtype=torch.float64)
    for first, second in itertools.product(nodes, repeat=2):
        noise = torch.tensor([first, second], dtype=torch.float64).expand(len(asked), 2)
        total += nodes[first] * nodes[second] * method.energy(replace(asked, latents=noise))
    return total


def bound_is_right(kind):
    """Whether the bound is the exact likelihood with the exact posterior, and loses their KL with another."""
    method, asked, exact = linear_model(kind=kind)
    if not torch.allclose(minus_elbo(method, asked), exact, rtol=0, atol=1e-8):
        return False
    method, asked, exact = linear_model(kind=kind, off_by=0.3)
    _, log_variance = method.posterior(asked.images)
    lost = (0.3**2 / log_variance.exp() / 2).sum(1)
    return torch.allclose(minus_elbo(method, asked) - exact, lost, rtol=0, atol=1e-8)


def test_the_bound_is_the_exact_likelihood_at_the_optimum_and_below_it_elsewhere():
    assert bound_is_right(VAE)
    assert not bound_is_right(EnergyWithoutTheKL)
    assert not bound_is_right(EnergyUpsideDown)


def test_with_the_exact_posterior_one_weight_tells_the_likelihood():
    for samples in (1, 5):
        method, asked, exact = linear_model(samples)
        torch.testing.assert_close(-method.log_likelihood(asked), exact, rtol=0, atol=1e-8)


def test_more_samples_come_nearer_to_the_likelihood_from_below():
    gaps = []
    for samples in (1, 8, 64):
        method, asked, exact = linear_model(samples, off_by=0.2)
        latents = torch.randn(4, 200, 2 * samples, generator=torch.Generator().manual_seed(0)).double()
        found = [method.log_likelihood(replace(asked, latents=latents[:, turn])) for turn in range(200)]
        gaps.append((-exact - torch.stack(found).mean(0)).min().item())
    assert gaps[0] > gaps[1] > gaps[2] > -0.02
    assert gaps[2] < 0.3 * gaps[0]


def test_each_sample_is_made_of_noise_of_its_own():
    method, asked = play(VAE, **SMALL).eval(), views()
    other = asked.latents.clone()
    other[:, 12:18] += 1  # that of the third sample
    assert (method.log_likelihood(replace(asked, latents=other)) - method.log_likelihood(asked)).abs().min() > 0
    other[:, 18:] += 1  # beyond
    assert same(method.energy(replace(asked, latents=other)), method.energy(asked))


def test_figures_name_their_estimator():
    asked = views()
    for kind, unit in (("gaussian", "bits_per_dimension"), ("bernoulli", "nats")):
        method = play(VAE, likelihood=kind, **SMALL)
        assert method.step(asked).metrics.keys() == {"active_latents", "kl_nats_per_latent", f"{unit}_elbo"}
        method.eval()
        step = method.step(asked)
        found = step.metrics[f"{unit}_importance_weighted_3"]
        nats = -method.log_likelihood(asked).mean()
        bits = step.loss.item() / 768 / math.log(2) + 8
        assert found.item() == pytest.approx((nats / 768 / math.log(2) + 8 if kind == "gaussian" else nats).item())
        assert step.metrics[f"{unit}_elbo"].item() == pytest.approx(bits if kind == "gaussian" else step.loss.item())
        chance = method.chance(asked)
        assert chance.keys() == {"reconstruction", f"{unit}_elbo", f"{unit}_importance_weighted_3"}
        assert chance["reconstruction"] == method.model.likelihood.nats_of_the_mean_image(asked.pixels)


def test_a_collapsed_posterior_is_seen():
    method, asked = play(VAE, **SMALL), views()
    with torch.no_grad():
        method.projector.weight *= 100
    assert method.step(asked).metrics["active_latents"] > 0
    for layer in (method.projector, method.log_variance):
        torch.nn.init.zeros_(layer.weight), torch.nn.init.zeros_(layer.bias)
    shown = method.step(asked).metrics
    assert (shown["active_latents"].item(), shown["kl_nats_per_latent"].item()) == (0, 0)


def test_the_views_bring_as_much_noise_as_evaluation_needs_and_dequantise_for_densities_alone():
    for kind in ("gaussian", "bernoulli"):
        method = play(VAE, likelihood=kind, **SMALL)
        assert (method.noise_width, method.model.is_density) == (18, kind == "gaussian")
    assert VAE.view_arguments == {"noise_width": "noise_width", "dequantised": "model.is_density"}


def test_pictures_are_normalised_as_the_images():
    method, asked = play(VAE, **SMALL).eval(), views()
    shown = method.pictures(asked)
    assert list(shown) == ["original", "reconstruction", "samples", "plane of latents"]
    made = method.model(method.projector(method.encoder(asked.images)))
    assert same(shown["reconstruction"], (made - 0.5) / 0.25)
    assert same(shown["samples"], (method.model(asked.latents[:, :6]) - 0.5) / 0.25)
    assert shown["plane of latents"].shape == (100, 3, 16, 16)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match="at least 1 latent and 1 sample, got 0 and 3"):
        play(VAE, **SMALL | {"latent_width": 0})
    with pytest.raises(UserError, match="at least 6 latents of every item, got 5"):
        play(VAE, **SMALL).step(replace(views(), latents=views().latents[:, :5]))
