"""Autoencoder: make an image again from the vector of what is seen of it, which may be a corrupted copy.

Paper    Vincent et al. 2008, https://doi.org/10.1145/1390156.1390294, section 2.3: the denoising autoencoder (--noise);
         without noise the plain one
Needs    images of 8 to 64 pixels; an encoder narrow enough, or noise, that copying is not all there is to learn
Differs  a convolutional decoder without tied weights, trained in one piece, not layer by layer; squared error of
         normalised values instead of cross-entropy; of an RGB pixel that is hit, all channels are. What is kept and
         evaluated is the encoder's output, before the bottleneck, where there is one
"""

from collections.abc import Mapping
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import CorruptedImages, Encoder, Method, Step, UserError
from selftaught.objectives import mean_image_error, squared_error
from selftaught.parts import Generator, extremes_of, image_shape
from selftaught.views import CorruptedCopies

__all__ = ["Autoencoder"]


@final
class Autoencoder(Method[CorruptedImages]):
    """An encoder, perhaps a bottleneck, and a decoder that doubles a small picture again and again.

    Args:
        encoder: what is kept; says by `channels` and `image_size` which images to make.
        bottleneck_width: numbers that the decoder is told of an image, made of the encoder's by a linear layer; if
            none is given, the encoder's vector itself.
        decoder_width: channels before the decoder's last layer.

    Raises:
        UserError: the encoder does not say which images it takes, or a width is below 1.

    Example:
        >>> import torch
        >>> from selftaught.core import CorruptedImages
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import Autoencoder
        >>> method = Autoencoder(SmallResNet(channels=3, image_size=16), bottleneck_width=8, decoder_width=8)
        >>> views = CorruptedImages.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), sorted(method.pictures(views))
        (['reconstruction'], ['original', 'reconstruction', 'seen'])
    """

    views_type = CorruptedImages
    view_maker = CorruptedCopies
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(self, encoder: Encoder, *, bottleneck_width: int | None = None, decoder_width: int = 32) -> None:
        super().__init__()
        width = encoder.width if bottleneck_width is None else bottleneck_width
        if width < 1 or decoder_width < 1:
            raise UserError(
                f"expected widths of at least 1, got bottleneck_width {width}, decoder_width {decoder_width}"
            )
        channels, image_size = image_shape(encoder)
        self.encoder = encoder
        self.bottleneck = nn.Identity() if bottleneck_width is None else nn.Linear(encoder.width, width)
        self.decoder = Generator(width, channels=channels, image_size=image_size, width=decoder_width)

    def step(self, views: CorruptedImages) -> Step:
        """Make the clean images of what is seen; beside the error, that of leaving what is seen as it is."""
        unchanged = squared_error(views.seen, views.images).mean()
        losses = {"reconstruction": squared_error(self._made(views), views.images).mean()}
        return Step(losses, {"extremes": extremes_of(views.images)}, {"error_of_what_is_seen": unchanged})

    def after_step(self, step: Step, progress: float) -> None:
        """The decoder hears of the range of true pixels."""
        self.decoder.see(step.remember["extremes"])

    def chance(self, views: CorruptedImages) -> Mapping[str, float]:
        """A guess says of every image the mean image."""
        return {"reconstruction": mean_image_error(views.images).item()}

    def energy(self, views: CorruptedImages) -> Float[Tensor, " n"]:
        """How far the clean image is from what is made of the seen one: the mean squared error of normalised values."""
        return squared_error(self._made(views), views.images)

    @torch.no_grad()
    def pictures(self, views: CorruptedImages) -> Mapping[str, Tensor]:
        """What is seen, what is made of it, and what it should be."""
        return {"seen": views.seen, "reconstruction": self._made(views), "original": views.images}

    def _made(self, views: CorruptedImages) -> Float[Tensor, "n c h w"]:
        return self.decoder(self.bottleneck(self.encoder(views.seen)))
