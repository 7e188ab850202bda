"""Where a patch stands, as a vector."""

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import UserError

__all__ = ["grid_positions"]


def grid_positions(side: int, width: int) -> Float[Tensor, "patches width"]:
    """Sines and cosines of the row and of the column of every patch in a square grid, row by row.

    Half of the features tell the column, half the row. Of w/2 features about a coordinate x, the first half is
    sin(x f_i), the second cos(x f_i), with frequencies f_i = 10000^(-4 i / w) for i = 0 ... w/4 - 1.

    Args:
        side: patches a side of the grid.
        width: features of a vector, a multiple of 4.

    Raises:
        UserError: the width is no multiple of 4.

    Source:
        Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.5; in two dimensions as He et al. 2021,
        https://arxiv.org/abs/2111.06377, appendix A.1.

    Example:
        >>> from selftaught.parts import grid_positions
        >>> grid_positions(2, 4)[3]  # sin 1, cos 1 of the column, then of the row
        tensor([0.8415, 0.5403, 0.8415, 0.5403])
    """
    if width % 4:
        raise UserError(f"expected a width that 4 divides, for positions in two dimensions, got {width}")
    frequencies = 10_000 ** (-torch.arange(width // 4) / (width / 4))
    angles = torch.arange(side)[:, None] * frequencies  # (side, width / 4)
    coordinate = torch.cat([angles.sin(), angles.cos()], 1)  # (side, width / 2)
    columns, rows = coordinate.repeat(side, 1), coordinate.repeat_interleave(side, 0)
    return torch.cat([columns, rows], 1)
