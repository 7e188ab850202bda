"""The network that is kept after training."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["Encoder", "LocalEncoder"]


class Encoder(nn.Module, ABC):
    """Items in, one vector each out: (n, ...) -> (n, width).

    Example:
        >>> import torch
        >>> from selftaught.core import Encoder
        >>> class Mean(Encoder):
        ...     width = 3
        ...
        ...     def forward(self, items):
        ...         return items.mean((2, 3))
        >>> Mean()(torch.zeros(4, 3, 8, 8)).shape
        torch.Size([4, 3])
    """

    width: int

    @abstractmethod
    def forward(self, items: Tensor) -> Float[Tensor, "n width"]:
        """One vector an item."""


class LocalEncoder(Encoder):
    """An encoder whose vectors are pooled from positions: patches, tokens, frames, nodes."""

    @abstractmethod
    def local(self, items: Tensor) -> Float[Tensor, "n positions width"]:
        """One vector a position."""
