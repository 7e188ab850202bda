"""Recognise what each place of each frame to come looks like, among all places of all of them."""

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import gather
from selftaught.objectives.log_sum_exp import mean_log_sum_exp
from selftaught.objectives.precision import full_precision

__all__ = ["dense_accuracy", "dense_energy", "dense_info_nce"]


@full_precision
def dense_info_nce(predicted: Float[Tensor, "n m d"], true: Float[Tensor, "n m d"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of picking what was predicted out of all places of all frames of all clips of all processes.

    With p what is expected at place and time m of clip i, and z what is there:

        loss = mean over i, m of  -log( exp(p(i, m)·z(i, m))  /  sum over j, l  exp(p(i, m)·z(j, l)) )

    Scores are plain dot products: neither scaled to unit length nor divided by a temperature. Among the negatives are
    other clips, other places of the same frame, and the same place in other frames. Scores are worked through in
    pieces.

    Args:
        predicted: of every place of every frame to come, in one row.
        true: the vectors that are there, in the same order.

    Returns:
        The loss in nats; log of the number of candidates, which is n times m of all processes, when all vectors are
        equal (collapse).

    Source:
        Han et al. 2019, https://arxiv.org/abs/1909.04656, equation 4, as a mean.

    Example:
        >>> import torch
        >>> from selftaught.objectives import dense_info_nce
        >>> same = torch.ones(2, 6, 3)
        >>> torch.allclose(dense_info_nce(same, same), torch.tensor(12.0).log())
        True
    """
    agreement = (predicted * true).sum(2).mean()
    return mean_log_sum_exp(predicted.flatten(0, 1), gather(true).flatten(0, 1)) - agreement


@full_precision
def dense_energy(predicted: Float[Tensor, "n m d"], true: Float[Tensor, "n m d"]) -> Float[Tensor, " n"]:
    """How badly the places to come of each clip are recognised among themselves.

    As `dense_info_nce`, but with the places of the same clip as candidates, so that it depends on no other.

    Args:
        predicted: of every place of every frame to come, in one row.
        true: the vectors that are there, in the same order.

    Returns:
        Nats; log m when all vectors are equal.

    Source:
        Han et al. 2019, https://arxiv.org/abs/1909.04656, equation 4, for one clip.

    Example:
        >>> import torch
        >>> from selftaught.objectives import dense_energy
        >>> same = torch.ones(2, 6, 3)
        >>> torch.allclose(dense_energy(same, same), torch.full((2,), 6.0).log())
        True
    """
    scores = predicted @ true.transpose(1, 2)  # (n, m, m)
    return (scores.logsumexp(2) - scores.diagonal(dim1=1, dim2=2)).mean(1)


@torch.no_grad()
@full_precision
def dense_accuracy(predicted: Float[Tensor, "n m d"], true: Float[Tensor, "n m d"]) -> Float[Tensor, ""]:
    """How often the right place and frame of a clip has the highest score among its own. Without gradient.

    A place that t - 1 others equal counts as 1/t.

    Args:
        predicted: of every place of every frame to come, in one row.
        true: the vectors that are there, in the same order.

    Example:
        >>> import torch
        >>> from selftaught.objectives import dense_accuracy
        >>> apart, same = torch.eye(4)[None], torch.ones(1, 4, 4)
        >>> dense_accuracy(apart, apart), dense_accuracy(apart, same)
        (tensor(1.), tensor(0.2500))
    """
    scores = predicted @ true.transpose(1, 2)  # (n, m, m)
    right = scores.diagonal(dim1=1, dim2=2)[..., None]
    tied = (scores == right).sum(2).to(scores.dtype)  # its own score among them
    return torch.where((scores > right).any(2), 0, 1 / tied).mean()
