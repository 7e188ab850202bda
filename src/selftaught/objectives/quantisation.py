"""Vectors replaced by the nearest of a few."""

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.objectives.precision import full_precision

__all__ = ["perplexity", "share_in_use", "straight_through", "vector_distance"]


@full_precision
def straight_through(vectors: Float[Tensor, "*n width"], codes: Float[Tensor, "*n width"]) -> Float[Tensor, "*n width"]:
    """The codes, with the gradient of the vectors that they stand for: choosing the nearest counts as doing nothing.

    Args:
        vectors: what was quantised.
        codes: what is used in their place; they get no gradient.

    Source:
        Van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, section 3.2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import straight_through
        >>> vectors = torch.tensor([0.9], requires_grad=True)
        >>> (3 * straight_through(vectors, torch.tensor([1.0]))).sum().backward()
        >>> vectors.grad
        tensor([3.])
    """
    return vectors + (codes - vectors).detach()


@full_precision
def vector_distance(a: Float[Tensor, "*n width"], b: Float[Tensor, "*n width"]) -> Float[Tensor, ""]:
    """The mean squared difference of the features of vectors.

    With `b` without gradient it is the commitment of vectors to their codes, with `a` without gradient the loss of
    the codebook.

    Args:
        a: vectors.
        b: the codes that they go by.

    Source:
        Van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, equation 3, as a mean over features and positions.

    Example:
        >>> import torch
        >>> from selftaught.objectives import vector_distance
        >>> vector_distance(torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2))
        tensor(2.5000)
    """
    return (a - b).square().mean()


@full_precision
def perplexity(counts: Float[Tensor, " codes"]) -> Float[Tensor, ""]:
    """How many codes are in use, each counted by how often: the exponential of the entropy of their shares.

    Args:
        counts: how often each code was the nearest, any sum above 0.

    Returns:
        1 if one code stands for all, the number of codes if all are used alike.

    Source:
        Van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, appendix A.1, watches the codebook by it.

    Example:
        >>> import torch
        >>> from selftaught.objectives import perplexity
        >>> perplexity(torch.tensor([5.0, 5.0, 0.0])).round(decimals=4)
        tensor(2.)
    """
    return torch.special.entr(counts / counts.sum()).sum().exp()


@full_precision
def share_in_use(counts: Float[Tensor, " codes"]) -> Float[Tensor, ""]:
    """The perplexity of codes as a share of the most that there could be: that of as many codes, or as many vectors.

    Args:
        counts: how many vectors each code stands for, at least one in all.

    Returns:
        1 if all codes are used alike, or each vector has one of its own; 1 over the most if one code stands for all.

    Source:
        That the figure does not depend on how many vectors were seen is ours; see `perplexity`.

    Example:
        >>> import torch
        >>> from selftaught.objectives import share_in_use
        >>> share_in_use(torch.tensor([1.0, 1.0, 0.0, 0.0])), share_in_use(torch.tensor([8.0, 0.0, 0.0, 0.0]))
        (tensor(1.), tensor(0.2500))
    """
    return perplexity(counts) / counts.sum().clamp(max=len(counts))
