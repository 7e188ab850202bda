"""Inpainting: a context encoder, which fills a hole from what is around it, before a critic.

Paper    Pathak et al. 2016, https://arxiv.org/abs/1604.07379
Needs    images of at least 16 pixels; an encoder that keeps positions, such as small_resnet
Differs  any encoder; the decoder enlarges bilinearly before convolutions; random holes are smoothed noise, exactly a
         quarter of each image, as in its authors' code, and not shapes from another data set; the overlap goes round
         these, too; the critic has no batch norm, and both players move at once
"""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, HoledImages, LocalEncoder, Method, ParameterGroup, Step, UserError
from selftaught.objectives import discriminator_accuracy, discriminator_loss, generator_loss, hole_error
from selftaught.parts import Discriminator, HoleDecoder, frozen, image_shape
from selftaught.views import HoledCrops

__all__ = ["Inpainting"]


@final
class Inpainting(Method[HoledImages]):
    """An encoder that sees an image with a hole, a decoder that fills it, and a critic of what was filled.

    Args:
        encoder: what is kept; keeps positions and says by `channels` and `image_size` what it takes.
        region: "centre" for a square hole in the middle, of which only the square around is decoded; "random" for
            blobs anywhere.
        adversarial_weight: of the critic's opinion; the error of the pixels gets the rest; in (0, 1).
        decoder_width: features inside the decoder.
        discriminator_width: channels after the critic's first layer.

    Raises:
        UserError: the encoder keeps no positions or takes too small images, or a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.core import HoledImages
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import Inpainting
        >>> method = Inpainting(SmallResNet(channels=3, image_size=16))
        >>> views = HoledImages.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), method.energy(views).shape, list(method.pictures(views))
        (['discriminator', 'encoder_and_decoder'], torch.Size([4]), ['masked', 'filled', 'original'])
    """

    views_type = HoledImages
    view_maker = HoledCrops
    view_arguments: ClassVar[Mapping[str, str]] = {"holes": "region", "inset": "overlap"}
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        region: Literal["centre", "random"] = "centre",
        adversarial_weight: float = 0.001,
        decoder_width: int = 128,
        discriminator_width: int = 64,
    ) -> None:
        super().__init__()
        channels, size = image_shape(encoder)
        if not isinstance(encoder, LocalEncoder) or size < 16:
            raise UserError(f"expected positions of images of 16 pixels or more, got {type(encoder).__name__}, {size}")
        if not 0 < adversarial_weight < 1:
            raise UserError(f"adversarial_weight: expected a number in (0, 1), got {adversarial_weight}")
        self.encoder, self.region, self.adversarial_weight = encoder, region, adversarial_weight
        self.overlap = max(1, round(size * 7 / 227))  # pixels around the hole
        side = size - 2 * (size // 4) if region == "centre" else size
        self.decoder = HoleDecoder(encoder, channels=channels, image_size=size, side=side, width=decoder_width)
        shape = {"channels": channels, "image_size": side}
        self.discriminator = Discriminator(**shape, width=discriminator_width, spectral_norm=False)

    def step(self, views: HoledImages) -> Step:
        """Fill every hole; the critic learns to tell what was filled from what was there."""
        fill, true, mask = self._fill(views)
        error = hole_error(fill, true, mask, self.overlap).mean()
        real, fake = self.discriminator(true), self.discriminator(fill.detach())
        fooling = generator_loss(frozen(self.discriminator, fill))
        both = (1 - self.adversarial_weight) * error + self.adversarial_weight * fooling
        shown = {"reconstruction": error.detach(), "discriminator_accuracy": discriminator_accuracy(real, fake)}
        return Step({"encoder_and_decoder": both, "discriminator": discriminator_loss(real, fake)}, metrics=shown)

    def chance(self, views: HoledImages) -> Mapping[str, float]:
        """A guess gives every pixel the mean colour, 0 of normalised images, and tosses a coin."""
        true, mask = self.decoder.square(views.images), self.decoder.square(views.mask)
        error = hole_error(torch.zeros_like(true), true, mask, self.overlap).mean().item()
        both = (1 - self.adversarial_weight) * error + self.adversarial_weight * math.log(2)
        coin = {"discriminator_accuracy": 0.5, "discriminator": math.log(4)}
        return {"reconstruction": error, "encoder_and_decoder": both, **coin}

    def energy(self, views: HoledImages) -> Float[Tensor, " n"]:
        """The mean squared error in the hole."""
        return hole_error(*self._fill(views))

    def players(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """Encoder and decoder against the critic."""
        filling = [*self.encoder.parameters(), *self.decoder.parameters()]
        return {"encoder_and_decoder": filling, "discriminator": list(self.discriminator.parameters())}

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """The critic learns at a tenth of the others' rate (section 4)."""
        rates = {"encoder_and_decoder": 1.0, "discriminator": 0.1}
        return [ParameterGroup(name, weights, rates[name]) for name, weights in self.players().items()]

    @torch.no_grad()
    def pictures(self, views: HoledImages) -> Mapping[str, Float[Tensor, "n c s s"]]:
        """What is seen, with the mean colour in the hole; the same filled; and the image."""
        filled = self.decoder.whole(self._fill(views)[0], views.images.shape[3])
        return {"masked": views.seen, "filled": views.filled(filled).images, "original": views.images}

    def _fill(self, views: HoledImages) -> tuple[Tensor, Tensor, Tensor]:
        fill = self.decoder(cast("LocalEncoder", self.encoder).local(views.seen))
        return fill, self.decoder.square(views.images), self.decoder.square(views.mask)
