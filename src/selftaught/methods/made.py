"""MADE: an autoencoder whose masks let every output see the inputs before its own, in orders that change.

Paper    Germain et al. 2015, https://arxiv.org/abs/1502.03509, sections 3 and 4
Needs    small images, as they are, and the encoder masked_perceptron; two levels make them black and white
Differs  levels are guessed by a softmax, for two of them the paper's sigmoid; no direct connections from inputs to
         outputs; AdamW with a schedule. The paper learns no representation: kept are the units of the last hidden layer
"""

from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Encoder, ImagesWithLatents, Method, Step, UserError
from selftaught.encoders import MaskedPerceptron
from selftaught.objectives import bits_per_dimension, equal_chance, level_nats, mixture_nats
from selftaught.parts import LevelHistograms, MaskedLogits, sample_in_order, uniform_of
from selftaught.views import WithLatents

__all__ = ["MADE"]


@final
class MADE(Method[ImagesWithLatents]):
    """A network under one set of masks after another while it learns, and under all of them when it is asked.

    Args:
        encoder: what is kept after training; a `MaskedPerceptron`.
        masks: how many sets of masks, each an order of the inputs with connections of its own, take turns step by step.

    Raises:
        UserError: the encoder is another, or there is no set of masks.

    Example:
        >>> import torch
        >>> from selftaught.core import ImagesWithLatents
        >>> from selftaught.encoders import MaskedPerceptron
        >>> from selftaught.methods import MADE
        >>> method = MADE(MaskedPerceptron(image_size=16, features=20), masks=2)
        >>> sorted(method.step(ImagesWithLatents.example(4, torch.Generator())).metrics)
        ['bits_per_dimension', 'histogram_bits_per_dimension']
    """

    views_type = ImagesWithLatents
    view_maker = WithLatents
    view_arguments: ClassVar[Mapping[str, str]] = {"noise_width": "encoder.values_an_image"}
    default_encoder = "masked_perceptron"
    kinds = ("images",)
    orders: Int[Tensor, "masks values"]
    degrees: Int[Tensor, "masks blocks features"]
    turn: Int[Tensor, ""]

    def __init__(self, encoder: Encoder, *, masks: int = 8) -> None:
        super().__init__()
        if not isinstance(encoder, MaskedPerceptron):
            raise UserError(f"expected the encoder masked_perceptron, got {type(encoder).__name__}")
        if masks < 1:
            raise UserError(f"masks: expected at least 1, got {masks}")
        self.encoder = encoder
        self.head = MaskedLogits(encoder.width, outputs=encoder.values_an_image, levels=encoder.levels)
        self.histograms = LevelHistograms(encoder.values_an_image, levels=encoder.levels)
        orders, degrees = zip(*map(encoder.draw, range(masks)), strict=True)
        self.register_buffer("orders", torch.stack(orders), persistent=False)
        self.register_buffer("degrees", torch.stack(degrees), persistent=False)
        self.register_buffer("turn", torch.zeros((), dtype=torch.int64))

    def step(self, views: ImagesWithLatents) -> Step:
        """Minus the log probability of the images under the masks whose turn it is; in eval mode of all, mixed."""
        numbers = self._encoder.rounding.of(views.images)
        nats = self._nats(numbers, self.turn % len(self.orders)) if self.training else self._mixture(numbers)
        count = self._encoder.values_an_image
        bits, coded = bits_per_dimension(nats.detach(), count), self.histograms.bits_per_dimension(numbers)
        metrics = {"bits_per_dimension": bits, "histogram_bits_per_dimension": coded}
        return Step({"nats_per_dimension": nats.mean() / count}, {"numbers": numbers}, metrics)

    def after_step(self, step: Step, progress: float) -> None:
        """The next set of masks takes its turn; the histograms hear of the levels of these images."""
        self.turn.add_(1)
        self.histograms.see(step.remember["numbers"])

    def chance(self, views: ImagesWithLatents) -> Mapping[str, float]:
        """All levels are equally likely."""
        return equal_chance(self._encoder.levels)

    def energy(self, views: ImagesWithLatents) -> Float[Tensor, " n"]:
        """Minus the log probability of each whole image by the mixture of all sets of masks, in nats."""
        return self._mixture(self._encoder.rounding.of(views.images))

    def guess(self, values: Float[Tensor, "n values"], masks: Int[Tensor, ""]) -> Float[Tensor, "n values levels"]:
        """The logits of every level of every value, given the values before it in the order of one set of masks."""
        order, degrees = self.orders[masks], self.degrees[masks]
        return self.head(self._encoder.hidden(values, order=order, degrees=degrees), order, degrees[-1])

    def logits(self, numbers: Int[Tensor, "n c h w"], masks: Int[Tensor, ""]) -> Float[Tensor, "n c levels h w"]:
        """The same of images of levels."""
        values = self._encoder.rounding.values(numbers, self.head.weight.dtype).flatten(1)
        return self.guess(values, masks).unflatten(1, numbers.shape[1:]).movedim(-1, 2)

    def samples(self, latents: Float[Tensor, "n numbers"]) -> Float[Tensor, "n c s s"]:
        """Normalised images, drawn value by value in the order of the first masks."""
        size, first = self._encoder.image_size, torch.zeros_like(self.turn)
        uniforms = uniform_of(latents).view(-1, self._encoder.channels, size, size)
        numbers, _ = sample_in_order(lambda before: self.logits(before, first), uniforms, self.orders[0])
        return self._encoder.rounding.images(numbers, latents.dtype)

    def pictures(self, views: ImagesWithLatents) -> Mapping[str, Tensor]:
        """Images drawn by the views' numbers of chance."""
        return {"samples": self.samples(views.noise(self._encoder.values_an_image))}

    @property
    def _encoder(self) -> MaskedPerceptron:
        return cast("MaskedPerceptron", self.encoder)

    def _nats(self, numbers: Int[Tensor, "n c h w"], masks: Int[Tensor, ""]) -> Float[Tensor, " n"]:
        return level_nats(self.logits(numbers, masks), numbers)

    def _mixture(self, numbers: Int[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        return mixture_nats(torch.stack([self._nats(numbers, masks) for masks in torch.arange(len(self.orders))]))
