"""From what is around a hole to what is in it."""

import math
from typing import final

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import LocalEncoder
from selftaught.parts.map_decoder import MapDecoder

__all__ = ["ChannelwiseLinear", "HoleDecoder"]


@final
class ChannelwiseLinear(nn.Module):
    """Fully connected within each channel and not between channels: what is known here reaches everywhere.

    For m channels of p places it has m p^2 weights, where a fully connected layer would have m^2 p^2.

    Args:
        channels: how many there are.
        positions: how many places each has.

    Source:
        Pathak et al. 2016, https://arxiv.org/abs/1604.07379, section 3.1: channel-wise fully-connected layer.

    Example:
        >>> import torch
        >>> from selftaught.parts import ChannelwiseLinear
        >>> layer = ChannelwiseLinear(channels=8, positions=16)
        >>> layer(torch.zeros(2, 16, 8)).shape, layer.weight.shape
        (torch.Size([2, 16, 8]), torch.Size([8, 16, 16]))
    """

    def __init__(self, *, channels: int, positions: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, positions, positions))
        self.bias = nn.Parameter(torch.zeros(channels, positions))
        nn.init.uniform_(self.weight, -1 / math.sqrt(positions), 1 / math.sqrt(positions))

    def forward(self, items: Float[Tensor, "n positions channels"]) -> Float[Tensor, "n positions channels"]:
        """Every channel through its own layer."""
        return torch.einsum("npc,cqp->nqc", items, self.weight) + self.bias.T


@final
class HoleDecoder(nn.Module):
    """From the positions of an image with a hole to its pixels: positions hear of each other, then they are decoded.

    Args:
        encoder: of the image; it is shown an empty one, in eval mode, to find out how many positions it keeps.
        channels: of the image.
        image_size: height and width of the image, in pixels.
        side: of the square of pixels in the middle that is decoded.
        width: features inside the decoder.

    Source:
        Pathak et al. 2016, https://arxiv.org/abs/1604.07379, section 3.1, with bilinear enlargements between its
        convolutions.

    Example:
        >>> import torch
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.parts import HoleDecoder
        >>> encoder = SmallResNet(channels=3, image_size=32)
        >>> decoder = HoleDecoder(encoder, channels=3, image_size=32, side=16)
        >>> decoder(encoder.local(torch.zeros(2, 3, 32, 32))).shape
        torch.Size([2, 3, 16, 16])
    """

    def __init__(self, encoder: LocalEncoder, *, channels: int, image_size: int, side: int, width: int = 128) -> None:
        super().__init__()
        training, weight = encoder.training, next(encoder.parameters())
        with torch.no_grad():
            empty = torch.zeros(1, channels, image_size, image_size, device=weight.device, dtype=weight.dtype)
            positions = encoder.eval().local(empty).shape[1]
        encoder.train(training)
        self.side = side
        self.between = ChannelwiseLinear(channels=encoder.width, positions=positions)
        doublings = math.ceil(math.log2(side / math.isqrt(positions)))
        self.decoder = MapDecoder(
            encoder_width=encoder.width, outputs=channels, width=width, enlargements=max(1, doublings)
        )

    def forward(self, positions: Float[Tensor, "n positions width"]) -> Float[Tensor, "n channels side side"]:
        """The pixels of the square."""
        return self.decoder(self.between(positions), self.side)

    def square(self, images: Shaped[Tensor, "n c s s"]) -> Shaped[Tensor, "n c side side"]:
        """The part of whole images that is decoded."""
        edge = (images.shape[3] - self.side) // 2
        return images[:, :, edge : edge + self.side, edge : edge + self.side]

    def whole(self, square: Float[Tensor, "n c side side"], image_size: int) -> Float[Tensor, "n c s s"]:
        """The part at its place in images that are 0 elsewhere."""
        edge = (image_size - self.side) // 2
        return F.pad(square, (edge, image_size - self.side - edge) * 2)
