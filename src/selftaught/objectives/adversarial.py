"""Two players, one telling true things from made ones, the other making them."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives.precision import full_precision

__all__ = [
    "discriminator_accuracy",
    "discriminator_energy",
    "discriminator_loss",
    "generator_loss",
    "gradient_penalty",
    "variety_of_samples",
]


@full_precision
def discriminator_accuracy(real: Float[Tensor, " n"], fake: Float[Tensor, " m"]) -> Float[Tensor, ""]:
    """How often a discriminator is right, true and made items counting equally; 1/2 is chance. Without gradient.

    Args:
        real: logits of true items, right above 0.
        fake: logits of made items, right below 0.

    Example:
        >>> import torch
        >>> from selftaught.objectives import discriminator_accuracy
        >>> discriminator_accuracy(torch.tensor([1.0, 2.0]), torch.tensor([-1.0, 1.0]))
        tensor(0.7500)
    """
    return ((real > 0).to(real.dtype).mean() + (fake < 0).to(fake.dtype).mean()) / 2


@full_precision
def discriminator_energy(logits: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """How much a discriminator takes each item for a made one: minus its logit for real.

    Args:
        logits: high where an item is called real.

    Example:
        >>> import torch
        >>> from selftaught.objectives import discriminator_energy
        >>> discriminator_energy(torch.tensor([2.0, -1.0]))
        tensor([-2.,  1.])
    """
    return -logits


@full_precision
def discriminator_loss(real: Float[Tensor, " n"], fake: Float[Tensor, " m"]) -> Float[Tensor, ""]:
    """How badly logits tell real from fake, in nats: a logistic loss on either side.

        mean_i -log sigmoid(real_i)  +  mean_j -log(1 - sigmoid(fake_j))

    With the two exchanged it is what the opponents of a discriminator of pairs minimise: both sides with the labels
    swapped, so that their gradient does not vanish while the discriminator wins.

    Args:
        real: logits of true items, high where they are called real.
        fake: logits of made items.

    Returns:
        2 log 2 where all logits are 0, whatever stands behind them.

    Source:
        Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, algorithm 1, negated. Exchanged: Donahue et al. 2016,
        https://arxiv.org/abs/1605.09782, section 3.4, the inverse objective.

    Example:
        >>> import torch
        >>> from selftaught.objectives import discriminator_loss
        >>> discriminator_loss(torch.zeros(3), torch.zeros(3))
        tensor(1.3863)
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


@full_precision
def generator_loss(fake: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """How far a discriminator is from being fooled, in nats: the non-saturating loss.

        mean_j -log sigmoid(fake_j)

    Its gradient stays near 1 where the discriminator is sure that an item is made; that of the minimax game,
    log(1 - sigmoid(fake_j)), vanishes there.

    Args:
        fake: logits of made items, high where they are called real.

    Returns:
        log 2 where all logits are 0.

    Source:
        Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, section 3: maximise log D(G(z)).

    Example:
        >>> import torch
        >>> from selftaught.objectives import generator_loss
        >>> generator_loss(torch.zeros(3)), generator_loss(torch.full((3,), -100.0))
        (tensor(0.6931), tensor(100.))
    """
    return F.softplus(-fake).mean()


@full_precision
def gradient_penalty(*slopes: Float[Tensor, "n ..."]) -> Float[Tensor, ""]:
    """How steep a discriminator is at true items, the penalty R1 without its weight.

        1/2 mean_i |gradient of logit_i with respect to item_i|^2

    It is 0 for a discriminator that is flat where the data lie, as it is when the generator makes just these; the game
    with it settles there, where without it the players may circle for ever.

    Args:
        slopes: the gradient of every item's own logit with respect to each of its parts: image, code.

    Returns:
        Squared logits by squared units of the items. To be weighted by 10 in the paper's experiments.

    Source:
        Mescheder et al. 2018, https://arxiv.org/abs/1801.04406, eq. 9.

    Example:
        >>> import torch
        >>> from selftaught.objectives import gradient_penalty
        >>> gradient_penalty(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
        tensor(6.2500)
    """
    return torch.stack([slope.square().flatten(1).sum(1).mean() for slope in slopes]).sum() / 2


@full_precision
def variety_of_samples(made: Float[Tensor, "n d"], true: Float[Tensor, "m d"]) -> Float[Tensor, ""]:
    """How little the made items are each other's doubles: distances to the nearest other one. Without gradient.

        median_i min_{j != i} |made_i - made_j|  /  median_i min_{j != i} |true_i - true_j|

    A generator that makes a few items over and over has doubles in every batch of more items than these, however
    different the few are; a variance does not see that.

    Args:
        made: one a row, those of one process's batch, at least two.
        true: as many, for distances depend on the count.

    Returns:
        0 if most items are made twice, about 1 if they vary as the true ones do; noise is above 1.

    Source:
        Arora & Zhang 2017, https://arxiv.org/abs/1706.08224, section 3: a small support shows in doubles within a
        batch. They look for them by eye; the ratio of distances is ours.

    Example:
        >>> import torch
        >>> from selftaught.objectives import variety_of_samples
        >>> true = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
        >>> variety_of_samples(torch.tensor([[0.0], [0.0], [9.0], [9.0]]), true), variety_of_samples(true / 2, true)
        (tensor(0.), tensor(0.5000))
    """
    return _to_the_nearest(made.detach()) / _to_the_nearest(true.detach()).clamp(min=torch.finfo(true.dtype).tiny)


def _to_the_nearest(items: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """The median distance to the nearest other; of two middle ones the smaller."""
    distances = torch.cdist(items, items, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.fill_diagonal_(torch.inf).amin(1).median()
