"""Say which tokens are hidden, and whether one text follows another."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import all_sum, process_count
from selftaught.objectives.precision import full_precision

__all__ = ["masked_token_energy", "masked_token_loss", "next_sentence_energy", "next_sentence_loss"]


@full_precision
def masked_token_loss(
    logits: Float[Tensor, "n k vocabulary"], targets: Int[Tensor, "n k"], counts: Int[Tensor, " n"]
) -> Float[Tensor, ""]:
    """Mean cross-entropy over all hidden tokens of the batch of all processes.

        loss = sum_{i, j < counts_i} -log softmax(logits_ij)[targets_ij]  /  sum_i counts_i

    An item with more hidden tokens weighs more. Each process divides its own sum by its share of all counts, so that
    the mean over processes is the mean over all tokens, however they are spread.

    Args:
        logits: of every token of the vocabulary at every hidden place.
        targets: which token was there.
        counts: how many of each line are meant; what stands behind them is not looked at.

    Returns:
        The loss in nats; log(vocabulary) where all tokens are equally likely.

    Source:
        Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1, task 1.

    Example:
        >>> import torch
        >>> from selftaught.objectives import masked_token_loss
        >>> logits, targets = torch.zeros(2, 3, 10), torch.zeros(2, 3, dtype=torch.int64)
        >>> masked_token_loss(logits, targets, torch.tensor([1, 3]))
        tensor(2.3026)
    """
    total = all_sum(counts.sum()).clamp(min=1)
    return _nats(logits, targets, counts).sum() * process_count() / total


@full_precision
def masked_token_energy(
    logits: Float[Tensor, "n k vocabulary"], targets: Int[Tensor, "n k"], counts: Int[Tensor, " n"]
) -> Float[Tensor, " n"]:
    """Mean cross-entropy over the hidden tokens of each item, in nats; 0 for an item without any.

    Args:
        logits: see `masked_token_loss`.
        targets: see there.
        counts: see there.

    Example:
        >>> import torch
        >>> from selftaught.objectives import masked_token_energy
        >>> logits, targets = torch.zeros(2, 3, 10), torch.zeros(2, 3, dtype=torch.int64)
        >>> masked_token_energy(logits, targets, torch.tensor([1, 3]))
        tensor([2.3026, 2.3026])
    """
    return _nats(logits, targets, counts).sum(1) / counts.clamp(min=1)


@full_precision
def next_sentence_loss(logits: Float[Tensor, "n 2"], is_next: Bool[Tensor, " n"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of saying whether the second segment follows the first.

    Args:
        logits: of "does not follow" and "follows".
        is_next: what is true.

    Returns:
        The loss in nats; log 2 where both are equally likely.

    Source:
        Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1, task 2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import next_sentence_loss
        >>> next_sentence_loss(torch.zeros(2, 2), torch.tensor([True, False]))
        tensor(0.6931)
    """
    return F.cross_entropy(logits, is_next.long())


@full_precision
def next_sentence_energy(logits: Float[Tensor, "n 2"], is_next: Bool[Tensor, " n"]) -> Float[Tensor, " n"]:
    """The cross-entropy of each item of what is said of it, in nats.

    Args:
        logits: of "does not follow" and "follows".
        is_next: what is said.

    Example:
        >>> import torch
        >>> from selftaught.objectives import next_sentence_energy
        >>> next_sentence_energy(torch.zeros(2, 2), torch.tensor([True, False]))
        tensor([0.6931, 0.6931])
    """
    return F.cross_entropy(logits, is_next.long(), reduction="none")


def _nats(logits: Tensor, targets: Tensor, counts: Tensor) -> Float[Tensor, "n k"]:
    meant = torch.arange(targets.shape[1], device=targets.device) < counts[:, None]
    each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)
    return torch.where(meant, each, 0.0)
