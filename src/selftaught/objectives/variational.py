"""Lower bounds of the likelihood of a model with latents, in nats of each item."""

import math

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import gather
from selftaught.objectives.precision import full_precision

__all__ = [
    "active_latents",
    "bernoulli_nats",
    "bits_of_density",
    "gaussian_divergence",
    "gaussian_kl",
    "gaussian_nats",
    "importance_weighted",
    "prior_over_posterior",
    "reparameterised",
]


_ACTIVE_VARIANCE = 0.01


@full_precision
def active_latents(mean: Float[Tensor, "n width"]) -> Float[Tensor, ""]:
    """How many latents say something: those whose posterior mean varies over the items of all processes. No gradient.

    Active is a variance above 0.01. Where none is, the posterior has collapsed onto the prior.

    Args:
        mean: of the posterior of every latent of every item.

    Source:
        Burda et al. 2015, https://arxiv.org/abs/1509.00519, section 5.2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import active_latents
        >>> active_latents(torch.tensor([[0.0, 1.0], [0.1, -1.0]]))
        tensor(1.)
    """
    active = gather(mean.detach()).var(0, unbiased=False) > _ACTIVE_VARIANCE
    return active.to(mean.dtype).sum()


@full_precision
def reparameterised(
    mean: Float[Tensor, "n width"], log_variance: Float[Tensor, "n width"], noise: Float[Tensor, "*k n width"]
) -> Float[Tensor, "*k n width"]:
    """Samples of a posterior with gradients for its parameters: mean + exp(log_variance / 2) noise.

    Args:
        mean: of every latent of every item.
        log_variance: the same.
        noise: from the standard normal distribution; several rows of items for several samples.

    Source:
        Kingma & Welling 2013, https://arxiv.org/abs/1312.6114, section 2.4.

    Example:
        >>> import torch
        >>> from selftaught.objectives import reparameterised
        >>> reparameterised(torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([[3.0]]))
        tensor([[4.]])
    """
    return mean + (0.5 * log_variance).exp() * noise


@full_precision
def gaussian_kl(mean: Float[Tensor, "n width"], log_variance: Float[Tensor, "n width"]) -> Float[Tensor, "n width"]:
    """How far each latent's posterior is from the standard normal prior, in nats: in closed form, at least 0.

        KL = (mean^2 + variance - log variance - 1) / 2

    The KL of an item is the sum over its latents.

    Args:
        mean: of every latent of every item.
        log_variance: the same.

    Source:
        Kingma & Welling 2013, https://arxiv.org/abs/1312.6114, appendix B, negated.

    Example:
        >>> import torch
        >>> from selftaught.objectives import gaussian_kl
        >>> gaussian_kl(torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2))
        tensor([[0., 2.]])
    """
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1)


@full_precision
def gaussian_divergence(
    mean: Float[Tensor, "*n width"],
    log_variance: Float[Tensor, "*n width"],
    prior_mean: Float[Tensor, "*n width"],
    prior_log_variance: Float[Tensor, "*n width"],
) -> Float[Tensor, "*n width"]:
    """How far each latent's posterior is from a prior that was learned, in nats: in closed form, at least 0.

        KL = ( (mean - m)^2 / v + variance / v - log(variance / v) - 1 ) / 2,   m, v: the prior's mean and variance

    Args:
        mean: of every latent of every item.
        log_variance: the same.
        prior_mean: the same of the prior.
        prior_log_variance: the same of the prior.

    Source:
        Denton & Fergus 2018, https://arxiv.org/abs/1802.07687, equation 3; the divergence is that of normal laws.

    Example:
        >>> import torch
        >>> from selftaught.objectives import gaussian_divergence, gaussian_kl
        >>> mean, nothing = torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2)
        >>> gaussian_divergence(mean, nothing, nothing, nothing), gaussian_divergence(mean, nothing, mean, nothing)
        (tensor([[0., 2.]]), tensor([[0., 0.]]))
    """
    ratio = log_variance - prior_log_variance
    return 0.5 * ((mean - prior_mean).square() * (-prior_log_variance).exp() + ratio.exp() - ratio - 1)


@full_precision
def gaussian_nats(
    values: Float[Tensor, "n c h w"], mean: Float[Tensor, "n c h w"], log_deviation: Float[Tensor, ""]
) -> Float[Tensor, " n"]:
    """Minus the log-density of each item's values, all of one deviation: the sum over its values, in nats.

        sum_j  (x_j - mean_j)^2 / (2 s^2) + log s + log(2 pi) / 2

    Args:
        values: what was observed.
        mean: what a decoder expects, in the same unit.
        log_deviation: log s.

    Source:
        Kingma & Welling 2013, https://arxiv.org/abs/1312.6114, appendix C.2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import gaussian_nats
        >>> gaussian_nats(torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1), torch.tensor(0.0))
        tensor([1.4189])
    """
    errors = (values - mean).square().sum((1, 2, 3))
    constant = log_deviation + 0.5 * math.log(2 * math.pi)
    return 0.5 * errors * (-2 * log_deviation).exp() + constant * values[0].numel()


@full_precision
def bernoulli_nats(values: Float[Tensor, "n c h w"], logits: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
    """Minus the log-probability of each item's binary values: the sum over its values, in nats.

        sum_j  -x_j log p_j - (1 - x_j) log(1 - p_j),   p = sigmoid(logits)

    Grey values count as chances to be white: it is then the mean over images that are drawn black and white by them,
    and no likelihood of 8-bit values.

    Args:
        values: in 0..1.
        logits: what a decoder says.

    Source:
        Kingma & Welling 2013, https://arxiv.org/abs/1312.6114, appendix C.1.

    Example:
        >>> import torch
        >>> from selftaught.objectives import bernoulli_nats
        >>> bernoulli_nats(torch.ones(1, 1, 1, 2), torch.zeros(1, 1, 1, 2))
        tensor([1.3863])
    """
    return F.binary_cross_entropy_with_logits(logits, values, reduction="none").sum((1, 2, 3))


@full_precision
def prior_over_posterior(
    latents: Float[Tensor, "*k n width"], noise: Float[Tensor, "*k n width"], log_variance: Float[Tensor, "n width"]
) -> Float[Tensor, "*k n"]:
    """Log p(z) - log q(z given x) of samples from `reparameterised`, in nats: the sum over latents.

    Args:
        latents: the samples z.
        noise: that they were made of.
        log_variance: of the posterior q.

    Source:
        Burda et al. 2015, https://arxiv.org/abs/1509.00519, equation 8 (the weights without p(x given z)).

    Example:
        >>> import torch
        >>> from selftaught.objectives import prior_over_posterior
        >>> prior_over_posterior(torch.ones(1, 1), torch.ones(1, 1), torch.zeros(1, 1))
        tensor([0.])
    """
    return 0.5 * (noise.square() - latents.square() + log_variance).sum(-1)


@full_precision
def importance_weighted(log_weights: Float[Tensor, "k n"]) -> Float[Tensor, " n"]:
    """The log of the mean weight of k samples: at most the log-likelihood on average, and nearer to it for larger k.

        log 1/k sum_k  p(x, z_k) / q(z_k given x),   z_k drawn from q

    Args:
        log_weights: log p(x, z) - log q(z given x) of every sample and item, in nats; with k = 1 the ELBO's own.

    Source:
        Burda et al. 2015, https://arxiv.org/abs/1509.00519, equation 8.

    Example:
        >>> import torch
        >>> from selftaught.objectives import importance_weighted
        >>> importance_weighted(torch.tensor([[0.0], [0.0]]))
        tensor([0.])
    """
    return log_weights.logsumexp(0) - math.log(len(log_weights))


@full_precision
def bits_of_density(nats: Float[Tensor, "*n"], values_an_item: int, *, levels: int = 256) -> Float[Tensor, "*n"]:
    """Bits that each value costs, from minus the log-density of dequantised values in 0..1.

        (nats / values + log levels) / log 2

    A level is 1 / levels wide in 0..1, so that its probability is about its density over `levels`.

    Args:
        nats: of an item with all its values.
        values_an_item: channels times pixels.
        levels: that a value had before it was dequantised; 256 for 8 bits.

    Source:
        Theis et al. 2015, https://arxiv.org/abs/1511.01844, section 3.1.

    Example:
        >>> import torch
        >>> from selftaught.objectives import bits_of_density
        >>> bits_of_density(torch.tensor(0.0), 784)  # uniform over all levels
        tensor(8.)
    """
    return (nats / values_an_item + math.log(levels)) / math.log(2)
