"""Bounds against integrals and plain loops, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from oracles import variational as oracle
from torch.nn import functional as F

from selftaught.objectives import (
    active_latents,
    bernoulli_nats,
    bits_of_density,
    gaussian_kl,
    gaussian_nats,
    importance_weighted,
    prior_over_posterior,
    reparameterised,
)

GENERATOR = torch.Generator().manual_seed(0)
MEAN, LOG_VARIANCE, LOGITS = torch.randn(3, 4, 5, generator=GENERATOR, dtype=torch.float64)
NOISE = torch.randn(3, 4, 5, generator=GENERATOR, dtype=torch.float64)
VALUES, EXPECTED = torch.rand(2, 4, 1, 2, 3, generator=GENERATOR, dtype=torch.float64)
LOG_DEVIATION = torch.tensor(-0.7, dtype=torch.float64)


def close(found, expected):
    expected = torch.tensor(expected, dtype=torch.float64)
    return found.shape == expected.shape and torch.allclose(found, expected, rtol=0, atol=1e-10)


def kl_is_right(kl):
    pairs = zip(MEAN.flatten().tolist(), LOG_VARIANCE.flatten().tolist(), strict=True)
    return close(kl(MEAN, LOG_VARIANCE).flatten(), [oracle.gaussian_kl(*pair) for pair in pairs])


def gaussian_is_right(nats):
    pairs = zip(VALUES.flatten(1).tolist(), EXPECTED.flatten(1).tolist(), strict=True)
    expected = [oracle.gaussian_nats(*pair, math.exp(LOG_DEVIATION)) for pair in pairs]
    return close(nats(VALUES, EXPECTED, LOG_DEVIATION), expected)


def bernoulli_is_right(nats):
    logits = 4 * EXPECTED - 2
    pairs = zip(VALUES.flatten(1).tolist(), logits.flatten(1).tolist(), strict=True)
    return close(nats(VALUES, logits), [oracle.bernoulli_nats(*pair) for pair in pairs])


def ratio_is_right(ratio):
    latents = MEAN + (LOG_VARIANCE / 2).exp() * NOISE
    expected = [
        [oracle.prior_over_posterior(*row) for row in zip(each, MEAN.tolist(), LOG_VARIANCE.tolist(), strict=True)]
        for each in latents.tolist()
    ]
    return close(ratio(latents, NOISE, LOG_VARIANCE), expected)


def weighting_is_right(weighted):
    return close(weighted(LOGITS), [oracle.importance_weighted(column) for column in LOGITS.T.tolist()])


CHECKS = {
    kl_is_right: gaussian_kl,
    gaussian_is_right: gaussian_nats,
    bernoulli_is_right: bernoulli_nats,
    ratio_is_right: prior_over_posterior,
    weighting_is_right: importance_weighted,
}


def log_variance_taken_for_log_deviation(mean, log_variance):
    return gaussian_kl(mean, 2 * log_variance)


def kl_turned_round(mean, log_variance):
    """Of the prior from the posterior."""
    return 0.5 * ((1 + mean.square()) * (-log_variance).exp() + log_variance - 1)


def kl_without_the_variance(mean, log_variance):
    return 0.5 * mean.square()


def squared_error_alone(values, mean, log_deviation):
    return (values - mean).square().sum((1, 2, 3))


def mean_over_pixels(values, mean, log_deviation):
    return gaussian_nats(values, mean, log_deviation) / values[0].numel()


def without_the_constant(values, mean, log_deviation):
    return gaussian_nats(values, mean, log_deviation) - 0.5 * math.log(2 * math.pi) * values[0].numel()


def deviation_counted_once(values, mean, log_deviation):
    return gaussian_nats(values, mean, log_deviation) - (values[0].numel() - 1) * log_deviation


def values_rounded(values, logits):
    return bernoulli_nats(values.round(), logits)


def chances_taken_for_logits(values, logits):
    return bernoulli_nats(values, logits.sigmoid())


def averaged(values, logits):
    return F.binary_cross_entropy_with_logits(logits, values, reduction="none").mean((1, 2, 3))


def without_the_determinant(latents, noise, log_variance):
    return prior_over_posterior(latents, noise, torch.zeros_like(log_variance))


def posterior_over_prior(latents, noise, log_variance):
    return -prior_over_posterior(latents, noise, log_variance)


def mean_of_the_logs(log_weights):
    return log_weights.mean(0)


def sum_of_the_weights(log_weights):
    return log_weights.logsumexp(0)


def over_items(log_weights):
    return importance_weighted(log_weights.T)[: log_weights.shape[1]]


WRONG = [
    (kl_is_right, log_variance_taken_for_log_deviation),
    (kl_is_right, kl_turned_round),
    (kl_is_right, kl_without_the_variance),
    (gaussian_is_right, squared_error_alone),
    (gaussian_is_right, mean_over_pixels),
    (gaussian_is_right, without_the_constant),
    (gaussian_is_right, deviation_counted_once),
    (bernoulli_is_right, values_rounded),
    (bernoulli_is_right, chances_taken_for_logits),
    (bernoulli_is_right, averaged),
    (ratio_is_right, without_the_determinant),
    (ratio_is_right, posterior_over_prior),
    (weighting_is_right, mean_of_the_logs),
    (weighting_is_right, sum_of_the_weights),
    (weighting_is_right, over_items),
]


@pytest.mark.parametrize("check", CHECKS)
def test_it_is_accepted(check):
    assert check(CHECKS[check])


@pytest.mark.parametrize(("check", "wrong"), WRONG)
def test_a_wrong_version_is_rejected(check, wrong):
    assert not check(wrong)


def test_samples_have_the_posteriors_mean_and_variance_and_its_gradient():
    mean, log_variance = torch.tensor([[2.0]], requires_grad=True), torch.tensor([[-1.0]], requires_grad=True)
    noise = torch.randn(20000, 1, 1, generator=torch.Generator().manual_seed(0))
    samples = reparameterised(mean, log_variance, noise)
    assert samples.mean().item() == pytest.approx(2, abs=0.02)
    assert samples.var().item() == pytest.approx(math.exp(-1), rel=0.02)
    samples.square().mean().backward()  # mean^2 + variance
    assert mean.grad.item() == pytest.approx(4, abs=0.03)
    assert log_variance.grad.item() == pytest.approx(math.exp(-1), rel=0.05)


def test_levels_that_are_told_apart_perfectly_cost_nothing_and_unknown_ones_eight_bits():
    assert bits_of_density(torch.tensor(0.0), 10).item() == pytest.approx(8)
    density = torch.tensor(10 * math.log(256.0))  # all of a value's probability within its level
    assert bits_of_density(-density, 10).item() == pytest.approx(0, abs=1e-5)
    assert bits_of_density(torch.tensor(0.0), 10, levels=2).item() == pytest.approx(1)


def test_a_latent_is_active_if_its_mean_varies_over_items():
    means = torch.tensor([[0.0, 5.0, 0.0], [0.3, 5.0, 0.05], [-0.3, 5.0, -0.05]])
    assert active_latents(means).item() == 1
    assert active_latents(torch.ones(4, 3)).item() == 0
