"""From vectors of positions to an image."""

import copy
from itertools import pairwise
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import Encoder, LocalEncoder, UserError
from selftaught.parts.batch_norm import BatchNorm
from selftaught.parts.generator import image_shape

__all__ = ["GridDecoder", "grid_side"]


@torch.no_grad()
def grid_side(encoder: Encoder) -> int:
    """How many positions stand in a row of an encoder's square grid, found by showing it a black image.

    Raises:
        UserError: the encoder knows no positions or does not say which images it takes, or the grid is no square.

    Example:
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.parts import grid_side
        >>> grid_side(SmallResNet(channels=1, image_size=28))
        4
    """
    if not isinstance(encoder, LocalEncoder):
        raise UserError(f"expected an encoder with positions, such as small_resnet, got {type(encoder).__name__}")
    channels, image_size = image_shape(encoder)
    black = torch.zeros(1, channels, image_size, image_size).to(next(encoder.parameters()))
    positions = copy.deepcopy(encoder).eval().local(black).shape[1]
    side = round(positions**0.5)
    if side**2 != positions:
        raise UserError(f"expected an encoder with a square grid of positions, got {positions} of them")
    return side


@final
class GridDecoder(nn.Module):
    """A convolution over the grid, which is then doubled until it is as large as the image: neighbours, 3x3, a norm.

    The batch norms see the batch of all processes; in eval mode an image depends on its own grid alone.

    Args:
        width_in: features of a position.
        side: positions in a row.
        channels: of the images.
        image_size: height and width of the images in pixels, at least `side`.
        width: channels before the last layer; twice as many at half the size, up to 8 times.

    Raises:
        UserError: the images are smaller than the grid, or the width is below 1.

    Source:
        The mirror of an encoder with strides, as van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, section
        4.1, with nearest neighbours in place of transposed convolutions
        (Odena et al. 2016, https://doi.org/10.23915/distill.00003).

    Example:
        >>> import torch
        >>> from selftaught.parts import GridDecoder
        >>> GridDecoder(16, side=4, channels=1, image_size=28, width=8)(torch.randn(2, 16, 16)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, width_in: int, *, side: int, channels: int, image_size: int, width: int = 32) -> None:
        super().__init__()
        if image_size < side or width < 1:
            raise UserError(
                f"expected images of at least {side} pixels, as wide as the grid, and a width of at least 1, got "
                f"{image_size} and {width}"
            )
        sizes = [image_size]
        while sizes[0] > side:
            sizes.insert(0, max(side, -(-sizes[0] // 2)))
        widths = [width * min(2**halvings, 8) for halvings in reversed(range(len(sizes)))]
        self.sizes = sizes
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in pairwise([width_in, *widths])
        )
        self.norms = nn.ModuleList(BatchNorm(each) for each in widths)
        self.end = nn.Conv2d(widths[-1], channels, 3, padding=1)

    def forward(self, grid: Float[Tensor, "n positions width_in"]) -> Float[Tensor, "n channels size size"]:
        """One normalised image a grid, whose positions are given row by row from the top left."""
        images = grid.transpose(1, 2).unflatten(2, (self.sizes[0], self.sizes[0]))
        for size, convolution, norm in zip(self.sizes, self.convolutions, self.norms, strict=True):
            images = F.relu(norm(convolution(F.interpolate(images, size=size))))
        return self.end(images)
