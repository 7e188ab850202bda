"""Predict what another network says of the same item."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives.precision import full_precision

__all__ = ["cosine_distance", "negative_cosine"]


@full_precision
def cosine_distance(a: Float[Tensor, "n d"], b: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    """Squared distance of rows scaled to unit length: 2 - 2 cos(a_i, b_i).

    Args:
        a: any scale.
        b: row i belongs to row i of `a`, any scale.

    Returns:
        One distance a row, from 0 (same direction) to 4 (opposite). 0 when all rows are equal (collapse): nothing in
        it keeps an encoder from that.

    Source:
        Grill et al. 2020, https://arxiv.org/abs/2006.07733, equation 2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import cosine_distance
        >>> cosine_distance(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[3.0, 0.0], [0.0, 2.0]]))
        tensor([0., 2.])
    """
    return 2 - 2 * F.cosine_similarity(a, b, dim=-1)


@full_precision
def negative_cosine(prediction: Float[Tensor, "n d"], target: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    """Minus the cosine of what is predicted and what is: -cos(p_i, z_i).

    The gradient reaches both sides: whoever wants a fixed target detaches it.

    Args:
        prediction: any scale.
        target: row i belongs to row i of `prediction`, any scale.

    Returns:
        One number a row, from -1 (same direction) to 1 (opposite). -1 when all rows are equal (collapse): nothing in
        it keeps an encoder from that.

    Source:
        Chen & He 2020, https://arxiv.org/abs/2011.10566, equation 1.

    Example:
        >>> import torch
        >>> from selftaught.objectives import negative_cosine
        >>> negative_cosine(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[3.0, 0.0], [-2.0, 0.0]]))
        tensor([-1.,  1.])
    """
    return -F.cosine_similarity(prediction, target, dim=-1)
