"""What a decoder and a likelihood say together, against the same done step by step."""

import math

import pytest
import torch

from selftaught.core import UserError
from selftaught.objectives import bernoulli_nats, gaussian_nats
from selftaught.parts import Generator, LatentModel, PixelLikelihood, latent_plane


def model(kind="gaussian", deviation=None):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator = Generator(3, channels=2, image_size=8, width=2)
        return LatentModel(generator, PixelLikelihood(kind, deviation)).double().eval()


def question(samples=4, n=5):
    generator = torch.Generator().manual_seed(1)
    values = torch.rand(n, 2, 8, 8, generator=generator, dtype=torch.float64)
    mean, log_variance = torch.randn(2, n, 3, generator=generator, dtype=torch.float64)
    return values, mean, log_variance, torch.randn(samples, n, 3, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("kind", ["gaussian", "bernoulli"])
def test_expected_values_are_those_of_the_likelihood(kind):
    each, (values, mean, log_variance, noise) = model(kind), question()
    latents = mean + (0.5 * log_variance).exp() * noise[0]
    logits = each.decoder.logits(latents)
    assert torch.equal(each(latents), logits.sigmoid())
    expected = bernoulli_nats(values, logits)
    if kind == "gaussian":
        expected = gaussian_nats(values, logits.sigmoid(), torch.tensor(math.log(0.2)).double())
    torch.testing.assert_close(each.nats(values, mean, log_variance, noise[0]), expected, rtol=1e-6, atol=0)


def test_every_sample_of_every_image_is_weighed():
    each, (values, mean, log_variance, noise) = model(), question()
    deviation = (0.5 * log_variance).exp()
    weights = []
    for sample in noise:
        z = mean + deviation * sample
        prior = torch.distributions.Normal(torch.zeros_like(z), torch.ones_like(z)).log_prob(z).sum(1)
        posterior = torch.distributions.Normal(mean, deviation).log_prob(z).sum(1)
        weights.append((prior - posterior - each.nats(values, mean, log_variance, sample)).exp())
    found = each.log_likelihood(values, mean, log_variance, noise)
    torch.testing.assert_close(found, torch.stack(weights).mean(0).log(), rtol=0, atol=1e-8)


def test_a_learned_deviation_comes_to_that_of_the_errors():
    likelihood = PixelLikelihood("gaussian").double()
    values = 0.5 + 0.1 * torch.randn(6, 1, 20, 20, generator=torch.Generator().manual_seed(0)).double()
    optimiser = torch.optim.LBFGS(likelihood.parameters(), max_iter=50)

    def nats():
        optimiser.zero_grad()
        loss = likelihood(values, torch.zeros_like(values)).mean()
        loss.backward()
        return loss

    optimiser.step(nats)
    root = (values - 0.5).square().mean().sqrt().item()
    assert likelihood.log_deviation.exp().item() == pytest.approx(root, rel=1e-4)


@pytest.mark.parametrize(("kind", "deviation"), [("gaussian", None), ("gaussian", 0.3), ("bernoulli", None)])
def test_the_mean_image_costs_what_a_decoder_pays_that_knows_nothing_else(kind, deviation):
    likelihood = PixelLikelihood(kind, deviation).double()
    values = torch.rand(2000, 1, 3, 3, generator=torch.Generator().manual_seed(0)).double()
    if kind == "gaussian" and deviation is None:
        likelihood.log_deviation.data.fill_(0.5 * math.log((values - values.mean(0)).square().mean()))
    logits = values.mean(0).logit().expand_as(values)
    assert likelihood.nats_of_the_mean_image(values) == pytest.approx(
        likelihood(values, logits).mean().item(), rel=2e-3
    )


def test_only_a_learned_deviation_is_a_weight():
    assert len(list(PixelLikelihood("gaussian").parameters())) == 1
    assert not list(PixelLikelihood("gaussian", 0.1).parameters())
    assert not list(PixelLikelihood("bernoulli").parameters())
    assert (PixelLikelihood("gaussian").is_density, PixelLikelihood("bernoulli").is_density) == (True, False)


@pytest.mark.parametrize(("kind", "deviation"), [("gaussian", 0.0), ("gaussian", -1), ("bernoulli", 0.1)])
def test_a_deviation_that_makes_no_sense_is_refused(kind, deviation):
    with pytest.raises(UserError, match="expected a deviation above 0, and the gaussian likelihood"):
        PixelLikelihood(kind, deviation)


def test_figures_are_in_bits_of_a_density_and_in_nats_otherwise():
    nats = {"elbo": torch.tensor(10.0)}
    assert model("bernoulli").figures(nats, 10) == {"nats_elbo": nats["elbo"]}
    assert model().figures(nats, 10)["bits_per_dimension_elbo"].item() == pytest.approx(8 + 1 / math.log(2))


def test_the_plane_runs_over_quantiles_of_the_first_two_latents():
    plane = latent_plane(5, side=4).double()
    shares = torch.special.ndtr(plane[:, :2]).view(4, 4, 2)
    expected = torch.tensor([1, 3, 5, 7]) / 8
    assert torch.allclose(shares[:, :, 0], expected.double().expand(4, 4), atol=1e-6)
    assert torch.allclose(shares[:, :, 1], expected.double()[:, None].expand(4, 4), atol=1e-6)
    assert not plane[:, 2:].any()
    assert latent_plane(1, side=3).shape == (9, 1)
