"""A residual network small enough for a laptop."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import StagedEncoder, UserError
from selftaught.encoders.residual_block import ResidualBlock

__all__ = ["SmallResNet"]


@final
class SmallResNet(StagedEncoder):
    """A ResNet of one basic block a stage, by default with 32, 64, 128 and 256 channels: 1.2 million weights.

    Images up to 64 pixels enter through one 3x3 convolution that keeps their size; larger ones through a 7x7
    convolution and a pooling that quarter it, as in the ResNet of the paper.

    Args:
        channels: of the images.
        image_size: height and width of the images, in pixels; decides the stem.
        features: channels of the first stage; every stage has twice as many as the one before.

    Raises:
        UserError: `features` is below 1.

    Source:
        He et al. 2016, https://arxiv.org/abs/1512.03385; the small stem is its section 4.2 (CIFAR-10).

    Example:
        >>> import torch
        >>> from selftaught.encoders import SmallResNet
        >>> encoder = SmallResNet(channels=1, image_size=28)
        >>> encoder(torch.zeros(2, 1, 28, 28)).shape, encoder.local(torch.zeros(2, 1, 28, 28)).shape
        (torch.Size([2, 256]), torch.Size([2, 16, 256]))
    """

    def __init__(self, *, channels: int = 3, image_size: int = 32, features: int = 32) -> None:
        super().__init__()
        if features < 1:
            raise UserError(f"features: expected at least 1, got {features}")
        self.channels, self.image_size, self.features = channels, image_size, features
        widths = [features * 2**stage for stage in range(4)]
        self.width = widths[-1]
        small = image_size <= 64
        self.conv1 = nn.Conv2d(channels, features, 3 if small else 7, 1 if small else 2, 1 if small else 3, bias=False)
        self.bn1 = nn.BatchNorm2d(features)
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        self.layer1 = ResidualBlock(features, features, stride=1)
        self.layer2 = ResidualBlock(widths[0], widths[1], stride=2)
        self.layer3 = ResidualBlock(widths[1], widths[2], stride=2)
        self.layer4 = ResidualBlock(widths[2], widths[3], stride=2)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        sides = [image_size if small else -(-image_size // 4)]
        for _ in range(3):
            sides.append(-(-sides[-1] // 2))
        self.stage_shapes = tuple((width, side, side) for width, side in zip(widths, sides, strict=True))

    def stages(self, items: Float[Tensor, "n channels height width_in"]) -> tuple[Float[Tensor, "n _ _ _"], ...]:
        """The maps behind the four stages."""
        maps = [self.layer1(self.maxpool(F.relu(self.bn1(self.conv1(items)))))]
        for layer in (self.layer2, self.layer3, self.layer4):
            maps.append(layer(maps[-1]))
        return tuple(maps)

    def _map(self, items: Float[Tensor, "n channels height width_in"]) -> Float[Tensor, "n width h w"]:
        return self.stages(items)[-1]

    def forward(self, items: Float[Tensor, "n channels height width_in"]) -> Float[Tensor, "n width"]:
        """The mean over positions."""
        return self._map(items).mean((2, 3))

    def local(self, items: Float[Tensor, "n channels height width_in"]) -> Float[Tensor, "n positions width"]:
        """One vector a cell of the last feature map, row by row."""
        return self._map(items).flatten(2).transpose(1, 2)
