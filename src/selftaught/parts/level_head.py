"""From what is known before a pixel to how likely each of its levels is."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.parts.masked_convolution import MaskedConvolution

__all__ = ["LevelHead"]


@final
class LevelHead(nn.Module):
    """Two 1x1 convolutions with the mask B, each after a ReLU, and logits of every level of every channel.

    Args:
        state_width: numbers of a state, in groups, one a channel.
        width: features between the convolutions.
        channels: of the images.
        levels: that a channel of a pixel can have.

    Source:
        van den Oord et al. 2016, https://arxiv.org/abs/1601.06759, table 1.

    Example:
        >>> import torch
        >>> from selftaught.parts import LevelHead
        >>> LevelHead(12, width=6, channels=3, levels=4)(torch.zeros(2, 12, 5, 5)).shape
        torch.Size([2, 3, 4, 5, 5])
    """

    def __init__(self, state_width: int, *, width: int, channels: int, levels: int) -> None:
        super().__init__()
        self.channels = channels
        self.hidden = MaskedConvolution(state_width, width, (1, 1), groups=channels, own=True)
        self.logits = MaskedConvolution(width, channels * levels, (1, 1), groups=channels, own=True)

    def forward(self, states: Float[Tensor, "n state_width h w"]) -> Float[Tensor, "n channels levels h w"]:
        """One logit for each level."""
        return self.logits(F.relu(self.hidden(F.relu(states)))).unflatten(1, (self.channels, -1))
