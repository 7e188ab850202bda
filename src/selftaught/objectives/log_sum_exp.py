"""The logarithm of the sum over all candidates, without ever holding every score."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["mean_log_sum_exp"]

_SCORES_AT_ONCE = 1 << 23  # 32 MiB in float32: what larger pieces gain in products they lose in caches


def mean_log_sum_exp(
    rows: Float[Tensor, "n d"],
    candidates: Float[Tensor, "m d"],
    *,
    left_out: Int[Tensor, " n"] | None = None,
    own: Float[Tensor, " n"] | None = None,
) -> Float[Tensor, ""]:
    """What every contrastive loss subtracts its positives from, in memory that grows with n + m and not with n times m.

        mean_i  log( exp(own_i)  +  sum_{j != left_out_i} exp(rows_i·candidates_j) )

    The gradient is exact, and computed with the value, while the scores of a piece are there; a derivative of it is
    refused.

    Args:
        rows: already scaled, and divided by the temperature.
        candidates: what each row is compared with.
        left_out: the one candidate that does not count for a row, such as the row itself; None leaves none out.
        own: the score of one more candidate, which a row shares with no other; None where there is none.

    Returns:
        Nats; log(m) when all scores are zero, nothing is left out and nothing added.

    Raises:
        NotImplementedError: when a second derivative is asked for.

    Source:
        The denominators of Chen et al. 2020, https://arxiv.org/abs/2002.05709, equation 1, and of He et al. 2019,
        https://arxiv.org/abs/1911.05722, equation 1; its derivative is the softmax.

    Example:
        >>> import torch
        >>> from selftaught.objectives import mean_log_sum_exp
        >>> round(mean_log_sum_exp(torch.zeros(2, 3), torch.ones(5, 3)).exp().item(), 4)
        5.0
    """
    return _MeanLogSumExp.apply(rows, candidates, left_out, own)


class _MeanLogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, candidates: Tensor, left_out: Tensor | None, own: Tensor | None) -> Tensor:
        for_rows, for_candidates, _, for_own = ctx.needs_input_grad
        row_gradient = torch.empty_like(rows) if for_rows else None
        candidate_gradient = torch.zeros_like(candidates) if for_candidates else None
        own_gradient = torch.empty_like(own) if own is not None and for_own else None
        summed = rows.new_zeros(())
        size = max(_SCORES_AT_ONCE // len(candidates), 1)
        for start in range(0, len(rows), size):
            here = slice(start, start + size)
            piece = rows[here]
            scores = piece @ candidates.T  # (rows, m)
            if left_out is not None:
                scores.scatter_(1, left_out[here, None], float("-inf"))
            top = scores.amax(1, keepdim=True)
            if own is not None:
                top = torch.maximum(top, own[here, None])
            weights = scores.sub_(top).exp_()
            total = weights.sum(1, keepdim=True)
            if own is not None:
                own_weight = (own[here, None] - top).exp()
                total += own_weight
                if own_gradient is not None:
                    own_gradient[here] = (own_weight / total)[:, 0]
            summed += (top + total.log()).sum()
            if row_gradient is not None:
                row_gradient[here] = weights @ candidates / total
            if candidate_gradient is not None:
                candidate_gradient.addmm_(weights.T, piece / total)
        ctx.save_for_backward(row_gradient, candidate_gradient, own_gradient)
        ctx.rows = len(rows)
        return summed / len(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, Tensor | None]:
        if torch.is_grad_enabled():
            raise NotImplementedError("the gradient of mean_log_sum_exp has no derivative: expected create_graph=False")
        scale = gradients[0] / ctx.rows
        row, candidate, own = (None if part is None else part * scale for part in ctx.saved_tensors)
        return row, candidate, None, own
