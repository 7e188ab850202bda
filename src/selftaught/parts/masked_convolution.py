"""Convolutions that see what stands before a pixel, row by row, and not what stands behind it."""

from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["MaskedConvolution"]


@final
class MaskedConvolution(nn.Module):
    """A convolution whose output at a pixel depends on earlier pixels, and there on the channels before its own.

    Features stand in groups of equal size, one for each channel of the image. Of the pixel itself, an output of one
    group sees the inputs of earlier groups, and of its own group only where `own` is set: without is the mask of the
    first layer (A), whose inputs are the channels that are to be guessed, with is that of all others (B).

    Args:
        width_in: features of the input; with one for each group, the channels themselves.
        width_out: features of the output.
        size: height and width of the kernel, odd; of the height only what stands above the centre, and it, is kept.
        groups: channels of the image.
        own: let a group see itself at the pixel (mask B instead of mask A).
        parts: how many sets of equally many outputs stand behind each other, each in groups, as the gates of an LSTM.

    Source:
        van den Oord et al. 2016, https://arxiv.org/abs/1601.06759, section 3.4 and figure 4.

    Example:
        >>> import torch
        >>> from selftaught.parts import MaskedConvolution
        >>> first = MaskedConvolution(3, 3, (1, 1), groups=3, own=False)
        >>> first.mask[:, :, 0, 0].int()
        tensor([[0, 0, 0],
                [1, 0, 0],
                [1, 1, 0]], dtype=torch.int32)
    """

    mask: Bool[Tensor, "width_out width_in rows columns"]

    def __init__(
        self, width_in: int, width_out: int, size: tuple[int, int], *, groups: int, own: bool, parts: int = 1
    ) -> None:
        super().__init__()
        above, beside = size[0] // 2, size[1] // 2
        self.padding = (beside, beside, above, 0)  # left, right, top, bottom
        self.weight = nn.Parameter(torch.empty(width_out, width_in, above + 1, size[1]))
        self.bias = nn.Parameter(torch.zeros(width_out))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)  # as nn.Conv2d starts
        one_part = torch.arange(width_out // parts) * groups // (width_out // parts)
        group_in, group_out = torch.arange(width_in) * groups // width_in, one_part.repeat(parts)
        before = group_in < group_out[:, None]
        mask = torch.ones(self.weight.shape, dtype=torch.bool)
        mask[:, :, -1, beside] = before | (group_in == group_out[:, None]) if own else before
        mask[:, :, -1, beside + 1 :] = False
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, items: Float[Tensor, "n width_in h w"]) -> Float[Tensor, "n width_out h w"]:
        """As many rows and columns as came in."""
        return F.conv2d(F.pad(items, self.padding), self.weight * self.mask, self.bias)
