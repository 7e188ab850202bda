"""Labels copied from where things look alike: weights over all places of a reference, and how likely a label is."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.objectives.precision import full_precision

__all__ = ["copied_error", "copied_labels", "copy_weights"]


@full_precision
def copy_weights(
    target: Float[Tensor, "n m d"], reference: Float[Tensor, "n r d"], *, temperature: float
) -> Float[Tensor, "n m r"]:
    """How much each place of the target takes from each place of the reference.

    For place j of the target:

        A_ij = exp(f_i·f_j / t) / sum_k exp(f_k·f_j / t),    over all places k of the reference

    Args:
        target: a vector a place.
        reference: of all frames that may be copied from, one after the other.
        temperature: t > 0; lower makes it copy from fewer places.

    Returns:
        For each place of the target, weights that sum to one.

    Source:
        Vondrick et al. 2018, https://arxiv.org/abs/1806.09594, eq. 2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import copy_weights
        >>> copy_weights(torch.zeros(1, 1, 2), torch.randn(1, 4, 2), temperature=1.0)
        tensor([[[0.2500, 0.2500, 0.2500, 0.2500]]])
    """
    return (target @ reference.transpose(1, 2) / temperature).softmax(2)


@full_precision
def copied_labels(
    target: Float[Tensor, "n m d"],
    reference: Float[Tensor, "n r d"],
    labels: Float[Tensor, "n r k"],
    *,
    temperature: float,
) -> Float[Tensor, "n m k"]:
    """The mixture of the reference's labels that each place of the target copies: sum_i A_ij c_i.

    Args:
        target: a vector a place.
        reference: of all frames that may be copied from.
        labels: what is copied: shares of colours, of objects, of points.
        temperature: see `copy_weights`.

    Source:
        Vondrick et al. 2018, https://arxiv.org/abs/1806.09594, eq. 1.

    Example:
        >>> import torch
        >>> from selftaught.objectives import copied_labels
        >>> alike = torch.tensor([[[9.0, 0.0], [0.0, 9.0]]])
        >>> copied_labels(alike, alike, torch.eye(2)[None], temperature=1.0).round()
        tensor([[[1., 0.],
                 [0., 1.]]])
    """
    return copy_weights(target, reference, temperature=temperature) @ labels


@full_precision
def copied_error(
    target: Float[Tensor, "n m d"],
    reference: Float[Tensor, "n r d"],
    target_labels: Int[Tensor, "n m"],
    reference_labels: Int[Tensor, "n r"],
    *,
    labels: int,
    temperature: float,
    doubt: float = 1e-3,
) -> Float[Tensor, "n m"]:
    """How unlikely the true label of each place is under the mixture of labels that it copies.

    With the weights A of `copy_weights` and K labels:

        error_j = -log( (1 - doubt) sum_{i: c_i = c_j} A_ij + doubt / K )

    The doubt bounds the error where no place of the reference has the label: by log(K / doubt).

    Args:
        target: a vector a place.
        reference: of all frames that may be copied from.
        target_labels: the true ones, from 0 to `labels` - 1.
        reference_labels: those that are copied.
        labels: K, how many there are.
        temperature: see `copy_weights`.
        doubt: the share of a guess among all labels, in (0, 1).

    Returns:
        In nats; -log(doubt / K) where the label cannot be copied.

    Source:
        Vondrick et al. 2018, https://arxiv.org/abs/1806.09594, eq. 1 to 3: the cross-entropy of the copied colours.

    Example:
        >>> import torch
        >>> from selftaught.objectives import copied_error
        >>> halves = torch.tensor([[0, 0, 1, 1]])
        >>> alike = torch.zeros(1, 4, 2)  # all places look alike, and two of four have the label
        >>> copied_error(alike, alike, halves, halves, labels=2, temperature=1.0).exp()
        tensor([[2., 2., 2., 2.]])
    """
    logits = target @ reference.transpose(1, 2) / temperature  # (n, m, r)
    same = target_labels[:, :, None] == reference_labels[:, None]
    least = torch.finfo(logits.dtype).min / 4  # and not minus infinity, whose gradient is none
    copied = logits.masked_fill(~same, least).logsumexp(2) - logits.logsumexp(2)  # log of the mixture at the true label
    guessed = torch.full_like(copied, math.log(doubt / labels))
    return -torch.logaddexp(copied.clamp(max=0) + math.log1p(-doubt), guessed)
