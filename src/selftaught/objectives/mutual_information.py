"""Tell pairs that occur together from pairs that do not: bounds of mutual information that are binary decisions."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives.precision import full_precision

__all__ = ["bilinear_score", "binary_discrimination", "sigmoid_summary"]


@full_precision
def sigmoid_summary(local: Float[Tensor, "positions d"]) -> Float[Tensor, " d"]:
    """One vector for a whole: the mean of its parts' vectors, squeezed into 0..1.

    Args:
        local: a vector for every part of the whole, none left out.

    Source:
        Velickovic et al. 2018, https://arxiv.org/abs/1809.10341, equation 5.

    Example:
        >>> import torch
        >>> from selftaught.objectives import sigmoid_summary
        >>> sigmoid_summary(torch.tensor([[3.0, 50.0], [-3.0, 50.0]]))
        tensor([0.5000, 1.0000])
    """
    return torch.sigmoid(local.mean(0))


@full_precision
def bilinear_score(
    local: Float[Tensor, "n d"], summary: Float[Tensor, " e"], weight: Float[Tensor, "d e"]
) -> Float[Tensor, " n"]:
    """How well each part goes with a summary, as the logit of a probability: h_i W s.

    Args:
        local: h, a vector for each part that is judged.
        summary: s.
        weight: W.

    Source:
        Velickovic et al. 2018, https://arxiv.org/abs/1809.10341, equation 6, before its sigmoid.

    Example:
        >>> import torch
        >>> from selftaught.objectives import bilinear_score
        >>> bilinear_score(torch.eye(2), torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 0.0], [0.0, 3.0]]))
        tensor([1., 6.])
    """
    return local @ (weight @ summary)


@full_precision
def binary_discrimination(together: Float[Tensor, " n"], mismatched: Float[Tensor, " m"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of deciding, for each pair, whether its parts belong together.

    With the sigmoid σ:

        loss = -1/(n + m) ( sum_i log σ(together_i) + sum_j log(1 - σ(mismatched_j)) )

    Args:
        together: logits of the pairs that do.
        mismatched: logits of the pairs that do not.

    Returns:
        The loss in nats; log 2 when all logits are 0 (collapse), and at least that when all are equal and n = m.

    Source:
        Velickovic et al. 2018, https://arxiv.org/abs/1809.10341, equation 1; for n = m, half the negative of the
        Jensen-Shannon estimator of Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, equation 4.

    Example:
        >>> import torch
        >>> from selftaught.objectives import binary_discrimination
        >>> round(binary_discrimination(torch.zeros(3), torch.zeros(3)).item(), 4)
        0.6931
    """
    total = F.softplus(-together).sum() + F.softplus(mismatched).sum()
    return total / (len(together) + len(mismatched))
