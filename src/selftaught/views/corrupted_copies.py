"""Every image with noise and without."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final, get_args

import torch
from jaxtyping import Bool, Float, Int, Num
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import CorruptedImages, ImageBatch, unknown_name
from selftaught.views.checks import expect_batch, expect_number, per_channel
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops

__all__ = ["CorruptedCopies", "Noise"]

Noise = Literal["none", "masking", "gaussian", "salt_and_pepper", "half_size"]


@final
@dataclass(frozen=True, kw_only=True)
class CorruptedCopies:
    """Every image, resized and normalised, and a corrupted copy of it that is seen in its place.

    Noise is added to values in 0..1, before they are normalised, and to what is seen alone. Which pixels are hit is
    drawn for each image; of one that is hit all channels are.

    Args:
        image_size: height and width of the images that the network sees, in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that a square crop shows, in (0, 1]; 1 and 1 for the
            central square.
        flip_probability: how often an image is mirrored left to right.
        noise: masking makes pixels black, salt_and_pepper makes each of them black or white, gaussian adds to every
            pixel and channel, half_size shows the image as it looks at half its size; none shows it as it is.
        noise_share: of the pixels that masking and salt_and_pepper hit, in [0, 1]: exactly so many of each image.
        noise_deviation: of gaussian noise, for values in 0..1, at least 0; sums are not clamped.

    Raises:
        UserError: a value is out of its range.

    Source:
        Vincent et al. 2008, https://doi.org/10.1145/1390156.1390294, section 2.3 (masking); Vincent et al. 2010,
        https://www.jmlr.org/papers/v11/vincent10a.html, section 3.3 (the other two).

    Example:
        >>> import torch
        >>> from selftaught.views import CorruptedCopies, Draws
        >>> make_views = CorruptedCopies(image_size=16, channels=1, noise="masking", noise_share=0.25)
        >>> views = make_views(torch.full((4, 1, 20, 30), 255, dtype=torch.uint8), draws=Draws.at(0, 17, batch=4))
        >>> views.images.mean(), views.seen.mean()
        (tensor(1.), tensor(0.7500))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (1.0, 1.0)
    flip_probability: float = 0.0
    noise: Noise = "none"
    noise_share: int | float = 0.25
    noise_deviation: int | float = 0.25

    def __post_init__(self) -> None:
        self._crops()
        if self.noise not in get_args(Noise):
            raise unknown_name("noise", self.noise, get_args(Noise))
        expect_number("noise_share", self.noise_share, 0.0, 1.0)
        expect_number("noise_deviation", self.noise_deviation, 0.0)

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> CorruptedImages:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        images = self._crops()(batch, draws)  # in 0..1
        seen = self._corrupted(images, draws)
        centre = per_channel(self.mean, self.channels, 0.0).to(images.device)
        deviation = per_channel(self.standard_deviation, self.channels, 1.0).to(images.device)
        index = torch.arange(len(images), device=images.device) if index is None else index
        return CorruptedImages(index, (seen - centre) / deviation, (images - centre) / deviation)

    def describe(self) -> list[str]:
        """Nothing is left out for any number of channels."""
        return []

    def _corrupted(self, images: Float[Tensor, "n c s s"], draws: Draws) -> Float[Tensor, "n c s s"]:
        if self.noise == "gaussian":
            noise = draws.stream("noise").normal(*images.shape[1:]).to(images.device)
            return images + self.noise_deviation * noise
        if self.noise == "half_size":
            halved = F.interpolate(images, size=self.image_size // 2, mode="area")
            return F.interpolate(halved, size=self.image_size, mode="bilinear")
        if self.noise == "masking":
            return images.masked_fill(self._hit(draws).to(images.device), 0.0)
        if self.noise == "salt_and_pepper":
            coins = draws.stream("salt or pepper").integers(2, 1, self.image_size, self.image_size)
            return torch.where(self._hit(draws).to(images.device), coins.to(images), images)
        return images

    def _hit(self, draws: Draws) -> Bool[Tensor, "n 1 s s"]:
        pixels = self.image_size**2
        order = draws.stream("noise").permutations(pixels)
        return (order < round(self.noise_share * pixels)).view(-1, 1, self.image_size, self.image_size)

    def _crops(self) -> RandomCrops:
        return made_of(RandomCrops, self, crop_ratio=(1.0, 1.0), mean=None, standard_deviation=None)
