"""Predict from each crop of an item what was made of another."""

from jaxtyping import Float
from torch import Tensor

from selftaught.core import UserError
from selftaught.objectives.precision import full_precision

__all__ = ["cross_crop_entropy"]


@full_precision
def cross_crop_entropy(
    scores: Float[Tensor, "crops n k"], targets: Float[Tensor, "targets n k"], *, temperature: float
) -> Float[Tensor, " n"]:
    """Mean cross-entropy, over all pairs of different crops, of each crop's prediction under another's target.

    With p_v = softmax(s_v / t) for each crop v of V, and targets q_i for the first T of them:

        loss = 1/T sum_{i <= T}  1/(V - 1) sum_{v != i}  -sum_c q_ic log p_vc

    The sum over v is taken inside the logarithms, so that the cost grows with V and not with T V.

    Args:
        scores: of every crop for each of k classes, before the softmax; the crops that have targets come first.
        targets: probabilities; a gradient goes through them unless they are detached.
        temperature: t > 0, of the predictions.

    Returns:
        One number an item, in nats; log k when all scores are equal (collapse), whatever the targets.

    Raises:
        UserError: there are fewer than 2 crops, or more targets than crops.

    Source:
        Caron et al. 2020, https://arxiv.org/abs/2006.09882, equations 2 and 6; Caron et al. 2021,
        https://arxiv.org/abs/2104.14294, equation 3, as a mean over pairs.

    Example:
        >>> import torch
        >>> from selftaught.objectives import cross_crop_entropy
        >>> first, second = torch.eye(2)[:, None]  # each crop of the one item is sure of another class
        >>> cross_crop_entropy(torch.zeros(8, 1, 2), torch.stack([first, second]), temperature=0.1).exp()
        tensor([2.])
    """
    crops, targeted = len(scores), len(targets)
    if crops < 2 or not 1 <= targeted <= crops:
        raise UserError(f"expected at least 2 crops and at most as many targets, got {crops} and {targeted}")
    logs = (scores / temperature).log_softmax(-1)
    others = logs.sum(0) - logs[:targeted]  # (targets, n, k): of every crop but the target's own
    return -(targets * others).sum((0, 2)) / (targeted * (crops - 1))
