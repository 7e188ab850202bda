"""Rows that sum to one: what bag-of-words features need before a graph network averages them."""

from jaxtyping import Float
from torch import Tensor

__all__ = ["normalise_rows"]


def normalise_rows(features: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """Divide each row by the sum of its absolute values; a row of zeros stays one.

    For features that are never negative, such as counts of words, this is the division by the row's sum of DGI and of
    graph convolutional networks.

    Args:
        features: a row for each node.

    Source:
        Velickovic et al. 2018, https://arxiv.org/abs/1809.10341, section 4.2 and its code; Kipf & Welling 2016,
        https://arxiv.org/abs/1609.02907, section 5.2.

    Example:
        >>> import torch
        >>> from selftaught.parts import normalise_rows
        >>> normalise_rows(torch.tensor([[1.0, 3.0], [0.0, 0.0]]))
        tensor([[0.2500, 0.7500],
                [0.0000, 0.0000]])
    """
    total = features.abs().sum(1, keepdim=True)
    return features / total.masked_fill(total == 0, 1)
