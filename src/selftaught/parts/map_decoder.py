"""From an encoder's positions to numbers at every place of a finer grid."""

import math
from typing import final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import UserError
from selftaught.parts.batch_norm import BatchNorm

__all__ = ["MapDecoder"]


@final
class MapDecoder(nn.Module):
    """A 3x3 convolution on the encoder's own grid, then its outcome enlarged and another one, and a linear layer.

    Enlarged bilinearly, once or several times: the last to the size that is asked for, each before to half of the next.

    Args:
        encoder_width: of the vectors of positions.
        outputs: numbers at every place.
        width: features inside.
        enlargements: how many.

    Example:
        >>> import torch
        >>> from selftaught.parts import MapDecoder
        >>> MapDecoder(encoder_width=32, outputs=261)(torch.zeros(4, 16, 32), side=8).shape
        torch.Size([4, 261, 8, 8])
    """

    def __init__(self, *, encoder_width: int, outputs: int, width: int = 128, enlargements: int = 1) -> None:
        super().__init__()
        self.coarse = _layer(encoder_width, width)
        self.fine = nn.ModuleList(_layer(width, width) for _ in range(enlargements))
        self.end = nn.Conv2d(width, outputs, 1)

    def forward(self, positions: Float[Tensor, "n positions width"], side: int) -> Float[Tensor, "n outputs h w"]:
        """What is said of each place of a square grid.

        Args:
            positions: of a square grid, row by row.
            side: of the finer grid, in places.

        Raises:
            UserError: the positions are those of no square.
        """
        grid = math.isqrt(positions.shape[1])
        if grid**2 != positions.shape[1]:
            raise UserError(f"expected an encoder whose positions form a square, got {positions.shape[1]} of them")
        features = self.coarse(positions.transpose(1, 2).unflatten(2, (grid, grid)))
        for halvings, layer in zip(reversed(range(len(self.fine))), self.fine, strict=True):
            size = -(-side // 2**halvings)
            features = layer(F.interpolate(features, size=(size, size), mode="bilinear", align_corners=False))
        return self.end(features)


def _layer(width_in: int, width_out: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(width_in, width_out, 3, padding=1, bias=False), BatchNorm(width_out), nn.ReLU())
