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

from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, ImagesWithLatents, Method, PixelEncoder, Step
from selftaught.objectives import equal_chance
from selftaught.parts import PixelByPixel
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
    view_arguments: ClassVar[Mapping[str, str]] = {"noise_width": "levels.values_an_image"}
    default_encoder = "row_lstm"
    kinds = ("images",)

    def __init__(self, encoder: Encoder, *, head_width: int = 128) -> None:
        super().__init__()
        self.encoder = encoder
        self.levels = PixelByPixel(encoder, head_width=head_width)

    def step(self, views: ImagesWithLatents) -> Step:
        """Minus the log probability of the images, in nats per channel of a pixel; exact, as are the bits."""
        numbers = self._encoder.rounding.of(views.images)
        nats = self.levels.nats(self._encoder, numbers)
        losses = {"nats_per_dimension": nats.mean() / self.levels.values_an_image}
        return Step(losses, {"numbers": numbers}, self.levels.figures(nats, numbers))

    def after_step(self, step: Step, progress: float) -> None:
        """The histograms, to which the network is compared, hear of the levels of these images."""
        self.levels.histograms.see(step.remember["numbers"])

    def chance(self, views: ImagesWithLatents) -> Mapping[str, float]:
        """A guess holds all levels for equally likely."""
        return equal_chance(self._encoder.rounding.count)

    def energy(self, views: ImagesWithLatents) -> Float[Tensor, " n"]:
        """Minus the log probability of each whole image, in nats."""
        return self.levels.nats(self._encoder, self._encoder.rounding.of(views.images))

    def pictures(self, views: ImagesWithLatents) -> Mapping[str, Tensor]:
        """Images drawn pixel by pixel, by the views' numbers of chance."""
        return {"samples": self.levels.samples(self._encoder, views.noise(self.levels.values_an_image))}

    @property
    def _encoder(self) -> PixelEncoder:
        return cast("PixelEncoder", self.encoder)
