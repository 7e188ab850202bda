"""Tell an item's own row of a table from rows that were drawn at random."""

import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import gather, process_count
from selftaught.objectives.log_sum_exp import mean_log_sum_exp
from selftaught.objectives.precision import full_precision

__all__ = ["instance_softmax", "log_normaliser", "noise_contrastive", "row_scores"]

_NUMBERS_AT_ONCE = 1 << 24  # scores with the whole table, or numbers of copied rows: no more are held
_ROWS_A_COPY = 100  # so many rows are multiplied with an embedding in the time in which one is copied


@full_precision
def row_scores(
    embeddings: Float[Tensor, "n d"], table: Float[Tensor, "rows d"], places: Int[Tensor, "n m"], *, temperature: float
) -> Float[Tensor, "n m"]:
    """How well each embedding, at unit length, agrees with rows of a table of its own choice: z_i·v_k / temperature.

    Neither the rows of all embeddings nor the scores with a large table are held at once. No gradient reaches the
    table; that of the embeddings is exact, and has no derivative itself.

    Args:
        embeddings: any scale.
        table: rows of unit length.
        places: which rows each embedding is compared with.
        temperature: above 0, in units of cosine similarity.

    Example:
        >>> import torch
        >>> from selftaught.objectives import row_scores
        >>> row_scores(torch.tensor([[2.0, 0.0]]), torch.eye(2), torch.tensor([[1, 0, 0]]), temperature=0.5)
        tensor([[0., 2., 2.]])
    """
    return _RowScores.apply(F.normalize(embeddings, dim=-1) / temperature, table, places)


@torch.no_grad()
@full_precision
def log_normaliser(noise: Float[Tensor, "n m"], *, rows: int) -> Float[Tensor, ""]:
    """The logarithm of what the softmax over all rows divides by, estimated from rows drawn uniformly.

        Z = rows * mean over items and draws of exp(score)        in the batch of all processes

    Args:
        noise: scores of the drawn rows.
        rows: how many the table has.

    Source:
        Wu et al. 2018, https://arxiv.org/abs/1805.01978, equation 8.

    Example:
        >>> import torch
        >>> from selftaught.objectives import log_normaliser
        >>> round(log_normaliser(torch.zeros(2, 3), rows=10).exp().item(), 4)
        10.0
    """
    everyone = gather(noise.flatten().logsumexp(0)[None])  # one number a process
    return everyone.logsumexp(0) - math.log(noise.numel() * process_count()) + math.log(rows)


@full_precision
def noise_contrastive(
    own: Float[Tensor, " n"], noise: Float[Tensor, "n m"], log_z: Float[Tensor, ""], *, rows: int
) -> Float[Tensor, ""]:
    """Mean surprise at being told which of m + 1 rows is the item's own and which were drawn from all, uniformly.

    With P = exp(score) / Z the probability that a softmax over all rows would give, and Z known:

        h = P / (P + m / rows)
        loss = mean_i  -log h(own_i)  -  sum_k log(1 - h(noise_ik))

    Args:
        own: the score of each item's own row, divided by the temperature.
        noise: the scores of the rows drawn for it.
        log_z: the logarithm of Z, a constant.
        rows: how many rows there are to draw from.

    Returns:
        Nats; (m + 1) log 2 where every h is one half.

    Source:
        Wu et al. 2018, https://arxiv.org/abs/1805.01978, equations 4, 6 and 7.

    Example:
        >>> import torch
        >>> from selftaught.objectives import noise_contrastive
        >>> loss = noise_contrastive(torch.zeros(2), torch.zeros(2, 4), torch.tensor(2.5).log(), rows=10)
        >>> round((loss / torch.tensor(2.0).log()).item(), 4)  # 1 / 2.5 = 4 / 10
        5.0
    """
    shift = log_z.detach() + math.log(noise.shape[1] / rows)
    return -(F.logsigmoid(own - shift) + F.logsigmoid(shift - noise).sum(1)).mean()


@full_precision
def instance_softmax(
    embeddings: Float[Tensor, "n d"], own: Int[Tensor, " n"], table: Float[Tensor, "rows d"], *, temperature: float
) -> Float[Tensor, ""]:
    """Mean cross-entropy of naming an item's own row among all rows: every item of the data set is a class.

        loss = mean_i  -log( exp(z_i·v_i / t)  /  sum_j exp(z_i·v_j / t) )

    Args:
        embeddings: any scale.
        own: which row is each item's.
        table: rows of unit length, to which no gradient flows.
        temperature: t > 0, in units of cosine similarity.

    Returns:
        Nats; log(rows) when all embeddings and rows are equal (collapse).

    Source:
        Wu et al. 2018, https://arxiv.org/abs/1805.01978, equations 2 and 3.

    Example:
        >>> import torch
        >>> from selftaught.objectives import instance_softmax
        >>> table = torch.ones(8, 4) / 2
        >>> round(instance_softmax(torch.ones(2, 4), torch.tensor([3, 0]), table, temperature=0.07).exp().item(), 3)
        8.0
    """
    z = F.normalize(embeddings, dim=-1) / temperature
    return mean_log_sum_exp(z, table) - (z * table[own]).sum(1).mean()


class _RowScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, embeddings: Tensor, table: Tensor, places: Tensor) -> Tensor:
        ctx.save_for_backward(table, places)
        scores = embeddings.new_empty(places.shape)
        whole = _with_whole(table, places)
        size = _rows_at_once(table, places, whole=whole)
        for start in range(0, len(places), size):
            here = slice(start, start + size)
            if whole:
                scores[here] = (embeddings[here] @ table.T).gather(1, places[here])
            else:
                scores[here] = (table[places[here]] @ embeddings[here, :, None])[..., 0]
        return scores

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        if torch.is_grad_enabled():
            raise NotImplementedError("the gradient of row_scores has no derivative: expected create_graph=False")
        table, places = ctx.saved_tensors
        weights = gradients[0]
        gradient = table.new_empty(len(places), table.shape[1])
        whole = _with_whole(table, places)
        size = _rows_at_once(table, places, whole=whole)
        for start in range(0, len(places), size):
            here = slice(start, start + size)
            if whole:
                summed = table.new_zeros(len(places[here]), len(table))
                gradient[here] = summed.scatter_add_(1, places[here], weights[here]) @ table
            else:
                gradient[here] = (weights[here, None] @ table[places[here]])[:, 0]
        return gradient, None, None


def _with_whole(table: Tensor, places: Tensor) -> bool:
    # On accelerators copies are cheap, and adding up what falls on one row has no fixed order.
    return table.device.type == "cpu" and len(table) <= _ROWS_A_COPY * places.shape[1]


def _rows_at_once(table: Tensor, places: Tensor, *, whole: bool) -> int:
    numbers = len(table) if whole else places.shape[1] * table.shape[1]
    return max(_NUMBERS_AT_ONCE // max(numbers, 1), 1)
