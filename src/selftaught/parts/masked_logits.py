"""The last layer of a network whose outputs see the inputs before their own."""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.parts.masked_degrees import sees

__all__ = ["MaskedLogits"]


@final
class MaskedLogits(nn.Module):
    """A linear layer to the logits of every level of every output, from the units whose degree is below its place.

    Args:
        width: units of the layer before.
        outputs: how many.
        levels: that an output can have.

    Source:
        Germain et al. 2015, https://arxiv.org/abs/1502.03509, equation 13.

    Example:
        >>> import torch
        >>> from selftaught.parts import MaskedLogits
        >>> MaskedLogits(4, outputs=3, levels=2)(torch.zeros(5, 4), torch.arange(3), torch.zeros(4).long()).shape
        torch.Size([5, 3, 2])
    """

    def __init__(self, width: int, *, outputs: int, levels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, levels, width))
        self.bias = nn.Parameter(torch.zeros(outputs, levels))
        nn.init.uniform_(self.weight, -(width**-0.5), width**-0.5)  # as nn.Linear starts

    def forward(
        self, units: Float[Tensor, "n width"], order: Int[Tensor, " outputs"], degrees: Int[Tensor, " width"]
    ) -> Float[Tensor, "n outputs levels"]:
        """One logit for each level.

        Args:
            units: of the layer before.
            order: each output's place.
            degrees: of the units.
        """
        weight = self.weight * sees(order, degrees, itself=False)[:, None]
        return (units @ weight.flatten(0, 1).T).unflatten(1, self.bias.shape) + self.bias
