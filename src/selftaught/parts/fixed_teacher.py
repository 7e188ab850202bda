"""A trained network that a method learns from."""

from collections.abc import Callable
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["FixedTeacher"]


@final
class FixedTeacher(nn.Module):
    """A trained network that a method learns from and never changes: in eval mode for good, and without gradient.

    Unlike a `Teacher` it follows nobody. Its weights are in the method's checkpoint and not in the encoder.

    Args:
        network: from what it was trained to see to vectors, or to the logits of classes.
        width: of these.
        see: from the views of the method to what the network was trained to see; None where they are the same.
        classes: their names, in the order of the logits; none where the network gives vectors.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.parts import FixedTeacher
        >>> teacher = FixedTeacher(nn.BatchNorm1d(2), 2).train()
        >>> teacher(torch.tensor([[1.0, 3.0]])), teacher.network.training
        (tensor([[1.0000, 3.0000]]), False)
    """

    def __init__(
        self,
        network: nn.Module,
        width: int,
        *,
        see: Callable[[Tensor], Tensor] | None = None,
        classes: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.network = network.requires_grad_(requires_grad=False)
        self.width, self.see, self.classes = width, see, classes
        self.train()

    @torch.no_grad()
    def forward(self, items: Any) -> Float[Tensor, "n width"]:
        """What the network says of the items."""
        return self.network(items if self.see is None else self.see(items))

    def train(self, mode: object = None) -> "FixedTeacher":
        """Stays in eval mode, whatever is asked for: the statistics of its norms are its own."""
        return super().train(mode=False)
