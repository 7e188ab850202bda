"""The latest embeddings, first in first out."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import UserError, gather

__all__ = ["Queue"]


class Queue(nn.Module):
    """A fixed number of embeddings of unit length, of which the oldest are overwritten.

    The rows and the place of the next one are buffers, so that a checkpoint holds them. They start as random
    directions.

    Args:
        size: how many embeddings it holds.
        width: features of each.

    Source:
        He et al. 2019, https://arxiv.org/abs/1911.05722, algorithm 1.

    Example:
        >>> import torch
        >>> from selftaught.parts import Queue
        >>> queue = Queue(4, 2)
        >>> queue.push(torch.tensor([[3.0, 0.0], [0.0, 2.0]]))
        >>> queue.rows[:2]
        tensor([[1., 0.], [0., 1.]])
        >>> queue.push(torch.tensor([[1.0, 0.0]]).expand(3, 2))  # the fifth row overwrites the first
        >>> int(queue.next)
        1
    """

    rows: Float[Tensor, "size width"]
    next: Tensor

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        if size < 1:
            raise UserError(f"expected a queue of at least 1 row, got {size}")
        self.register_buffer("rows", F.normalize(torch.randn(size, width), dim=-1))
        self.register_buffer("next", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def push(self, rows: Float[Tensor, "n width"]) -> None:
        """Overwrite the oldest rows by those of all processes, in the order of the ranks."""
        rows = F.normalize(gather(rows).to(self.rows.dtype), dim=-1)[-len(self.rows) :]
        places = (self.next + torch.arange(len(rows), device=rows.device)) % len(self.rows)
        self.rows[places] = rows
        self.next.copy_((self.next + len(rows)) % len(self.rows))
