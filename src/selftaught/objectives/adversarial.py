"""Two players, one telling true things from made ones, the other making them."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives.precision import full_precision

__all__ = ["discriminator_accuracy", "discriminator_energy", "discriminator_loss", "generator_loss"]


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
