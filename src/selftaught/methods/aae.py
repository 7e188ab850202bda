"""AAE: an autoencoder whose codes cannot be told from random numbers.

Paper    Makhzani et al. 2015, https://arxiv.org/abs/1511.05644, section 2: the deterministic encoder
Needs    images of 8 to 64 pixels, as they are: what views change, the decoder learns to make
Differs  both phases of a step are one: encoder and decoder minimise the reconstruction error plus, weighted, the
         generator's non-saturating loss; convolutions. Kept is the encoder's output; `projector` makes the code of it
"""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, ImagesWithLatents, Method, Step, UserError
from selftaught.objectives import (
    discriminator_accuracy,
    discriminator_loss,
    generator_loss,
    mean_image_error,
    squared_error,
)
from selftaught.parts import Generator, extremes_of, frozen, image_shape, latent_plane, mlp
from selftaught.views import WithLatents

__all__ = ["AAE"]


@final
class AAE(Method[ImagesWithLatents]):
    """An encoder and a decoder against a discriminator that tells codes from numbers of the prior.

    Args:
        encoder: what is kept; says by `channels` and `image_size` which images to make.
        latent_width: numbers in a code; the prior is the standard normal distribution.
        decoder_width: channels before the decoder's last layer.
        discriminator_width: of the two hidden layers that judge codes.
        prior_weight: of the generator's loss beside the reconstruction error, at least 0.

    Raises:
        UserError: an encoder that does not say its images, a value out of its range, a batch of fewer latents.

    Example:
        >>> import torch
        >>> from selftaught.core import ImagesWithLatents
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import AAE
        >>> method = AAE(SmallResNet(channels=3, image_size=16), latent_width=8, decoder_width=8)
        >>> step = method.step(ImagesWithLatents.example(8, torch.Generator()))
        >>> sorted(step.losses), method.samples(torch.randn(2, 8)).shape
        (['autoencoder', 'discriminator'], torch.Size([2, 3, 16, 16]))
    """

    views_type = ImagesWithLatents
    view_maker = WithLatents
    view_settings: ClassVar[Mapping[str, object]] = {"two_parts": True}
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        latent_width: int = 32,
        decoder_width: int = 32,
        discriminator_width: int = 256,
        prior_weight: int | float = 0.1,
    ) -> None:
        super().__init__()
        if latent_width < 1 or prior_weight < 0:
            raise UserError(f"expected at least 1 latent and a weight of 0 or more, got {latent_width}, {prior_weight}")
        channels, image_size = image_shape(encoder)
        self.encoder, self.latent_width, self.prior_weight = encoder, latent_width, prior_weight
        self.projector = nn.Linear(encoder.width, latent_width)
        self.decoder = Generator(latent_width, channels=channels, image_size=image_size, width=decoder_width)
        self.discriminator = mlp(latent_width, discriminator_width, discriminator_width, 1, norm=False)

    def step(self, views: ImagesWithLatents) -> Step:
        """The autoencoder's error and how far it is from fooling the discriminator; the discriminator's own loss."""
        codes, prior = self._codes(views), views.noise(self.latent_width)
        error = squared_error(self.decoder(codes), views.images).mean()
        real, fake = self.discriminator(prior).squeeze(1), self.discriminator(codes.detach()).squeeze(1)
        fooled = generator_loss(frozen(self.discriminator, codes).squeeze(1))
        losses = {"discriminator": discriminator_loss(real, fake), "autoencoder": error + self.prior_weight * fooled}
        shown = {"reconstruction": error.detach(), "discriminator_accuracy": discriminator_accuracy(real, fake)}
        return Step(losses, {"extremes": extremes_of(views.images)}, shown)

    def after_step(self, step: Step, progress: float) -> None:
        """The decoder hears of the range of true pixels."""
        self.decoder.see(step.remember["extremes"])

    def chance(self, views: ImagesWithLatents) -> Mapping[str, float]:
        """A guess says of every image the mean image, tosses a coin over codes, and gives all of them one logit, 0."""
        error = mean_image_error(views.images).item()
        return {"reconstruction": error, "discriminator_accuracy": 0.5, "discriminator": math.log(4)}

    def samples(self, latents: Float[Tensor, "n numbers"]) -> Float[Tensor, "n c h w"]:
        """Normalised images of codes."""
        return self.decoder(latents[:, : self.latent_width])

    def energy(self, views: ImagesWithLatents) -> Float[Tensor, " n"]:
        """How far each image is from what its code makes: the mean squared error of normalised values."""
        return squared_error(self.decoder(self._codes(views)), views.images)

    def players(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """The discriminator against encoder, projector and decoder."""
        together = nn.ModuleList([self.encoder, self.projector, self.decoder])
        return {"discriminator": [*self.discriminator.parameters()], "autoencoder": [*together.parameters()]}

    @torch.no_grad()
    def pictures(self, views: ImagesWithLatents) -> Mapping[str, Tensor]:
        """Images, what their codes make, images made of the prior, and of a plane of codes."""
        made = {"reconstruction": self.decoder(self._codes(views)), "samples": self.samples(views.latents)}
        plane = self.samples(latent_plane(self.latent_width).to(views.latents))
        return {"original": views.images, **made, "plane of codes": plane}

    def _codes(self, views: ImagesWithLatents) -> Float[Tensor, "n latent_width"]:
        return self.projector(self.encoder(views.images if views.coded is None else views.coded))
