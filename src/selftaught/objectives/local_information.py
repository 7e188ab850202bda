"""Tell the parts of an item from those of others, by a vector of the whole: bounds of mutual information."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import UserError, gather, process_rank
from selftaught.objectives.precision import full_precision

__all__ = [
    "ClippedScores",
    "clipped_agreement",
    "clipped_info_nce",
    "donsker_varadhan",
    "info_nce_over_parts",
    "part_scores",
    "whole_accuracy",
]


@full_precision
def part_scores(
    wholes: Float[Tensor, "n d"], parts: Float[Tensor, "n p d"]
) -> tuple[Float[Tensor, "n p"], Float[Tensor, "n others p"]]:
    """How well each whole goes with its own parts, and with those of every other item of all processes: dot products.

    All come of one matrix product. Neither side is scaled to unit length.

    Args:
        wholes: a vector for each item.
        parts: several for each, of the same items.

    Returns:
        The scores with its own parts, and with the others'.

    Raises:
        UserError: there is no other item.

    Source:
        Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, appendix A.2 (encode-and-dot).

    Example:
        >>> import torch
        >>> from selftaught.objectives import part_scores
        >>> own, others = part_scores(torch.eye(2), torch.tensor([[[1.0, 0.0]], [[5.0, 3.0]]]))
        >>> own.tolist(), others.tolist()
        ([[1.0], [3.0]], [[[5.0]], [[0.0]]])
    """
    everyone = gather(parts)  # (m, p, d)
    if len(everyone) < 2:
        raise UserError("expected at least 2 items in a batch, to be told apart, got 1")
    scores = (wholes @ everyone.flatten(0, 1).T).unflatten(1, everyone.shape[:2])  # (n, m, p)
    rows = torch.arange(len(wholes), device=wholes.device)
    itself = rows + process_rank() * len(wholes)  # (n,)
    other = torch.arange(len(everyone) - 1, device=wholes.device).expand(len(wholes), -1)
    other = other + (other >= itself[:, None]).long()  # (n, m - 1): everyone but the item itself
    return scores[rows, itself], scores[rows[:, None], other]


@full_precision
def info_nce_over_parts(own: Float[Tensor, "n p"], others: Float[Tensor, "n others p"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of picking each part of an item out of itself and all parts of the other items.

        loss = mean_ip  -log( exp(own_ip)  /  (exp(own_ip) + sum_jq exp(others_ijq)) )

    The other parts of the same item are no candidates.

    Args:
        own: scores of each whole with its own parts.
        others: its scores with those of other items.

    Returns:
        The loss in nats; log(others p + 1) when all scores are equal (collapse).

    Source:
        Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, equation 5; Bachman et al. 2019,
        https://arxiv.org/abs/1906.00910, equation 2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import info_nce_over_parts
        >>> round(info_nce_over_parts(torch.zeros(2, 3), torch.zeros(2, 5, 3)).exp().item(), 4)
        16.0
    """
    against = others.flatten(1).logsumexp(1, keepdim=True)  # (n, 1): all parts of an item have the same opponents
    return (torch.logaddexp(own, against) - own).mean()


class ClippedScores(NamedTuple):
    """What `clipped_info_nce` says of a batch.

    Args:
        loss: in nats.
        mean_square: of the scores before they were clipped.
        accuracy: how often a whole goes better with its own parts than with any other item's.

    Example:
        >>> import torch
        >>> from selftaught.objectives import clipped_info_nce
        >>> clipped_info_nce(torch.zeros(2, 3), torch.ones(2, 4, 3), bound=10.0).mean_square
        tensor(0.)
    """

    loss: Float[Tensor, ""]
    mean_square: Float[Tensor, ""]
    accuracy: Float[Tensor, ""]


@full_precision
def clipped_info_nce(
    wholes: Float[Tensor, "n d"], parts: Float[Tensor, "n p d"], *, bound: int | float
) -> ClippedScores:
    """`info_nce_over_parts` of scores that cannot grow beyond a bound, and how large they were before.

        score_ijp = whole_i · part_jp / sqrt(d)         clipped = bound tanh(score / bound)

    Args:
        wholes: a vector for each item, any scale.
        parts: several for each, of the same items; those of all other items of all processes are negatives.
        bound: of the scores, above 0.

    Raises:
        UserError: there is no other item.

    Source:
        Bachman et al. 2019, https://arxiv.org/abs/1906.00910, equation 2 and section 3.4 (soft clipping, penalty).

    Example:
        >>> import torch
        >>> from selftaught.objectives import clipped_info_nce
        >>> found = clipped_info_nce(torch.ones(2, 4), torch.ones(2, 3, 4), bound=10.0)
        >>> round(found.loss.exp().item(), 4), found.mean_square.item(), found.accuracy.item()
        (4.0, 4.0, 0.5)
    """
    own, others = part_scores(wholes / math.sqrt(wholes.shape[1]), parts)
    total = own.square().sum() + others.square().sum()
    clipped = bound * (own / bound).tanh(), bound * (others / bound).tanh()
    return ClippedScores(
        info_nce_over_parts(*clipped), total / (own.numel() + others.numel()), whole_accuracy(*clipped)
    )


@full_precision
def clipped_agreement(
    wholes: Float[Tensor, "n q d"], parts: Float[Tensor, "n p d"], *, bound: int | float
) -> Float[Tensor, " n"]:
    """The mean clipped score of every vector of an item with each of its parts; see `clipped_info_nce`.

    Args:
        wholes: one vector or several for each item.
        parts: several for each, of the same items.
        bound: of the scores, above 0.

    Example:
        >>> import torch
        >>> from selftaught.objectives import clipped_agreement
        >>> clipped_agreement(torch.ones(1, 1, 4), torch.ones(1, 3, 4), bound=1000.0)
        tensor([2.0000])
    """
    scores = wholes @ parts.mT / math.sqrt(wholes.shape[2])
    return (bound * (scores / bound).tanh()).mean((1, 2))


@full_precision
def donsker_varadhan(own: Float[Tensor, "n p"], others: Float[Tensor, "n others p"]) -> Float[Tensor, ""]:
    """Minus the Donsker-Varadhan bound of the mutual information of wholes and parts.

        loss = -( mean_ip own_ip  -  log mean_ijq exp(others_ijq) )        in the batch of all processes

    Args:
        own: scores of each whole with its own parts.
        others: its scores with those of other items.

    Returns:
        Nats; 0 when all scores are equal (collapse), and at least minus the mutual information on average.

    Source:
        Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, equation 2; Belghazi et al. 2018,
        https://arxiv.org/abs/1801.04062.

    Example:
        >>> import torch
        >>> from selftaught.objectives import donsker_varadhan
        >>> donsker_varadhan(torch.full((2, 3), 7.0), torch.full((2, 1, 3), 4.0))
        tensor(-3.)
    """
    everyone = gather(others.flatten().logsumexp(0)[None])  # one number a process, all of as many scores
    return everyone.logsumexp(0) - math.log(others.numel() * len(everyone)) - own.mean()


@torch.no_grad()
@full_precision
def whole_accuracy(own: Float[Tensor, "n p"], others: Float[Tensor, "n others p"]) -> Float[Tensor, ""]:
    """How often a whole goes better with its own parts, on average over them, than with those of any other item.

    An item that t - 1 others equal counts as 1/t: equal scores give 1/(others + 1), and so do random ones on average.
    Without gradient.

    Args:
        own: scores of each whole with its own parts.
        others: its scores with those of other items.

    Example:
        >>> import torch
        >>> from selftaught.objectives import whole_accuracy
        >>> whole_accuracy(torch.ones(2, 3), torch.ones(2, 4, 3))
        tensor(0.2000)
    """
    right, wrong = own.mean(1), others.mean(2)  # (n,), (n, others)
    tied = 1 + (wrong == right[:, None]).sum(1).to(right.dtype)
    return torch.where((wrong > right[:, None]).any(1), 0, 1 / tied).mean()
