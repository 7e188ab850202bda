"""Images in which every pixel says where it is."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def places(count: int, size: int) -> Float[Tensor, "n 3 size size"]:
    """The row in the first channel, the column in the second and both in the third, in hundredths."""
    at = torch.arange(size) / 100
    down, across = at[:, None].expand(size, size), at.expand(size, size)
    return torch.stack([down, across, down / 2 + across / 2]).repeat(count, 1, 1, 1)


def corners(tiles: Float[Tensor, "n tiles c s s"]) -> Int[Tensor, "n tiles 2"]:
    """From which row and column each tile begins."""
    return (tiles[:, :, :2, 0, 0] * 100).round().long()
