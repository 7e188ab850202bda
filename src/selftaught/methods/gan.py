"""GAN: a generator makes images, a discriminator tells them from true ones.

Paper    Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, algorithm 1 with the generator's loss of its section 3
Needs    images of 8 to 64 pixels, as they are: what views change, the generator learns to make
Differs  a GAN learns no encoder. `encoder` is the trunk of its DISCRIMINATOR, trained to tell real from made, as
         Radford et al. 2015 evaluated it; both players move at once; convolutions and batch norm instead of maxout, and
         so neither gradient penalty nor spectral norm: through batch norm one image's score depends on the others', and
         not on how large weights are (`bigan` has both)
"""

import math
from collections.abc import Mapping, Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, ImagesWithLatents, Method, Step
from selftaught.objectives import (
    discriminator_accuracy,
    discriminator_energy,
    discriminator_loss,
    generator_loss,
    variety_of_samples,
)
from selftaught.parts import Generator, aside, extremes_of, frozen, image_shape
from selftaught.views import WithLatents

__all__ = ["GAN"]


@final
class GAN(Method[ImagesWithLatents]):
    """A discriminator, whose trunk is what is kept for want of an encoder, and a generator.

    Args:
        encoder: the discriminator's trunk; says by `channels` and `image_size` which images to make.
        latent_width: numbers in a code, from the standard normal distribution.
        generator_width: channels before the generator's last layer.

    Raises:
        UserError: the encoder does not say which images it takes, or a batch has fewer latents.

    Example:
        >>> import torch
        >>> from selftaught.core import ImagesWithLatents
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import GAN
        >>> method = GAN(SmallResNet(channels=3, image_size=16), generator_width=8)
        >>> step = method.step(ImagesWithLatents.example(8, torch.Generator()))
        >>> sorted(step.losses), method.samples(torch.randn(2, 64)).shape
        (['discriminator', 'generator'], torch.Size([2, 3, 16, 16]))
    """

    views_type = ImagesWithLatents
    view_maker = WithLatents
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(self, encoder: Encoder, *, latent_width: int = 64, generator_width: int = 32) -> None:
        super().__init__()
        channels, image_size = image_shape(encoder)
        self.encoder = encoder
        self.head = nn.Linear(encoder.width, 1)
        self.generator = Generator(latent_width, channels=channels, image_size=image_size, width=generator_width)
        self.latent_width = latent_width

    def step(self, views: ImagesWithLatents) -> Step:
        """Each player's loss. True and made images pass in batches of their own, and only the true ones are counted."""
        made = self.generator(views.noise(self.latent_width))
        real = self.head(self.encoder(views.images)).squeeze(1)
        fake = self.head(aside(self.encoder, made.detach())).squeeze(1)
        fooled = frozen(self.head, frozen(self.encoder, made)).squeeze(1)
        losses = {"discriminator": discriminator_loss(real, fake), "generator": generator_loss(fooled)}
        shown = {"discriminator_accuracy": discriminator_accuracy(real, fake)}
        shown["variety_of_samples"] = variety_of_samples(made.flatten(1), views.images.flatten(1))
        return Step(losses, remember={"extremes": extremes_of(views.images)}, metrics=shown)

    def after_step(self, step: Step, progress: float) -> None:
        """The generator hears of the range of true pixels."""
        self.generator.see(step.remember["extremes"])

    def chance(self, views: ImagesWithLatents) -> Mapping[str, float]:
        """A guess tosses a coin, and gives all images one logit, 0: where a finished game ends, too."""
        return {"discriminator_accuracy": 0.5, "discriminator": 2 * math.log(2), "generator": math.log(2)}

    def samples(self, latents: Float[Tensor, "n numbers"]) -> Float[Tensor, "n c h w"]:
        """Normalised images of codes."""
        return self.generator(latents[:, : self.latent_width])

    def energy(self, views: ImagesWithLatents) -> Float[Tensor, " n"]:
        """How much the discriminator takes each image for a made one: minus its logit."""
        return discriminator_energy(self.head(self.encoder(views.images)).squeeze(1))

    def players(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """The trunk and its head against the generator."""
        discriminator = [*self.encoder.parameters(), *self.head.parameters()]
        return {"discriminator": discriminator, "generator": list(self.generator.parameters())}

    def pictures(self, views: ImagesWithLatents) -> Mapping[str, Tensor]:
        """Images made of the views' latents."""
        return {"samples": self.samples(views.latents)}
