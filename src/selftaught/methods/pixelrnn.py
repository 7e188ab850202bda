"""PixelRNN: how likely is each level of a pixel, given the pixels before it? Remembered by two-dimensional LSTMs.

Paper    van den Oord et al. 2016, https://arxiv.org/abs/1601.06759, sections 2, 3.1 to 3.4, and table 1
Needs    small images, as they are, and an encoder that reads pixel by pixel: row_lstm or diagonal_bilstm. It is slow:
         the memory goes through the image row by row, or diagonal by diagonal, and samples need it at every pixel
Differs  the networks are smaller (6 blocks of 64 features by default, not 12 of 256); the optimiser is AdamW with a
         schedule instead of RMSProp; no Multi-Scale PixelRNN. The paper learns no representation: what is kept are the
         mean states behind the middle block. Images are read in `encoder.levels` levels, 256 by default, and
         likelihoods are of images rounded to these
"""

from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Encoder, ImagesWithLatents, Method, PixelEncoder, Step, UserError
from selftaught.objectives import bits_per_dimension, equal_chance, level_nats
from selftaught.parts import LevelHead, LevelHistograms, sample_levels, uniform_of
from selftaught.views import WithLatents

__all__ = ["PixelRNN"]


@final
class PixelRNN(Method[ImagesWithLatents]):
    """LSTMs that remember at every pixel what stands before it, and a softmax over the levels of each channel.

    Args:
        encoder: what is kept after training; a `PixelEncoder`.
        head_width: features between the two 1x1 convolutions before the softmax.

    Raises:
        UserError: the encoder does not read pixel by pixel, or a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.core import ImagesWithLatents
        >>> from selftaught.encoders import PixelReader
        >>> from selftaught.methods import PixelRNN
        >>> method = PixelRNN(PixelReader("row_lstm", image_size=16, levels=4, features=12, blocks=1))
        >>> step = method.step(ImagesWithLatents.example(4, torch.Generator()))
        >>> sorted(step.losses), sorted(step.metrics)
        (['nats_per_dimension'], ['bits_per_dimension', 'histogram_bits_per_dimension'])
    """

    views_type = ImagesWithLatents
    view_maker = WithLatents
    view_arguments: ClassVar[Mapping[str, str]] = {"noise_width": "values_an_image"}
    default_encoder = "row_lstm"
    kinds = ("images",)

    def __init__(self, encoder: Encoder, *, head_width: int = 128) -> None:
        super().__init__()
        if not isinstance(encoder, PixelEncoder):
            name = type(encoder).__name__
            raise UserError(f"expected an encoder that reads pixel by pixel, such as row_lstm, got {name}")
        if head_width < encoder.channels:
            raise UserError(f"head_width: expected at least one for each of {encoder.channels} channels")
        self.encoder = encoder
        channels, levels = encoder.channels, encoder.rounding.count
        self.values_an_image = channels * encoder.image_size**2
        self.head = LevelHead(encoder.state_width, width=head_width, channels=channels, levels=levels)
        self.histograms = LevelHistograms(self.values_an_image, levels=levels)

    def step(self, views: ImagesWithLatents) -> Step:
        """Minus the log probability of the images, in nats per channel of a pixel; exact, as are the bits."""
        numbers = self._encoder.rounding.of(views.images)
        nats = level_nats(self.logits(numbers), numbers)
        metrics = {
            "bits_per_dimension": bits_per_dimension(nats.detach(), self.values_an_image),
            "histogram_bits_per_dimension": self.histograms.bits_per_dimension(numbers),
        }
        return Step({"nats_per_dimension": nats.mean() / self.values_an_image}, {"numbers": numbers}, metrics)

    def after_step(self, step: Step, progress: float) -> None:
        """The histograms, to which the network is compared, hear of the levels of these images."""
        self.histograms.see(step.remember["numbers"])

    def chance(self, views: ImagesWithLatents) -> Mapping[str, float]:
        """A guess holds all levels for equally likely."""
        return equal_chance(self._encoder.rounding.count)

    def energy(self, views: ImagesWithLatents) -> Float[Tensor, " n"]:
        """Minus the log probability of each whole image, in nats."""
        numbers = self._encoder.rounding.of(views.images)
        return level_nats(self.logits(numbers), numbers)

    def logits(self, numbers: Int[Tensor, "n c h w"]) -> Float[Tensor, "n c levels h w"]:
        """Of every level of every channel of every pixel, given what stands before it."""
        return self.head(self._encoder.states(self._values(numbers)))

    @torch.no_grad()
    def samples(self, latents: Float[Tensor, "n numbers"]) -> Float[Tensor, "n c s s"]:
        """Normalised images, drawn pixel by pixel; each number of chance decides one channel of one pixel."""
        encoder = self._encoder
        uniforms = uniform_of(latents).view(-1, encoder.channels, encoder.image_size, encoder.image_size)
        numbers, _ = sample_levels(self._last_row, uniforms, rows_above=encoder.rows_above)
        return encoder.rounding.images(numbers, latents.dtype)

    def pictures(self, views: ImagesWithLatents) -> Mapping[str, Tensor]:
        """Images drawn by the views' numbers of chance."""
        return {"samples": self.samples(views.noise(self.values_an_image))}

    def _last_row(self, numbers: Int[Tensor, "n c rows w"]) -> Float[Tensor, "n c levels w"]:
        return self.head(self._encoder.states(self._values(numbers))[:, :, -1:]).squeeze(3)

    def _values(self, numbers: Int[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        return self._encoder.rounding.values(numbers, self.head.hidden.weight.dtype)

    @property
    def _encoder(self) -> PixelEncoder:
        return cast("PixelEncoder", self.encoder)
