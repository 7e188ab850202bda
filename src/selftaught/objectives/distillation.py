"""Predict what another network says of the same item."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives.precision import full_precision

__all__ = ["cosine_distance", "negative_cosine", "soft_cross_entropy"]


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


@full_precision
def soft_cross_entropy(
    student: Float[Tensor, "n k"], teacher: Float[Tensor, "n k"], *, temperature: int | float = 1.0
) -> Float[Tensor, " n"]:
    """Cross-entropy of what a student says of an item with what a teacher says, both softened.

    With logits s and t of an item and P(y | l; T) = exp(l_y / T) / sum_k exp(l_k / T):

        - sum_y  P(y | t; T)  log P(y | s; T)

    No gradient reaches the teacher. Above 0 the entropy of the teacher's answer remains, which no student can avoid.

    Args:
        student: logits of the classes.
        teacher: logits of the same classes; row i is of the same item as row i of `student`.
        temperature: T > 0; the higher, the more the unlikely classes count. Gradients shrink with its square.

    Returns:
        One number a row in nats; log(k) where the student takes all classes for equally likely.

    Source:
        Chen et al. 2020 (SimCLRv2), https://arxiv.org/abs/2006.10029, equation 2, without the factor T^2 of Hinton et
        al. 2015, https://arxiv.org/abs/1503.02531.

    Example:
        >>> import torch
        >>> from selftaught.objectives import soft_cross_entropy
        >>> loss = soft_cross_entropy(torch.zeros(1, 4), torch.tensor([[9.0, 0.0, 0.0, 0.0]]), temperature=2.0)
        >>> torch.allclose(loss, torch.tensor(4.0).log())
        True
    """
    target = F.softmax(teacher.detach() / temperature, dim=-1)
    return -(target * F.log_softmax(student / temperature, dim=-1)).sum(-1)
