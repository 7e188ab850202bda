"""How likely an image is, level by level."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives.precision import full_precision

__all__ = ["bits_per_dimension", "equal_chance", "level_nats", "mixture_nats"]


@full_precision
def level_nats(logits: Float[Tensor, "n c levels h w"], numbers: Int[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
    """Minus the log probability of each image: exact where every logit depends on what stands before it alone.

        nats_i = sum over channels and pixels of  -log softmax(logits_icyx)[numbers_icyx]

    Args:
        logits: of every level of every channel of every pixel.
        numbers: which level is there.

    Returns:
        Nats of the whole image; c h w log(levels) where all levels are equally likely.

    Source:
        van den Oord et al. 2016, https://arxiv.org/abs/1601.06759, equations 1 and 2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import level_nats
        >>> level_nats(torch.zeros(1, 3, 4, 2, 2), torch.zeros(1, 3, 2, 2, dtype=torch.int64)) / torch.tensor(4.0).log()
        tensor([12.])
    """
    return F.cross_entropy(logits.flatten(0, 1), numbers.flatten(0, 1), reduction="none").view(len(numbers), -1).sum(1)


@full_precision
def mixture_nats(nats: Float[Tensor, "models n"]) -> Float[Tensor, " n"]:
    """Minus the log probability of each item by several models of which one is chosen by chance, all equally likely.

        nats_i = -log( 1/m sum_j exp(-nats_ji) )

    Args:
        nats: of each item by each model.

    Source:
        Germain et al. 2015, https://arxiv.org/abs/1502.03509, section 4.2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import mixture_nats
        >>> round(mixture_nats(-torch.tensor([[0.25], [0.75]]).log()).exp().item(), 4)
        2.0
    """
    return math.log(len(nats)) - torch.logsumexp(-nats, 0)


@full_precision
def bits_per_dimension(nats: Float[Tensor, " n"], dimensions: int) -> Float[Tensor, ""]:
    """The mean over items of how many bits each of its values takes.

    Args:
        nats: of the whole item.
        dimensions: values an item has: channels times height times width.

    Example:
        >>> import torch
        >>> from selftaught.objectives import bits_per_dimension
        >>> bits_per_dimension(torch.tensor([8.0]).log(), dimensions=3)
        tensor(1.)
    """
    return nats.mean() / (dimensions * math.log(2))


def equal_chance(levels: int) -> dict[str, float]:
    """What a method's figures come to where all levels are equally likely, for one value of an image.

    Args:
        levels: how many.

    Example:
        >>> from selftaught.objectives import equal_chance
        >>> equal_chance(16)["bits_per_dimension"]
        4.0
    """
    bits = math.log2(levels)
    nats = bits * math.log(2)
    return {"nats_per_dimension": nats, "bits_per_dimension": bits, "histogram_bits_per_dimension": bits}
