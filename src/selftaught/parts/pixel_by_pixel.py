"""What stands behind an encoder that reads pixel by pixel: likelihoods of images of levels, and images drawn."""

from collections.abc import Mapping
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import Encoder, PixelEncoder, UserError
from selftaught.objectives import bits_per_dimension, level_nats
from selftaught.parts.ancestral_sampling import sample_levels, uniform_of
from selftaught.parts.level_head import LevelHead
from selftaught.parts.level_histograms import LevelHistograms

__all__ = ["PixelByPixel"]


@final
class PixelByPixel(nn.Module):
    """A softmax over the levels of each channel of each pixel, and the histograms that a network is compared to.

    The encoder is handed in with every question, so that it belongs to the method alone.

    Args:
        encoder: which reads pixel by pixel.
        head_width: features between the two 1x1 convolutions before the softmax.

    Raises:
        UserError: the encoder does not read pixel by pixel, or the head is narrower than there are channels.

    Example:
        >>> import torch
        >>> from selftaught.encoders import PixelReader
        >>> from selftaught.parts import PixelByPixel
        >>> encoder = PixelReader("pixel_cnn", image_size=16, levels=4, features=12, blocks=1)
        >>> PixelByPixel(encoder, head_width=12).nats(encoder, torch.zeros(2, 3, 16, 16, dtype=torch.int64)).shape
        torch.Size([2])
    """

    def __init__(self, encoder: Encoder, *, head_width: int) -> None:
        super().__init__()
        if not isinstance(encoder, PixelEncoder):
            name = type(encoder).__name__
            raise UserError(f"expected an encoder that reads pixel by pixel, such as pixel_cnn or row_lstm, got {name}")
        if head_width < encoder.channels:
            raise UserError(f"head_width: expected at least one for each of {encoder.channels} channels")
        channels, levels = encoder.channels, encoder.rounding.count
        self.values_an_image = channels * encoder.image_size**2
        self.head = LevelHead(encoder.state_width, width=head_width, channels=channels, levels=levels)
        self.histograms = LevelHistograms(self.values_an_image, levels=levels)

    def logits(self, encoder: PixelEncoder, numbers: Int[Tensor, "n c h w"]) -> Float[Tensor, "n c levels h w"]:
        """Of every level of every channel of every pixel, given what stands before it."""
        return self.head(encoder.states(self._values(encoder, numbers)))

    def nats(self, encoder: PixelEncoder, numbers: Int[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """Minus the log probability of each whole image; exact."""
        return level_nats(self.logits(encoder, numbers), numbers)

    def figures(self, nats: Float[Tensor, " n"], numbers: Int[Tensor, "n c h w"]) -> Mapping[str, Tensor]:
        """Bits that a value takes, by the network and by the histogram of its place.

        Args:
            nats: of these images.
            numbers: the images, in levels.
        """
        return {
            "bits_per_dimension": bits_per_dimension(nats.detach(), self.values_an_image),
            "histogram_bits_per_dimension": self.histograms.bits_per_dimension(numbers),
        }

    @torch.no_grad()
    def samples(self, encoder: PixelEncoder, latents: Float[Tensor, "n numbers"]) -> Float[Tensor, "n c s s"]:
        """Normalised images, drawn pixel by pixel; each number of chance decides one channel of one pixel."""
        uniforms = uniform_of(latents).view(-1, encoder.channels, encoder.image_size, encoder.image_size)

        def last_row(numbers: Tensor) -> Tensor:
            return self.last_row(encoder, numbers)

        numbers, _ = sample_levels(last_row, uniforms, rows_above=encoder.rows_above)
        return encoder.rounding.images(numbers, latents.dtype)

    def last_row(self, encoder: PixelEncoder, numbers: Int[Tensor, "n c rows w"]) -> Float[Tensor, "n c levels w"]:
        """The logits of the last of these rows alone."""
        return self.head(encoder.states(self._values(encoder, numbers))[:, :, -1:]).squeeze(3)

    def _values(self, encoder: PixelEncoder, numbers: Int[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        return encoder.rounding.values(numbers, self.head.hidden.weight.dtype)
