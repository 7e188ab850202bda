"""Recognise what belongs together among what does not."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import all_sum, gather, process_rank
from selftaught.objectives.log_sum_exp import mean_log_sum_exp
from selftaught.objectives.precision import full_precision

__all__ = ["info_nce", "nt_xent", "sup_con"]


@full_precision
def nt_xent(a: Float[Tensor, "n d"], b: Float[Tensor, "n d"], *, temperature: float) -> Float[Tensor, ""]:
    """Mean cross-entropy of picking each row's partner out of the whole batch, the normalised temperature-scaled one.

    With z = [a; b] of all processes, scaled to unit length, and i* the row that holds the partner of row i:

        loss = mean_i  -log( exp(z_i·z_i* / t)  /  sum_{k != i} exp(z_i·z_k / t) )

    Each process computes the rows of its own items; the mean over processes is the loss of the whole batch. Memory
    grows with the number of items, not with its square.

    Args:
        a: first views, any scale.
        b: second views; row i of `a` and row i of `b` come from one item.
        temperature: t > 0, in units of cosine similarity.

    Returns:
        The loss in nats; log(2n - 1) when all embeddings of n items are equal (collapse).

    Source:
        Chen et al. 2020, https://arxiv.org/abs/2002.05709, equation 1 and algorithm 1.

    Example:
        >>> import torch
        >>> from selftaught.objectives import nt_xent
        >>> z = torch.ones(4, 8)  # collapsed: every row has 7 equal candidates
        >>> torch.allclose(nt_xent(z, z, temperature=0.1), torch.tensor(7.0).log())
        True
    """
    a, b = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    agreement = (a * b).sum(-1).mean() / temperature
    return _surprise_of_any(a, b, temperature) - agreement


@full_precision
def info_nce(
    query: Float[Tensor, "n d"], key: Float[Tensor, "n d"], negatives: Float[Tensor, "k d"], *, temperature: float
) -> Float[Tensor, ""]:
    """Mean cross-entropy of picking each query's key out of the key and k negatives that all queries share.

    With all rows scaled to unit length:

        loss = mean_i  -log( exp(q_i·k_i / t)  /  (exp(q_i·k_i / t) + sum_j exp(q_i·n_j / t)) )

    Args:
        query: embeddings with a gradient, any scale.
        key: row i belongs to row i of `query`, any scale.
        negatives: embeddings of other items, any scale, such as a queue's.
        temperature: t > 0, in units of cosine similarity.

    Returns:
        The loss in nats; log(k + 1) when all embeddings are equal (collapse).

    Source:
        He et al. 2019, https://arxiv.org/abs/1911.05722, equation 1; van den Oord et al. 2018,
        https://arxiv.org/abs/1807.03748, equation 4.

    Example:
        >>> import torch
        >>> from selftaught.objectives import info_nce
        >>> z = torch.ones(4, 8)  # collapsed: the key beside 15 equal negatives
        >>> torch.allclose(info_nce(z, z, torch.ones(15, 8), temperature=0.1), torch.tensor(16.0).log())
        True
    """
    query, key, negatives = (F.normalize(rows, dim=-1) for rows in (query, key, negatives))
    agreement = (query * key).sum(-1) / temperature  # (n,)
    return mean_log_sum_exp(query / temperature, negatives, own=agreement) - agreement.mean()


@full_precision
def sup_con(
    a: Float[Tensor, "n d"], b: Float[Tensor, "n d"], labels: Int[Tensor, " n"], *, temperature: float
) -> Float[Tensor, ""]:
    """Mean cross-entropy of picking a view of the same class out of the whole batch: NT-Xent where classes are known.

    With z = [a; b] of all processes, scaled to unit length, and P(i) the other rows of the class of row i, its partner
    among them:

        loss = mean_i  1/|P(i)| sum_{p in P(i)}  -log( exp(z_i·z_p / t)  /  sum_{k != i} exp(z_i·z_k / t) )

    It equals `nt_xent` where every item has a class of its own. Memory grows with the number of items, not with its
    square.

    Args:
        a: first views, any scale.
        b: second views; row i of `a` and row i of `b` come from one item.
        labels: each item's class, any whole numbers.
        temperature: t > 0, in units of cosine similarity.

    Returns:
        The loss in nats; log(2n - 1) when all embeddings of n items are equal (collapse).

    Source:
        Khosla et al. 2020, https://arxiv.org/abs/2004.11362, equation 2 (the sum over positives outside the logarithm),
        as a mean over rows.

    Example:
        >>> import torch
        >>> from selftaught.objectives import sup_con
        >>> z = torch.ones(4, 8)
        >>> torch.allclose(sup_con(z, z, torch.tensor([0, 0, 1, 1]), temperature=0.1), torch.tensor(7.0).log())
        True
    """
    a, b = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    classes, labels = gather(labels).unique(return_inverse=True)
    labels = labels[process_rank() * len(a) :][: len(a)]
    rows, of_class = torch.cat([a, b]), torch.cat([labels, labels])
    sums = all_sum(rows.new_zeros(len(classes), rows.shape[1]).index_add(0, of_class, rows))  # (classes, d)
    counts = all_sum(of_class.bincount(minlength=len(classes)))
    others = (sums[of_class] - rows) / (counts[of_class, None] - 1)  # the mean of P(i)
    agreement = (rows * others).sum(-1).mean() / temperature
    return _surprise_of_any(a, b, temperature) - agreement


def _surprise_of_any(a: Float[Tensor, "n d"], b: Float[Tensor, "n d"], temperature: float) -> Float[Tensor, ""]:
    """The mean over this process's rows of the logarithm of NT-Xent's denominator."""
    candidates = torch.cat([gather(a), gather(b)])  # (2m, d): the m items of all processes
    first = torch.arange(len(a), device=a.device) + process_rank() * len(a)  # (n,): where this process's items stand
    itself = torch.cat([first, first + len(candidates) // 2])  # (2n,)
    return mean_log_sum_exp(torch.cat([a, b]) / temperature, candidates, left_out=itself)
