"""Tell which of a few answers is right: a pretext task whose answer the data give themselves."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives.precision import full_precision

__all__ = ["answer_accuracy", "answer_surprise"]


@full_precision
def answer_surprise(scores: Float[Tensor, "n k"], answers: Int[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Minus the log-probability of the right answer to every question.

        surprise_i = log( sum_c exp(s_ic) ) - s_ia        a being the right answer to question i

    Args:
        scores: a number for every question and answer, before the softmax.
        answers: the right ones, in [0, k).

    Returns:
        One number a question, in nats; log k when all scores are equal.

    Source:
        Gidaris et al. 2018, https://arxiv.org/abs/1803.07728, equation 3, before the mean over turns.

    Example:
        >>> import torch
        >>> from selftaught.objectives import answer_surprise
        >>> answer_surprise(torch.zeros(2, 4), torch.tensor([3, 0])) / torch.tensor(4.0).log()
        tensor([1., 1.])
    """
    return F.cross_entropy(scores, answers, reduction="none")


@torch.no_grad()
@full_precision
def answer_accuracy(scores: Float[Tensor, "n k"], answers: Int[Tensor, " n"]) -> Float[Tensor, ""]:
    """How often the right answer has the highest score.

    A right answer that t - 1 others equal counts as 1/t: equal scores reach 1/k.

    Args:
        scores: a number for every question and answer.
        answers: the right ones, in [0, k).

    Example:
        >>> import torch
        >>> from selftaught.objectives import answer_accuracy
        >>> answers = torch.tensor([3, 0])
        >>> answer_accuracy(torch.eye(4)[answers], answers), answer_accuracy(torch.zeros(2, 4), answers)
        (tensor(1.), tensor(0.2500))
    """
    right = scores.gather(1, answers[:, None])
    tied = (scores == right).sum(1).to(scores.dtype)  # its own score among them
    return torch.where((scores > right).any(1), 0, 1 / tied).mean()
