"""From maps of what was seen to maps of what comes next, one after another."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.parts.conv_lstm import ConvLSTM

__all__ = ["DensePredictor"]


@final
class DensePredictor(nn.Module):
    """An LSTM of maps that gathers what was seen, and two layers that make of its state what comes next.

    What was predicted is read like what was seen, so that several steps ahead can be predicted:

        c_t = LSTM(z_1 .. z_t),   p_(t+1) = f(c_t),   c_(t+1) = LSTM(z_1 .. z_t, p_(t+1)),   p_(t+2) = f(c_(t+1))

    Args:
        inputs: channels of the maps.
        width: channels of the LSTM's state.

    Source:
        Han et al. 2019, https://arxiv.org/abs/1909.04656, section 3.1 and figure 2, which gathers with a GRU of maps.

    Example:
        >>> import torch
        >>> from selftaught.parts import DensePredictor
        >>> DensePredictor(inputs=8, width=4)(torch.zeros(2, 3, 8, 5, 5), 6).shape
        torch.Size([2, 6, 8, 5, 5])
    """

    def __init__(self, *, inputs: int, width: int) -> None:
        super().__init__()
        self.reader = ConvLSTM(inputs, width)
        self.expect = nn.Sequential(nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, inputs, 1))

    def forward(self, maps: Float[Tensor, "n t inputs g_h g_w"], frames: int) -> Float[Tensor, "n k inputs g_h g_w"]:
        """The maps of so many frames to come.

        Args:
            maps: of every frame that was seen.
            frames: how many are asked for.
        """
        n, t, _, height, width = maps.shape
        state = self.reader.start(n, height, width)
        for step in range(t):
            state = self.reader(maps[:, step], state)
        expected = [self.expect(state[0])]
        while len(expected) < frames:
            state = self.reader(expected[-1], state)
            expected.append(self.expect(state[0]))
        return torch.stack(expected, 1)
