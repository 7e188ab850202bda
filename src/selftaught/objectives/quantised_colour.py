"""Guess a value by naming the bin that it falls into, where many guesses are right and some are far more frequent."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.objectives.precision import full_precision

__all__ = [
    "annealed_mean",
    "binned_cross_entropy",
    "constant_cross_entropy",
    "rebalancing_weights",
    "smoothed_prior",
    "soft_encoding",
]


@full_precision
def soft_encoding(
    values: Float[Tensor, "n d h w"], centres: Float[Tensor, "bins d"], neighbours: int = 5, deviation: float = 5.0
) -> tuple[Int[Tensor, "n k h w"], Float[Tensor, "n k h w"]]:
    """The bins nearest to every value, and how much of it each of them gets.

        Z_q = exp(-|value - centre_q|^2 / (2 deviation^2)) / sum over the nearest bins of the same

    Args:
        values: such as the colours a and b.
        centres: of all bins.
        neighbours: how many bins share a value, at most all.
        deviation: of the Gaussian, in the units of the values, above 0.

    Returns:
        The bins, the nearest first, and their shares, which sum to one.

    Source:
        Zhang et al. 2016, https://arxiv.org/abs/1603.08511, section 2.1: soft-encoding.

    Example:
        >>> import torch
        >>> from selftaught.objectives import soft_encoding
        >>> bins, shares = soft_encoding(torch.tensor([4.0]).view(1, 1, 1, 1), torch.tensor([[0.0], [10.0], [90.0]]), 2)
        >>> bins.flatten().tolist(), shares.flatten()
        ([0, 1], tensor([0.5987, 0.4013]))
    """
    n, d, h, w = values.shape
    rows = values.permute(0, 2, 3, 1).reshape(-1, d)
    distances = torch.cdist(rows, centres.to(rows), compute_mode="donot_use_mm_for_euclid_dist")
    nearest, bins = distances.topk(neighbours, largest=False)  # (n h w, k), the nearest first
    shares = (nearest.square() / (-2 * deviation**2)).softmax(1)
    return bins.view(n, h, w, -1).permute(0, 3, 1, 2), shares.view(n, h, w, -1).permute(0, 3, 1, 2)


@full_precision
def binned_cross_entropy(
    logits: Float[Tensor, "n bins h w"],
    nearest: Int[Tensor, "n k h w"],
    shares: Float[Tensor, "n k h w"],
    weights: Float[Tensor, " bins"] | None = None,
) -> Float[Tensor, " n"]:
    """How badly each item's bins are guessed, in nats a place, places counting by the weight of their nearest bin.

        loss_i = mean over places of  weight_(nearest bin) * -sum_q Z_q log softmax(logits)_q

    Args:
        logits: of every bin at every place.
        nearest: as `soft_encoding` gives them.
        shares: the same.
        weights: of the bins, at least 0; None for 1 each.

    Returns:
        log(bins) for equal logits and weights of 1.

    Source:
        Zhang et al. 2016, https://arxiv.org/abs/1603.08511, equations 2 and 3; the mean over places in place of the
        sum.

    Example:
        >>> import torch
        >>> from selftaught.objectives import binned_cross_entropy
        >>> bins, shares = torch.tensor([0, 1]).view(1, 2, 1, 1), torch.tensor([0.6, 0.4]).view(1, 2, 1, 1)
        >>> binned_cross_entropy(torch.zeros(1, 3, 1, 1), bins, shares)
        tensor([1.0986])
    """
    surprise = -(shares * logits.log_softmax(1).gather(1, nearest)).sum(1)  # (n, h, w)
    if weights is not None:
        surprise = surprise * weights[nearest[:, 0]]
    return surprise.mean((1, 2))


@full_precision
def constant_cross_entropy(
    nearest: Int[Tensor, "n k h w"],
    shares: Float[Tensor, "n k h w"],
    bins: int,
    weights: Float[Tensor, " bins"] | None = None,
) -> Float[Tensor, ""]:
    """The least mean `binned_cross_entropy` of one who says the same of every place.

    Args:
        nearest: as `soft_encoding` gives them.
        shares: the same.
        bins: how many there are.
        weights: of the bins; None for 1 each.

    Returns:
        The entropy of the mean encoding, for weights of 1: it is what such a one best says.

    Source:
        Gibbs' inequality.

    Example:
        >>> import torch
        >>> from selftaught.objectives import constant_cross_entropy
        >>> constant_cross_entropy(torch.tensor([0, 1]).view(2, 1, 1, 1), torch.ones(2, 1, 1, 1), 3)
        tensor(0.6931)
    """
    counted = shares if weights is None else shares * weights[nearest[:, :1]]
    mass = torch.zeros(bins, dtype=shares.dtype, device=shares.device)
    mass = mass.index_add(0, nearest.flatten(), counted.flatten())
    return -torch.special.xlogy(mass, mass / mass.sum()).sum() / nearest[:, 0].numel()


@full_precision
def smoothed_prior(
    counts: Float[Tensor, " bins"], centres: Float[Tensor, "bins d"], deviation: float = 5.0
) -> Float[Tensor, " bins"]:
    """How frequent every bin is, as some counted values say, each of which counts for the bins around its own, too.

        p_q = sum_r counts_r exp(-|centre_q - centre_r|^2 / (2 deviation^2)), scaled to sum to one

    Args:
        counts: how many values fell into each bin; at least one did.
        centres: of all bins.
        deviation: of the Gaussian, in the units of the values, above 0.

    Source:
        Zhang et al. 2016, https://arxiv.org/abs/1603.08511, section 2.2: the empirical distribution, smoothed.

    Example:
        >>> import torch
        >>> from selftaught.objectives import smoothed_prior
        >>> smoothed_prior(torch.tensor([1.0, 0.0]), torch.tensor([[0.0], [10.0]]))
        tensor([0.8808, 0.1192])
    """
    spread = (torch.cdist(centres, centres).square() / (-2 * deviation**2)).exp().to(counts.dtype) @ counts
    return spread / spread.sum()


@full_precision
def rebalancing_weights(prior: Float[Tensor, " bins"], uniform_share: float = 0.5) -> Float[Tensor, " bins"]:
    """Weights with which rare bins count more, and that are 1 on average.

        w_q ~ 1 / ((1 - uniform_share) prior_q + uniform_share / bins),   sum_q prior_q w_q = 1

    Args:
        prior: how frequent the bins are; sums to one.
        uniform_share: how much of the uniform distribution is mixed in, in (0, 1]; 1 gives equal weights.

    Source:
        Zhang et al. 2016, https://arxiv.org/abs/1603.08511, equation 4.

    Example:
        >>> import torch
        >>> from selftaught.objectives import rebalancing_weights
        >>> rebalancing_weights(torch.tensor([0.9, 0.1]))
        tensor([0.8824, 2.0588])
    """
    weights = 1 / ((1 - uniform_share) * prior + uniform_share / len(prior))
    return weights / (prior * weights).sum()


@full_precision
def annealed_mean(
    logits: Float[Tensor, "n bins h w"], centres: Float[Tensor, "bins d"], temperature: float = 0.38
) -> Float[Tensor, "n d h w"]:
    """One value for every place: the mean of the bins' centres under the sharpened distribution.

        value = sum_q centre_q softmax(log p / temperature)_q

    Args:
        logits: of every bin at every place.
        centres: of all bins.
        temperature: above 0; 1 gives the mean, which is dull, and values near 0 the mode, which is blotched.

    Source:
        Zhang et al. 2016, https://arxiv.org/abs/1603.08511, equation 5.

    Example:
        >>> import torch
        >>> from selftaught.objectives import annealed_mean
        >>> annealed_mean(torch.tensor([0.0, 1.0]).view(1, 2, 1, 1), torch.tensor([[0.0], [10.0]])).item()
        9.328...
    """
    sharpened = (logits.log_softmax(1) / temperature).softmax(1)
    return torch.einsum("nbhw,bd->ndhw", sharpened, centres.to(sharpened))
