"""Which prototypes each item is given to, so that all prototypes get equally much."""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import UserError, process_count, process_rank
from selftaught.objectives import sinkhorn
from selftaught.parts.prototypes import Prototypes
from selftaught.parts.queue import Queue

__all__ = ["BalancedCodes"]


class BalancedCodes(nn.Module):
    """Sinkhorn's codes of two crops of every item, each crop's batch by itself or beside a queue of past embeddings.

    Args:
        width: of the embeddings.
        epsilon: above 0: the smaller, the nearer are codes to one prototype an item.
        iterations: how often prototypes and items get their share in turn, at least 1.
        queue: how many past embeddings of each crop are shared out beside the batch; None for none.
        queue_start: from which share of the run on, in [0, 1], and not before the queue is full.

    Raises:
        UserError: a value out of its range.

    Source:
        Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3.1 and, for the queue, its last paragraph and
        section 4.2.

    Example:
        >>> import torch
        >>> from selftaught.parts import BalancedCodes, Prototypes
        >>> prototypes, codes_of = Prototypes(4, 3), BalancedCodes(3, queue=8)
        >>> embeddings = torch.randn(2, 6, 3)
        >>> scores = torch.stack([prototypes(each) for each in embeddings])
        >>> codes_of(scores, prototypes).sum(-1).allclose(torch.ones(2, 6))
        True
        >>> codes_of.push(embeddings)
        >>> int(codes_of.queued)  # of 8: the queues wait until they are full
        6
    """

    queued: Tensor

    def __init__(
        self,
        width: int,
        *,
        epsilon: float = 0.05,
        iterations: int = 3,
        queue: int | None = None,
        queue_start: int | float = 0.0,
    ) -> None:
        super().__init__()
        if epsilon <= 0 or iterations < 1 or not 0 <= queue_start <= 1:
            raise UserError(
                "expected an epsilon above 0, at least 1 Sinkhorn iteration and a queue_start in [0, 1], got "
                f"{epsilon}, {iterations} and {queue_start}"
            )
        self.epsilon, self.iterations, self.queue_start = epsilon, iterations, queue_start
        self.queues = nn.ModuleList([] if queue is None else [Queue(queue, width) for _ in range(2)])
        self.register_buffer("queued", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def forward(self, scores: Float[Tensor, "2 n k"], prototypes: Prototypes) -> Float[Tensor, "2 n k"]:
        """The codes of this process's items, without gradient.

        Args:
            scores: of the two crops' embeddings for the prototypes.
            prototypes: by which the queues' embeddings are scored, too, and which know how far the run is.
        """
        if not self._queues_count(prototypes.progress):
            return torch.stack([self._share_out(each) for each in scores])
        mine = slice(process_rank(), None, process_count())  # all processes hold the same queues: a part from each
        past = [prototypes(cast("Queue", queue).rows[mine]) for queue in self.queues]
        both = [torch.cat(pair) for pair in zip(scores, past, strict=True)]
        return torch.stack([self._share_out(each)[: scores.shape[1]] for each in both])

    @torch.no_grad()
    def push(self, embeddings: Float[Tensor, "2 n width"]) -> None:
        """Let the embeddings of both crops enter their queues, those of all processes."""
        for queue, rows in zip(self.queues, embeddings, strict=False):
            cast("Queue", queue).push(rows)
        self.queued += embeddings.shape[1] * process_count()

    def _share_out(self, scores: Float[Tensor, "m k"]) -> Float[Tensor, "m k"]:
        return sinkhorn(scores, epsilon=self.epsilon, iterations=self.iterations)

    def _queues_count(self, progress: Tensor) -> bool:
        if not self.queues:
            return False
        full = self.queued >= len(cast("Queue", self.queues[0]).rows)
        return bool(full & (progress >= self.queue_start))  # the device is waited for, where there are queues
