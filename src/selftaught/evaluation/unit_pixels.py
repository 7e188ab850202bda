"""The two halves of the preparation of images: to pixels in 0..1 at the encoder's size, and then to its units."""

from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Preparation, UserError
from selftaught.encoders import Preprocessing

__all__ = ["Normalisation", "images_of", "to_pixels"]


def images_of(preparation: Preparation, what: str) -> Preprocessing:
    """A preparation that is one of images.

    Raises:
        UserError: it is not.

    Example:
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.unit_pixels import images_of
        >>> images_of(Preprocessing(16, 1, (0.5,), (0.5,)), "attack").image_size
        16
    """
    if not isinstance(preparation, Preprocessing):
        raise UserError(f"{what}: expected an encoder of images, got one that takes {type(preparation).__name__}")
    return preparation


def to_pixels(preparation: Preprocessing) -> Preprocessing:
    """The same crop, size and channels, and pixels in 0..1.

    Example:
        >>> import torch
        >>> from selftaught.core import ImageBatch
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.unit_pixels import to_pixels
        >>> white = ImageBatch.of(torch.full((1, 1, 8, 8), 255, dtype=torch.uint8))
        >>> to_pixels(Preprocessing(8, 1, (0.5,), (0.1,)))(white).unique()
        tensor([1.])
    """
    return replace(preparation, mean=(0.0,) * preparation.channels, standard_deviation=(1.0,) * preparation.channels)


@final
@dataclass(frozen=True)
class Normalisation:
    """From pixels in 0..1 to what the encoder takes; lets gradients through.

    Args:
        preparation: whose mean and deviation are meant.

    Example:
        >>> import torch
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.unit_pixels import Normalisation
        >>> Normalisation(Preprocessing(8, 1, (0.5,), (0.25,)))(torch.ones(1, 1, 8, 8)).unique()
        tensor([2.])
    """

    preparation: Preprocessing

    def __call__(self, pixels: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """The images in the encoder's units."""
        shape = (1, -1, 1, 1)
        mean = torch.tensor(self.preparation.mean, dtype=pixels.dtype, device=pixels.device).view(shape)
        deviation = torch.tensor(self.preparation.standard_deviation, dtype=pixels.dtype, device=pixels.device)
        return (pixels - mean) / deviation.view(shape)
