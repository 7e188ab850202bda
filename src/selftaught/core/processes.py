"""Tensors of all processes as one, with gradients that equal those of one process.

The loss of a run is the mean of its processes' losses, and its gradient the mean of their gradients, as DDP takes it.
`gather` and `all_sum` are differentiable, and their backward pass sums what every process asks for: that makes the
averaged gradient the exact gradient of the averaged loss. A gather without autograd gives the same loss and a wrong
gradient.
"""

from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Num
from torch import Tensor

__all__ = ["all_sum", "from_first", "gather", "process_count", "process_rank"]


def process_count() -> int:
    """How many processes train together; 1 outside a process group.

    Example:
        >>> from selftaught.core import process_count
        >>> process_count()
        1
    """
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def process_rank() -> int:
    """This process's number among them, from 0.

    Example:
        >>> from selftaught.core import process_rank
        >>> process_rank()
        0
    """
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


class _AllSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        total = tensor.contiguous().clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        ctx.rows = len(tensor)
        pieces = [torch.empty_like(tensor, memory_format=torch.contiguous_format) for _ in range(process_count())]
        dist.all_gather(pieces, tensor.contiguous())
        return torch.cat(pieces)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total[process_rank() * ctx.rows :][: ctx.rows]


def all_sum(tensor: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
    """The sum of a tensor over all processes, differentiable.

    Example:
        >>> import torch
        >>> from selftaught.core import all_sum
        >>> all_sum(torch.ones(3))
        tensor([1., 1., 1.])
    """
    return tensor if process_count() == 1 else _AllSum.apply(tensor)


def from_first(tensor: Num[Tensor, "..."]) -> Num[Tensor, "..."]:
    """The first process's values, in every process: for what must be the same in all to the last bit.

    Example:
        >>> import torch
        >>> from selftaught.core import from_first
        >>> from_first(torch.arange(3))
        tensor([0, 1, 2])
    """
    return all_sum(tensor if process_rank() == 0 else torch.zeros_like(tensor))


def gather(tensor: Num[Tensor, "n ..."]) -> Num[Tensor, "all ..."]:
    """The rows of all processes in the order of their ranks, differentiable. Every process holds equally many.

    Example:
        >>> import torch
        >>> from selftaught.core import gather
        >>> gather(torch.ones(3, 2)).shape
        torch.Size([3, 2])
    """
    return tensor if process_count() == 1 else _Gather.apply(tensor)
