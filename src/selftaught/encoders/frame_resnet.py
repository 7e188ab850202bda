"""A residual network for the frames of clips, whose map stays large."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import LocalEncoder, UserError
from selftaught.encoders.residual_block import ResidualBlock
from selftaught.parts import rgb_to_lab

__all__ = ["FrameResNet"]

_GREATEST_LIGHTNESS = 100.0


@final
class FrameResNet(LocalEncoder):
    """A ResNet of four blocks that sees each frame alone and gives a vector for every square of 4 pixels.

    Its last layer is linear, so that inner products of its vectors may have either sign.

    Args:
        image_size: height and width of the frames, in pixels, a multiple of 4.
        width: features of the vectors.
        middle_width: channels of the last two blocks; the first two have a quarter and half of them.
        lightness_only: take the colours away before anything else, so that they can be what is predicted.
        mean: what was subtracted from red, green and blue, in 0..1, for `lightness_only` to undo; None for 0.
        standard_deviation: what they were then divided by; None for 1.

    Raises:
        UserError: a value out of its range.

    Source:
        He et al. 2016, https://arxiv.org/abs/1512.03385, for the blocks; Vondrick et al. 2018,
        https://arxiv.org/abs/1806.09594, section 3.4, for a ResNet on grey frames with strides left out and 64
        features.

    Example:
        >>> import torch
        >>> from selftaught.encoders import FrameResNet
        >>> encoder, clips = FrameResNet(image_size=16, middle_width=16), torch.zeros(2, 4, 3, 16, 16)
        >>> encoder(clips).shape, encoder.local(clips).shape
        (torch.Size([2, 64]), torch.Size([2, 64, 64]))
    """

    channels = 3
    cell_pixels = 4

    def __init__(
        self,
        *,
        image_size: int = 64,
        width: int = 64,
        middle_width: int = 128,
        lightness_only: bool = True,
        mean: Sequence[float] | None = None,
        standard_deviation: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        if image_size < 8 or image_size % self.cell_pixels:
            raise UserError(f"expected an image size of at least 8 pixels that 4 divides, got {image_size}")
        if width < 1 or middle_width < 4 or middle_width % 4:
            raise UserError(f"expected widths above 0, the middle one a multiple of 4, got {width} and {middle_width}")
        self.image_size, self.width, self.middle_width = image_size, width, middle_width
        self.lightness_only = lightness_only
        self.mean = None if mean is None else tuple(mean)
        self.standard_deviation = None if standard_deviation is None else tuple(standard_deviation)
        first, second = middle_width // 4, middle_width // 2
        self.conv1 = nn.Conv2d(1 if lightness_only else 3, first, 5, 2, 2, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.layer1 = ResidualBlock(first, first, stride=1)
        self.layer2 = ResidualBlock(first, second, stride=2)
        self.layer3 = ResidualBlock(second, middle_width, stride=1)
        self.layer4 = ResidualBlock(middle_width, middle_width, stride=1)
        self.project = nn.Conv2d(middle_width, width, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module is not self.project:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, items: Float[Tensor, "n t 3 h w"]) -> Float[Tensor, "n width"]:
        """The mean over frames and positions."""
        return self.local(items).mean(1)

    def local(self, items: Float[Tensor, "n t 3 h w"]) -> Float[Tensor, "n positions width"]:
        """One vector a square of every frame, frame by frame, row by row."""
        n, t = items.shape[:2]
        maps = self._map(items.flatten(0, 1)).flatten(2).transpose(1, 2)  # (n t, g g, width)
        return maps.reshape(n, t * maps.shape[1], self.width)

    def _map(self, frames: Float[Tensor, "m 3 h w"]) -> Float[Tensor, "m width g_h g_w"]:
        seen = self._lightness(frames) if self.lightness_only else frames
        inside = self.layer1(F.relu(self.bn1(self.conv1(seen))))
        return self.project(self.layer4(self.layer3(self.layer2(inside))))

    def _lightness(self, frames: Float[Tensor, "m 3 h w"]) -> Float[Tensor, "m 1 h w"]:
        deviation = frames.new_tensor(self.standard_deviation or (1.0,) * 3).view(3, 1, 1)
        colours = frames * deviation + frames.new_tensor(self.mean or (0.0,) * 3).view(3, 1, 1)
        with torch.no_grad():
            return rgb_to_lab(colours.clamp(0, 1))[:, :1] / (_GREATEST_LIGHTNESS / 2) - 1
