"""Share items out to prototypes so that each prototype gets as much as any other."""

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import UserError, all_sum, gather
from selftaught.objectives.precision import full_precision

__all__ = ["sinkhorn"]


@full_precision
@torch.no_grad()
def sinkhorn(scores: Float[Tensor, "n k"], *, epsilon: float = 0.05, iterations: int = 3) -> Float[Tensor, "n k"]:
    """How much of every item goes to each prototype, by Sinkhorn-Knopp over the items of all processes.

    From Q = exp(S / epsilon), each iteration scales the columns so that all prototypes get equally much of the whole
    batch, then the rows so that every item is given away once:

        Q_ij <- Q_ij / sum_m Q_mj,    then    Q_ij <- Q_ij / sum_c Q_ic

    Computed with logarithms, so that no score is too large or too small. No gradient goes through it.

    Args:
        scores: of every item of this process for each prototype: cosines, in SwAV.
        epsilon: above 0; the smaller, the nearer is a row to naming one prototype.
        iterations: at least 1; with many of them both sums are met.

    Returns:
        Rows of sum 1; columns of sum near n/k. 1/k everywhere when all scores are equal (collapse), or when each
        prototype scores all items alike: an item's code says how it differs from the others.

    Raises:
        UserError: epsilon is not above 0, or there is no iteration.

    Source:
        Caron et al. 2020, https://arxiv.org/abs/2006.09882, equations 3 to 5 and section 3.1; Cuturi 2013,
        https://arxiv.org/abs/1306.0895.

    Example:
        >>> import torch
        >>> from selftaught.objectives import sinkhorn
        >>> scores = torch.tensor([[0.9, 0.1], [0.8, 0.1]])  # the first prototype is nearer to both
        >>> sinkhorn(scores).round(decimals=2)  # and is given the item that it is nearest to
        tensor([[0.7300, 0.2700],
                [0.2700, 0.7300]])
    """
    if epsilon <= 0 or iterations < 1:
        raise UserError(f"expected an epsilon above 0 and at least 1 iteration, got {epsilon} and {iterations}")
    logs = scores / epsilon
    for _ in range(iterations):
        logs = logs - _log_sum_over_items(logs)
        logs = logs - logs.logsumexp(1, keepdim=True)
    return logs.exp()


def _log_sum_over_items(logs: Float[Tensor, "n k"]) -> Float[Tensor, " k"]:
    largest = gather(logs.amax(0, keepdim=True)).amax(0)  # (k,): over all processes
    return largest + all_sum((logs - largest).exp().sum(0)).log()
