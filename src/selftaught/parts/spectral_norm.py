"""Weights divided by their largest singular value, so that a layer stretches nothing."""

from typing import final

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

__all__ = ["SpectralNorm"]


@final
class SpectralNorm(nn.Module):
    """A linear or convolutional layer whose weight, as a matrix (outputs, rest), has a spectral norm of 1.

    The singular vectors are buffers that move by one turn of power iteration in `follow`, which is called after the
    optimiser's step; `forward` changes nothing. PyTorch's own parametrisation moves them in `forward`, and cannot be
    sent to other processes.

    Args:
        layer: its bias, if it has one, stays as it is.

    Source:
        Miyato et al. 2018, https://arxiv.org/abs/1802.05957, algorithm 1.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.parts import SpectralNorm
        >>> layer = nn.Linear(2, 2, bias=False)
        >>> layer.weight.data = torch.tensor([[4.0, 0.0], [0.0, 1.0]])
        >>> SpectralNorm(layer)(torch.tensor([[2.0, 4.0]])).detach()
        tensor([[2., 1.]])
    """

    left: Tensor
    right: Tensor

    def __init__(self, layer: nn.Linear | nn.Conv2d) -> None:
        super().__init__()
        self.layer = layer
        rows, columns = layer.weight.flatten(1).shape
        self.register_buffer("left", F.normalize(torch.randn(rows), dim=0))
        self.register_buffer("right", F.normalize(torch.randn(columns), dim=0))
        for _ in range(15):
            self.follow()

    def forward(self, items: Tensor) -> Tensor:
        """What the layer makes of items by its normalised weight."""
        with torch.autocast(items.device.type, enabled=False):
            weight = self.layer.weight
            largest = self.left.clone() @ weight.flatten(1) @ self.right.clone()  # `follow` may come before backward
            normal = weight / largest
        return functional_call(self.layer, {"weight": normal}, items)

    @torch.no_grad()
    def follow(self) -> None:
        """Bring the singular vectors nearer to those of the weight as it is now."""
        matrix = self.layer.weight.flatten(1)
        self.right.copy_(F.normalize(matrix.T @ self.left, dim=0))
        self.left.copy_(F.normalize(matrix @ self.right, dim=0))
