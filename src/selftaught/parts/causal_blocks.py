"""Layers that pass on what is known before every pixel: by convolution, by rows, by diagonals."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.parts.masked_convolution import MaskedConvolution

__all__ = ["CausalConvolutionBlock", "DiagonalBiLSTMBlock", "RowLSTMBlock"]

_GATES = 4  # output, forget, input, content


@final
class CausalConvolutionBlock(nn.Module):
    """A residual block of PixelCNN: a 3x3 convolution between two of 1x1 that halve and double the features.

    Args:
        features: in and out, in groups, one a channel; h = features / 2 inside.
        groups: channels of the image.

    Source:
        van den Oord et al. 2016, https://arxiv.org/abs/1601.06759, figure 5, left.

    Example:
        >>> import torch
        >>> from selftaught.parts import CausalConvolutionBlock
        >>> CausalConvolutionBlock(12, groups=3)(torch.zeros(2, 12, 5, 5)).shape
        torch.Size([2, 12, 5, 5])
    """

    def __init__(self, features: int, *, groups: int) -> None:
        super().__init__()
        inside = features // 2
        self.narrow = MaskedConvolution(features, inside, (1, 1), groups=groups, own=True)
        self.spread = MaskedConvolution(inside, inside, (3, 3), groups=groups, own=True)
        self.widen = MaskedConvolution(inside, features, (1, 1), groups=groups, own=True)

    def forward(self, states: Float[Tensor, "n features h w"]) -> Float[Tensor, "n features h w"]:
        """The states, and what the block adds."""
        inside = self.spread(F.relu(self.narrow(F.relu(states))))
        return states + self.widen(F.relu(inside))


@final
class RowLSTMBlock(nn.Module):
    """A residual Row LSTM: a row's memory comes from the row above, through a convolution along it.

    At each pixel the memory has seen a triangle above it, one pixel wider to both sides with every row. Of the pixel's
    own row, the input-to-state convolution sees what its mask B lets through.

    Args:
        features: in and out, in groups, one a channel; h = features / 2 in the memory.
        groups: channels of the image.
        size: width of both convolutions, odd, at least 3.

    Source:
        van den Oord et al. 2016, https://arxiv.org/abs/1601.06759, section 3.1, equation 3, and figure 5, right.

    Example:
        >>> import torch
        >>> from selftaught.parts import RowLSTMBlock
        >>> RowLSTMBlock(12, groups=3)(torch.zeros(2, 12, 5, 5)).shape
        torch.Size([2, 12, 5, 5])
    """

    def __init__(self, features: int, *, groups: int, size: int = 3) -> None:
        super().__init__()
        inside = features // 2
        self.input_to_state = MaskedConvolution(
            features, _GATES * inside, (1, size), groups=groups, own=True, parts=_GATES
        )
        self.state_to_state = nn.Conv1d(inside, _GATES * inside, size, padding=size // 2, bias=False)
        self.widen = MaskedConvolution(inside, features, (1, 1), groups=groups, own=True)

    def forward(self, states: Float[Tensor, "n features h w"]) -> Float[Tensor, "n features h w"]:
        """The states, and what the block adds."""
        given = self.input_to_state(states)
        n, gates, _, width = given.shape
        hidden = memory = given.new_zeros(n, gates // _GATES, width)
        rows: list[Tensor] = []
        for row in given.unbind(2):
            hidden, memory = _remember(row + self.state_to_state(hidden), memory, dim=1)
            rows.append(hidden)
        return states + self.widen(torch.stack(rows, 2))


@final
class DiagonalBiLSTMBlock(nn.Module):
    """A residual Diagonal BiLSTM: memory comes from the pixel beside and the pixel above, from both sides.

    The rows are skewed, each one pixel further than the one above, so that a column of the skewed map is a diagonal,
    and its left neighbours are the pixels beside and above. The map of the direction from the right is moved down by
    one row, so that it holds nothing of a pixel's own row.

    Args:
        features: in and out, in groups, one a channel; h = features / 2 in each memory.
        groups: channels of the image.

    Source:
        van den Oord et al. 2016, https://arxiv.org/abs/1601.06759, section 3.2, figure 3, and figure 5, right.

    Example:
        >>> import torch
        >>> from selftaught.parts import DiagonalBiLSTMBlock
        >>> DiagonalBiLSTMBlock(12, groups=3)(torch.zeros(2, 12, 5, 5)).shape
        torch.Size([2, 12, 5, 5])
    """

    def __init__(self, features: int, *, groups: int) -> None:
        super().__init__()
        inside = features // 2
        self.input_to_state = nn.ModuleList(
            MaskedConvolution(features, _GATES * inside, (1, 1), groups=groups, own=True, parts=_GATES)
            for _ in ("from the left", "from the right")
        )
        self.state_to_state = nn.Parameter(torch.empty(2, 2 * inside, _GATES * inside))  # of one's own row and above
        nn.init.uniform_(self.state_to_state, -((2 * inside) ** -0.5), (2 * inside) ** -0.5)
        self.widen = MaskedConvolution(inside, features, (1, 1), groups=groups, own=True)

    def forward(self, states: Float[Tensor, "n features h w"]) -> Float[Tensor, "n features h w"]:
        """The states, and what the block adds."""
        from_left, from_right = (convolution(states) for convolution in self.input_to_state)
        left, right = self._read(torch.stack([from_left, from_right.flip(3)]))
        above = F.pad(right.flip(3), (0, 0, 1, 0))[:, :, :-1]
        return states + self.widen(left + above)

    def _read(self, given: Float[Tensor, "2 n gates h w"]) -> Float[Tensor, "2 n inside h w"]:
        """Both directions at once, each from its left."""
        directions, n, gates, height, width = given.shape
        skewed = _skew(given).permute(4, 0, 1, 3, 2)  # (diagonals, 2, n, h, gates)
        hidden = memory = given.new_zeros(directions, n, height, gates // _GATES)
        diagonals: list[Tensor] = []
        for diagonal in skewed:
            above = F.pad(hidden, (0, 0, 1, 0))[:, :, :-1]
            both = torch.cat([hidden, above], 3).flatten(1, 2)  # (2, n h, 2 inside)
            carried = torch.bmm(both, self.state_to_state).view(directions, n, height, gates)
            hidden, memory = _remember(diagonal + carried, memory, dim=3)
            diagonals.append(hidden)
        return _unskew(torch.stack(diagonals, 4), width).transpose(2, 3)


def _remember(gates: Tensor, memory: Tensor, *, dim: int) -> tuple[Tensor, Tensor]:
    """One step of an LSTM: the new state and the new memory."""
    give, keep, take, content = gates.chunk(_GATES, dim)
    memory = keep.sigmoid() * memory + take.sigmoid() * content.tanh()
    return give.sigmoid() * memory.tanh(), memory


def _skew(given: Float[Tensor, "2 n c h w"]) -> Float[Tensor, "2 n c h h+w-1"]:
    """Every row one pixel further to the right than the one above."""
    *others, height, width = given.shape
    padded = F.pad(given, (0, height)).reshape(*others, height * (height + width))
    return padded[..., : height * (height + width - 1)].reshape(*others, height, height + width - 1)


def _unskew(skewed: Float[Tensor, "2 n h c diagonals"], width: int) -> Float[Tensor, "2 n h c w"]:
    """`_skew` backwards, rows before channels."""
    rows = [row[..., place : place + width] for place, row in enumerate(skewed.unbind(2))]
    return torch.stack(rows, 2)
