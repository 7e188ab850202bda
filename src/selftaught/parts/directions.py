"""Random directions, drawn anew after every step."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import UserError

__all__ = ["Directions"]


class Directions(nn.Module):
    """Unit vectors, each direction equally likely; those of a turn are the same in every process and every run.

    They are a buffer, and the number of the turn is in the state, so that a run continues to the bit.

    Args:
        width: of each vector.
        count: how many vectors.

    Raises:
        UserError: fewer than 1 vector.

    Source:
        Balestriero & LeCun 2025, https://arxiv.org/abs/2511.08544, program for SIGReg: seeded by the step.

    Example:
        >>> from selftaught.parts import Directions
        >>> directions = Directions(3, 100)
        >>> before = directions.columns.clone()
        >>> directions.redraw()
        >>> bool((directions.columns != before).any()), directions.columns.norm(dim=0).mean().round(decimals=5)
        (True, tensor(1.))
    """

    columns: Float[Tensor, "width count"]

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        if count < 1:
            raise UserError(f"expected at least 1 direction, got {count}")
        self.turn = 0  # not on the device, whose work a seed would have to wait for
        self.register_buffer("columns", torch.empty(width, count))
        self._draw()

    def redraw(self) -> None:
        """Take the next turn's."""
        self.turn += 1
        self._draw()

    def get_extra_state(self) -> Tensor:
        """The number of the turn, for `state_dict`."""
        return torch.tensor(self.turn)

    def set_extra_state(self, state: Tensor) -> None:
        """What `load_state_dict` hands back."""
        self.turn = int(state)

    @torch.no_grad()
    def _draw(self) -> None:
        generator = torch.Generator().manual_seed(self.turn)
        drawn = torch.randn(self.columns.shape, generator=generator, dtype=torch.float64, device="cpu")
        self.columns.copy_(F.normalize(drawn, dim=0), non_blocking=True)
