"""An LSTM whose states are maps."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["ConvLSTM"]

Map = Float[Tensor, "n width h w"]


@final
class ConvLSTM(nn.Module):
    """One step of an LSTM, with convolutions of 3x3 places for its matrices.

    With the input x, the output h and the memory c, * the convolution and · the product of entries:

        i, f, o = sigmoid(W * [x, h] + b),    g = tanh(W_g * [x, h] + b_g),    c <- f · c + i · g,    h <- o · tanh(c)

    Args:
        inputs: channels of x.
        width: channels of h and c.

    Source:
        Shi et al. 2015, https://arxiv.org/abs/1506.04214, eq. 3, without the peepholes; forgetting starts at 1 as in
        Jozefowicz et al. 2015.

    Example:
        >>> import torch
        >>> from selftaught.parts import ConvLSTM
        >>> cell = ConvLSTM(3, 8)
        >>> output, memory = cell(torch.zeros(2, 3, 4, 4), cell.start(2, 4, 4))
        >>> output.shape, memory.shape
        (torch.Size([2, 8, 4, 4]), torch.Size([2, 8, 4, 4]))
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.gates = nn.Conv2d(inputs + width, 4 * width, 3, padding=1, bias=False)
        self.bias = nn.Parameter(torch.tensor([0.0, 1.0, 0.0, 0.0]).repeat_interleave(width))

    def start(self, n: int, height: int, width: int) -> tuple[Map, Map]:
        """Output and memory before anything was seen: zeros."""
        nothing = self.gates.weight.new_zeros(n, self.width, height, width)
        return nothing, nothing

    def forward(self, inputs: Float[Tensor, "n inputs h w"], state: tuple[Map, Map]) -> tuple[Map, Map]:
        """Output and memory after one more input."""
        output, memory = state
        opened, kept, shown, new = (self.gates(torch.cat([inputs, output], 1)) + self.bias[:, None, None]).chunk(4, 1)
        memory = kept.sigmoid() * memory + opened.sigmoid() * new.tanh()
        return shown.sigmoid() * memory.tanh(), memory
