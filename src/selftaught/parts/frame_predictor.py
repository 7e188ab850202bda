"""From what was seen of a clip to the frames that come next."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import UserError
from selftaught.parts.conv_lstm import ConvLSTM

__all__ = ["FramePredictor"]


@final
class FramePredictor(nn.Module):
    """An LSTM of maps that reads, another that draws, and a layer that makes changes of pixels of its states.

    Each frame is the one before it and a predicted change; before training no change is predicted.

    Args:
        inputs: channels of the maps that are read.
        width: channels of the LSTMs' states.
        cell_pixels: side of the square of pixels that a place of the maps stands for.

    Raises:
        UserError: a number is below 1.

    Source:
        Srivastava et al. 2015, https://arxiv.org/abs/1502.04681, section 2.3, the future predictor that sees nothing
        of what it drew; with maps as states as in Shi et al. 2015, https://arxiv.org/abs/1506.04214, section 3.2.

    Example:
        >>> import torch
        >>> from selftaught.parts import FramePredictor
        >>> predictor = FramePredictor(inputs=8, width=4, cell_pixels=4)
        >>> predictor(torch.zeros(2, 3, 8, 5, 5), torch.ones(2, 3, 20, 20), 6).shape
        torch.Size([2, 6, 3, 20, 20])
    """

    def __init__(self, *, inputs: int, width: int, cell_pixels: int) -> None:
        super().__init__()
        if min(cell_pixels, width) < 1:
            raise UserError(f"expected cells of 1 pixel or more and states as wide, got {cell_pixels} and {width}")
        self.cell_pixels = cell_pixels
        self.reader, self.drawer = ConvLSTM(inputs, width), ConvLSTM(width, width)
        self.change = nn.Conv2d(width, 3 * cell_pixels**2, 1)
        for weight in self.change.parameters():
            nn.init.zeros_(weight)

    def forward(
        self, maps: Float[Tensor, "n t inputs g_h g_w"], last: Float[Tensor, "n 3 h w"], frames: int
    ) -> Float[Tensor, "n k 3 h w"]:
        """So many frames.

        Args:
            maps: of every frame of the past.
            last: the last of these frames.
            frames: how many are asked for.
        """
        n, t, _, height, width = maps.shape
        state = self.reader.start(n, height, width)
        for step in range(t):
            state = self.reader(maps[:, step], state)
        drawn: list[Tensor] = []
        for _ in range(frames):
            state = self.drawer(state[0], state)
            before = drawn[-1] if drawn else last
            drawn.append(before + F.pixel_shuffle(self.change(state[0]), self.cell_pixels))
        return torch.stack(drawn, 1)
