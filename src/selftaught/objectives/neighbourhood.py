"""Draw an item to those that clusterings put beside it, among those that are near it."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives.noise_contrastive import row_scores
from selftaught.objectives.precision import full_precision

__all__ = ["local_aggregation", "nearest_rows"]

_SCORES_AT_ONCE = 1 << 24


@full_precision
def local_aggregation(
    embeddings: Float[Tensor, "n d"],
    own: Int[Tensor, " n"],
    table: Float[Tensor, "rows d"],
    clusterings: Int[Tensor, "clusterings rows"],
    *,
    background: int,
    temperature: float,
) -> Float[Tensor, " n"]:
    """Minus the log-probability that an item is taken for one of its close neighbours, given one of its background.

    With B_i the item's own row and those of highest cosine, and C_i all rows that share its cluster in one clustering
    at least:

        loss_i = -log( sum_{k in B_i and C_i} exp(z_i·v_k / t)  /  sum_{k in B_i} exp(z_i·v_k / t) )

    Args:
        embeddings: any scale.
        own: which row is each item's.
        table: rows of unit length, to which no gradient flows.
        clusterings: the cluster of every row, in each clustering.
        background: how many rows B_i has, at most as many as there are.
        temperature: t > 0, in units of cosine similarity.

    Returns:
        Nats, one number an item; log(background / number of close ones) when all rows are equal (collapse).

    Source:
        Zhuang et al. 2019, https://arxiv.org/abs/1903.12355, equations 2 to 4.

    Example:
        >>> import torch
        >>> from selftaught.objectives import local_aggregation
        >>> table, clusterings, own = torch.ones(8, 4) / 2, torch.tensor([[0, 1] * 4]), torch.tensor([3])
        >>> loss = local_aggregation(torch.ones(1, 4), own, table, clusterings, background=8, temperature=0.1)
        >>> round(loss.exp().item(), 4)
        2.0
    """
    near = nearest_rows(embeddings, table, own, count=background)  # (n, background)
    scores = row_scores(embeddings, table, near, temperature=temperature)
    close = torch.stack([one[near] == one[own][:, None] for one in clusterings]).any(0)
    return scores.logsumexp(1) - scores.masked_fill(~close, float("-inf")).logsumexp(1)


@torch.no_grad()
@full_precision
def nearest_rows(
    embeddings: Float[Tensor, "n d"], table: Float[Tensor, "rows d"], own: Int[Tensor, " n"], *, count: int
) -> Int[Tensor, "n k"]:
    """Each item's own row of a table and those of highest cosine with its embedding, so many in all, in any order.

    The scores with a large table are never held at once. Without gradient.

    Args:
        embeddings: any scale.
        table: rows of unit length.
        own: which row is each item's.
        count: how many, at most as many as there are rows.

    Source:
        Zhuang et al. 2019, https://arxiv.org/abs/1903.12355, section 3.2 (background neighbours).

    Example:
        >>> import torch
        >>> from selftaught.objectives import nearest_rows
        >>> table = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]])
        >>> nearest_rows(torch.tensor([[9.0, 0.1]]), table, torch.tensor([3]), count=3).sort().values
        tensor([[0, 1, 3]])
    """
    directions, found = F.normalize(embeddings, dim=-1), list[Tensor]()
    size = max(_SCORES_AT_ONCE // len(table), 1)
    for part, row in zip(directions.split(size), own.split(size), strict=True):
        scores = (part @ table.T).scatter(1, row[:, None], float("inf"))
        found.append(scores.topk(count, dim=1, sorted=False).indices)
    return torch.cat(found)
