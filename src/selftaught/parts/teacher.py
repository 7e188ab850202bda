"""A slow copy of a network, whose output is a target."""

import copy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from selftaught.core import UserError

__all__ = ["Teacher"]


class Teacher(nn.Module):
    """The moving average of networks applied one after another; never trained by gradient.

    Its batch norms see the teacher's own batches: their statistics are its own and are not averaged.

    Args:
        networks: what to copy, in the order they are applied.
        momentum: how much of itself the teacher keeps when it follows, in [0, 1]; 1 never moves, 0 copies.

    Raises:
        UserError: the momentum is outside [0, 1].

    Source:
        He et al. 2019, https://arxiv.org/abs/1911.05722, equation 2; Tarvainen & Valpola 2017,
        https://arxiv.org/abs/1703.01780.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.parts import Teacher
        >>> student = nn.Linear(3, 2)
        >>> teacher = Teacher(student, momentum=0.5)
        >>> _ = nn.init.zeros_(student.weight)
        >>> before = teacher.network[0].weight.clone()
        >>> teacher.follow(student)
        >>> torch.equal(teacher.network[0].weight, before / 2)
        True
    """

    def __init__(self, *networks: nn.Module, momentum: float) -> None:
        super().__init__()
        if not 0 <= momentum <= 1:
            raise UserError(f"expected a teacher momentum in [0, 1], got {momentum}")
        self.network = nn.Sequential(*map(copy.deepcopy, networks)).requires_grad_(requires_grad=False)
        self.momentum = momentum

    @torch.no_grad()
    def forward(self, items: Tensor) -> Tensor:
        """The teacher's output, without gradient."""
        return self.network(items)

    @torch.no_grad()
    def follow(self, *networks: nn.Module, momentum: float | None = None) -> None:
        """Move towards the networks as they are now: teacher = momentum * teacher + (1 - momentum) * networks.

        Args:
            networks: those the teacher was made from, in the same order.
            momentum: in place of the constructor's, for schedules.
        """
        mine = tuple(self.network.parameters())
        theirs = tuple(weight for network in networks for weight in network.parameters())
        get_ema_multi_avg_fn(self.momentum if momentum is None else momentum)(mine, theirs, None)
