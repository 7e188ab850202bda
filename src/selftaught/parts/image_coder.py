"""What a prior over codes needs of the method that made them."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from selftaught.parts.codebook import Codebook

__all__ = ["ImageCoder"]


@runtime_checkable
class ImageCoder(Protocol):
    """Turns images into grids of codes, and such grids into images.

    Example:
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import VQVAE
        >>> from selftaught.parts import ImageCoder
        >>> isinstance(VQVAE(SmallResNet(channels=3, image_size=16), codes=16), ImageCoder)
        True
    """

    codebook: Codebook

    def codes(self, images: Float[Tensor, "n c h w"]) -> Int[Tensor, "n side side"]:
        """The numbers of the codes of normalised images."""
        ...

    def decode_codes(self, codes: Int[Tensor, "n side side"]) -> Float[Tensor, "n c h w"]:
        """The normalised images that grids of codes make."""
        ...
