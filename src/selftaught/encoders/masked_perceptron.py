"""A network of fully connected layers whose units see some of the pixels each, in any order of these."""

from collections.abc import Sequence
from typing import cast, final

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import Encoder, Levels, UserError
from selftaught.parts import draw_degrees, sees

__all__ = ["MaskedPerceptron"]


@final
class MaskedPerceptron(Encoder):
    """Fully connected layers with ReLUs, under masks that an order of the inputs and the units' degrees decide.

    What is kept of an image are the units of the last layer, under the masks of draw 0: each has seen the first pixels,
    in that draw's order, up to its degree.

    Args:
        channels: of the images.
        image_size: height and width of the images, in pixels.
        levels: that each channel of each pixel is rounded to before it is read, at least 2.
        features: units of each layer.
        blocks: how many layers.
        mean: what was subtracted from each channel of the images, in 0..1; None for 0.
        standard_deviation: what each channel was then divided by; None for 1.

    Raises:
        UserError: a value is out of its range.

    Source:
        Germain et al. 2015, https://arxiv.org/abs/1502.03509, sections 3 and 4.

    Example:
        >>> import torch
        >>> from selftaught.encoders import MaskedPerceptron
        >>> MaskedPerceptron(channels=1, image_size=8, features=20)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 20])
    """

    name = "masked_perceptron"
    entries = ("forward", "hidden")
    order: Int[Tensor, " values"]
    degrees: Int[Tensor, "blocks features"]

    def __init__(
        self,
        *,
        channels: int = 3,
        image_size: int = 32,
        levels: int = 2,
        features: int = 500,
        blocks: int = 2,
        mean: Sequence[float] | None = None,
        standard_deviation: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        if min(features, blocks) < 1:
            raise UserError(f"expected at least 1 block of at least 1 feature, got {blocks} of {features}")
        self.channels, self.image_size, self.levels = channels, image_size, levels
        self.features, self.blocks, self.mean, self.standard_deviation = features, blocks, mean, standard_deviation
        self.rounding = Levels(count=levels, channels=channels, mean=mean, standard_deviation=standard_deviation)
        self.width = features
        self.values_an_image = channels * image_size**2
        widths = [self.values_an_image, *[features] * blocks]
        self.layers = nn.ModuleList(nn.Linear(width, features) for width in widths[:-1])
        order, degrees = self.draw(0)
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("degrees", degrees, persistent=False)

    def draw(self, number: int) -> tuple[Int[Tensor, " values"], Int[Tensor, "blocks features"]]:
        """The order of the inputs and the degrees of the units by number; see `draw_degrees`."""
        return draw_degrees(number, dimensions=self.values_an_image, features=self.features, layers=self.blocks)

    def hidden(
        self,
        values: Float[Tensor, "n values"],
        *,
        order: Int[Tensor, " values"],
        degrees: Int[Tensor, "blocks features"],
    ) -> Float[Tensor, "n features"]:
        """The units of the last layer, each of what its degree lets it see.

        Args:
            values: of the levels, in [-1, 1].
            order: each input's place.
            degrees: of the units.
        """
        below = order
        for layer, own in zip(self.layers, degrees.unbind(), strict=True):
            linear = cast("nn.Linear", layer)
            values = F.relu(F.linear(values, linear.weight * sees(own, below, itself=True), linear.bias))
            below = own
        return values

    def forward(self, items: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        """The units of the last layer under the masks of draw 0."""
        values = self.rounding.values(self.rounding.of(items), items.dtype)
        return self.hidden(values.flatten(1), order=self.order, degrees=self.degrees)
