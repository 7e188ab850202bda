"""How often what belongs together is recognised, in words that can be held against guessing."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import gather, process_rank
from selftaught.objectives.log_sum_exp import mean_log_sum_exp
from selftaught.objectives.precision import full_precision

__all__ = ["key_accuracy", "key_bound_nats", "partner_accuracy"]


@torch.no_grad()
@full_precision
def partner_accuracy(a: Float[Tensor, "n d"], b: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """How often a row's partner is the most similar of all other rows of both views and of all processes, by cosine.

    A partner that t - 1 others equal counts as 1/t: equal embeddings score 1/(2n - 1), and so do random ones on
    average. Without gradient; all scores are held at once.

    Args:
        a: first views, any scale.
        b: second views; row i of `a` and row i of `b` come from one item.

    Source:
        The classification that Chen et al. 2020, https://arxiv.org/abs/2002.05709, equation 1, is the cross-entropy of.

    Example:
        >>> import torch
        >>> from selftaught.objectives import partner_accuracy
        >>> partner_accuracy(torch.eye(4), torch.eye(4)), partner_accuracy(torch.ones(4, 2), torch.ones(4, 2))
        (tensor(1.), tensor(0.1429))
    """
    everyone = torch.cat([gather(a), gather(b)])  # (2m, d): the m items of all processes
    first = _places(a)
    second = first + len(everyone) // 2
    itself, partner = torch.cat([first, second]), torch.cat([second, first])
    return _recognised(torch.cat([a, b]), everyone, partner, left_out=itself)


@torch.no_grad()
@full_precision
def key_accuracy(query: Float[Tensor, "n d"], key: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """How often a query's own key is the most similar of the keys of all items of all processes, by cosine.

    A key that t - 1 others equal counts as 1/t: equal embeddings score 1/n, and so do random ones on average. Without
    gradient; all scores are held at once.

    Args:
        query: any scale.
        key: row i belongs to row i of `query`, any scale.

    Example:
        >>> import torch
        >>> from selftaught.objectives import key_accuracy
        >>> query = torch.eye(4)
        >>> key_accuracy(query, query), key_accuracy(query, query.roll(1, 0)), key_accuracy(query, torch.ones(4, 4))
        (tensor(1.), tensor(0.), tensor(0.2500))
    """
    return _recognised(query, gather(key), _places(query), left_out=None)


@torch.no_grad()
@full_precision
def key_bound_nats(query: Float[Tensor, "n d"], key: Float[Tensor, "n d"], *, temperature: float) -> Float[Tensor, ""]:
    """A lower bound of the mutual information of query and key, with the keys of the other items as negatives.

    With all rows scaled to unit length, and n items in all processes:

        bound = log n  -  mean_i  -log( exp(q_i·k_i / t)  /  sum_j exp(q_i·k_j / t) )

    It holds on average over batches that were not trained on, can be negative, and is at most log n. Without gradient.

    Args:
        query: any scale.
        key: row i belongs to row i of `query`, any scale.
        temperature: t > 0, in units of cosine similarity.

    Returns:
        Nats; 0 when all embeddings are equal (collapse).

    Source:
        van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, section 2.3.

    Example:
        >>> import torch
        >>> from selftaught.objectives import key_bound_nats
        >>> query = torch.eye(4)
        >>> round(key_bound_nats(query, query, temperature=0.01).exp().item(), 4)
        4.0
    """
    query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
    candidates = gather(key)
    agreement = (query * key).sum(-1).mean() / temperature
    return math.log(len(candidates)) - (mean_log_sum_exp(query / temperature, candidates) - agreement)


def _places(rows: Float[Tensor, "n d"]) -> Int[Tensor, " n"]:
    """Where this process's items stand among those of all processes."""
    return torch.arange(len(rows), device=rows.device) + process_rank() * len(rows)


def _recognised(
    rows: Float[Tensor, "n d"],
    candidates: Float[Tensor, "m d"],
    own: Int[Tensor, " n"],
    *,
    left_out: Int[Tensor, " n"] | None,
) -> Float[Tensor, ""]:
    scores = F.normalize(rows, dim=-1) @ F.normalize(candidates, dim=-1).T  # (n, m)
    if left_out is not None:
        scores.scatter_(1, left_out[:, None], float("-inf"))
    right = scores.gather(1, own[:, None])
    tied = (scores == right).sum(1).to(scores.dtype)  # its own score among them
    return torch.where((scores > right).any(1), 0, 1 / tied).mean()
