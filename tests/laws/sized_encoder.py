"""The example encoder for methods that make images: it says which."""

from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder
from selftaught.testing import ExampleEncoder


class SizedEncoder(Encoder):
    """An encoder of RGB images of 16x16 pixels."""

    width, channels, image_size = ExampleEncoder.width, 3, 16

    def __init__(self) -> None:
        super().__init__()
        self.network = ExampleEncoder().network

    def forward(self, items: Float[Tensor, "n c h w"]) -> Float[Tensor, "n width"]:
        """One vector an image."""
        return self.network(items)
