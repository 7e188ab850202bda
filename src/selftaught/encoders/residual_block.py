"""The block that small residual networks are made of."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["ResidualBlock"]


@final
class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, each with a batch norm, added to what came in.

    Args:
        width_in: channels of what comes in.
        width_out: channels of what goes out; where they differ, or places are left out, a 1x1 convolution and a norm
            bring what came in to the same shape.
        stride: every so manieth place is kept, in rows and columns.

    Source:
        He et al. 2016, https://arxiv.org/abs/1512.03385, figure 2 and section 3.3, option B; names as in torchvision.

    Example:
        >>> import torch
        >>> from selftaught.encoders.residual_block import ResidualBlock
        >>> ResidualBlock(4, 8, stride=2)(torch.zeros(1, 4, 6, 6)).shape
        torch.Size([1, 8, 3, 3])
    """

    def __init__(self, width_in: int, width_out: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width_out)
        self.conv2 = nn.Conv2d(width_out, width_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width_out)
        self.downsample = (
            nn.Identity()
            if stride == 1 and width_in == width_out
            else nn.Sequential(nn.Conv2d(width_in, width_out, 1, stride, bias=False), nn.BatchNorm2d(width_out))
        )

    def forward(self, items: Float[Tensor, "n width_in h w"]) -> Float[Tensor, "n width_out h2 w2"]:
        """What came in and what the convolutions add to it."""
        inside = F.relu(self.bn1(self.conv1(items)))
        return F.relu(self.bn2(self.conv2(inside)) + self.downsample(items))
