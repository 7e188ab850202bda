"""From raw images to what an encoder takes."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import ImageBatch, Preparation, UserError
from selftaught.parts.resampling import centre_boxes, resample

__all__ = ["Preprocessing"]

_GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow makes grey of RGB


@final
@dataclass(frozen=True)
class Preprocessing(Preparation):
    """Crop the centre, resize, normalise: what evaluation and use do to every image.

    Grey images become RGB and RGB images grey where the encoder takes the other.

    Args:
        image_size: height and width that the encoder takes, in pixels.
        channels: that the encoder takes.
        mean: of each channel, for values in 0..1.
        standard_deviation: of each channel, for values in 0..1.
        crop_fraction: side of the central square that is kept, as a share of the shorter side, in (0, 1].

    Raises:
        UserError: images with another number of channels.

    Example:
        >>> import torch
        >>> from selftaught.core import ImageBatch
        >>> from selftaught.encoders import Preprocessing
        >>> prepare = Preprocessing(image_size=28, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> prepare(ImageBatch.of(torch.zeros(2, 1, 40, 60, dtype=torch.uint8)))[0, 0, 0, :3]
        tensor([-1., -1., -1.])
    """

    image_size: int
    channels: int
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]
    crop_fraction: float = 1.0

    @property
    def values_an_item(self) -> int:
        """How many pixel values the encoder takes of an image."""
        return self.channels * self.image_size**2

    def __call__(self, batch: ImageBatch) -> Float[Tensor, "n channels size size"]:
        """The images as the encoder takes them, on the device where they are."""
        if {batch.channels, self.channels} not in ({self.channels}, {1, 3}):
            raise UserError(f"expected images with {self.channels} channels, got {batch.channels}")
        pixels = batch.pixels
        pixels = pixels.float().div_(255) if pixels.dtype == torch.uint8 else pixels.float()
        if batch.channels == 1 < self.channels:
            pixels = pixels.expand(-1, 3, -1, -1)
        elif batch.channels == 3 > self.channels:
            pixels = (pixels * pixels.new_tensor(_GREY).view(1, 3, 1, 1)).sum(1, keepdim=True)
        size = (self.image_size, self.image_size)
        whole = bool((batch.sizes == torch.tensor(size, device=batch.sizes.device)).all())
        if not (whole and self.crop_fraction == 1):
            pixels = resample(pixels, centre_boxes(batch.sizes, self.crop_fraction), size)
        elif tuple(pixels.shape[-2:]) != size:
            pixels = pixels[..., : self.image_size, : self.image_size]
        shape = (1, -1, 1, 1)
        mean = torch.tensor(self.mean, device=pixels.device).view(shape)
        deviation = torch.tensor(self.standard_deviation, device=pixels.device).view(shape)
        return (pixels - mean) / deviation
