"""BiGAN: a discriminator of images with their codes trains an encoder to invert the generator.

Paper    Donahue et al. 2016, https://arxiv.org/abs/1605.09782, section 3 (the joint discriminator) and section 3.4
         (the inverse objective, in which encoder and generator minimise the loss with the labels swapped)
Needs    images of 8 to 64 pixels, as they are: what views change, the generator learns to make
Differs  latents are normal, not uniform; the encoder is any, its codes come from a linear head, standardised over the
         batch, that is thrown away; the discriminator has no batch norm, so that a pair's logit is its own; a penalty
         by option; the energy is not the logit but how far an image is from the one made of its code
"""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, ImagesWithLatents, Method, Step
from selftaught.objectives import discriminator_accuracy, discriminator_loss, variety_of_samples
from selftaught.parts import BatchNorm, Discriminator, Generator, extremes_of, frozen, image_shape
from selftaught.views import WithLatents

__all__ = ["BiGAN"]


@final
class BiGAN(Method[ImagesWithLatents]):
    """An encoder and a generator against a discriminator of pairs: (image, its code) or (made image, code it is of).

    Args:
        encoder: what is kept; says by `channels` and `image_size` which images to make.
        latent_width: numbers in a code, from the standard normal distribution.
        generator_width: channels before the generator's last layer.
        discriminator_width: channels after the discriminator's first layer.
        spectral_norm: hold the spectral norms of the discriminator's layers at 1 (Miyato et al. 2018, 1802.05957).
        penalty_weight: of `gradient_penalty` at true pairs (Mescheder et al. 2018), at least 0; the paper's is 10.

    Raises:
        UserError: an encoder that does not say its images, a weight below 0, a batch of fewer latents.

    Example:
        >>> import torch
        >>> from selftaught.core import ImagesWithLatents
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import BiGAN
        >>> method = BiGAN(SmallResNet(channels=3, image_size=16), generator_width=8, discriminator_width=8)
        >>> step = method.step(ImagesWithLatents.example(8, torch.Generator()))
        >>> sorted(step.losses), method.samples(torch.randn(2, 64)).shape
        (['discriminator', 'encoder_and_generator'], torch.Size([2, 3, 16, 16]))
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
        latent_width: int = 64,
        generator_width: int = 32,
        discriminator_width: int = 64,
        spectral_norm: bool = False,
        penalty_weight: int | float = 0.0,
    ) -> None:
        super().__init__()
        shape = dict(zip(("channels", "image_size"), image_shape(encoder), strict=True))
        self.encoder, self.latent_width, self.penalty_weight = encoder, latent_width, penalty_weight
        norm = BatchNorm(latent_width, affine=False)  # codes have mean 0 and variance 1 in each batch, as latents have
        self.head = nn.Sequential(nn.Linear(encoder.width, latent_width, bias=False), norm)
        self.generator = Generator(latent_width, **shape, width=generator_width)
        self.discriminator = Discriminator(
            **shape, latent_width=latent_width, width=discriminator_width, spectral_norm=spectral_norm
        )

    def step(self, views: ImagesWithLatents) -> Step:
        """Both sides' losses of the same pairs: the discriminator's, and the same with the labels swapped."""
        latents = views.noise(self.latent_width)
        images, codes, made = views.images, self._codes(views), self.generator(latents)
        real, fake = self.discriminator(images, codes.detach()), self.discriminator(made.detach(), latents)
        judged, fooled = frozen(self.discriminator, images, codes), frozen(self.discriminator, made, latents)
        swapped = discriminator_loss(real=fooled, fake=judged)
        losses = {"discriminator": discriminator_loss(real=real, fake=fake), "encoder_and_generator": swapped}
        right, variety = discriminator_accuracy(real, fake), variety_of_samples(made.flatten(1), images.flatten(1))
        shown = {"discriminator_accuracy": right, "variety_of_samples": variety}
        if self.penalty_weight != 0:
            penalty = self.discriminator.penalty(images, codes, weight=self.penalty_weight)
            shown["weighted_penalty"], losses["discriminator"] = penalty.detach(), losses["discriminator"] + penalty
        return Step(losses, {"extremes": extremes_of(images)}, shown)

    def after_step(self, step: Step, progress: float) -> None:
        """The generator hears of the range of true pixels; spectral norms, if any, come back to 1."""
        self.generator.see(step.remember["extremes"])
        self.discriminator.follow()

    def chance(self, views: ImagesWithLatents) -> Mapping[str, float]:
        """A guess tosses a coin, and gives all pairs one logit, 0: where a finished game ends, too."""
        return {"discriminator_accuracy": 0.5, "discriminator": math.log(4), "encoder_and_generator": math.log(4)}

    def samples(self, latents: Float[Tensor, "n numbers"]) -> Float[Tensor, "n c h w"]:
        """Normalised images of codes."""
        return self.generator(latents[:, : self.latent_width])

    def energy(self, views: ImagesWithLatents) -> Float[Tensor, " n"]:
        """How far each image is from the one of its code: mean squared difference, 0 at the optimum (section 3)."""
        return (self.generator(self._codes(views)) - views.images).square().mean((1, 2, 3))

    def players(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """The discriminator against encoder, head and generator."""
        together = nn.ModuleList([self.encoder, self.head, self.generator])
        return {"discriminator": [*self.discriminator.parameters()], "encoder_and_generator": [*together.parameters()]}

    def pictures(self, views: ImagesWithLatents) -> Mapping[str, Tensor]:
        """Images made of the views' latents, and of the codes of the views' images."""
        return {"samples": self.samples(views.latents), "reconstructions": self.generator(self._codes(views))}

    def _codes(self, views: ImagesWithLatents) -> Float[Tensor, "n latent_width"]:
        return self.head(self.encoder(views.images if views.coded is None else views.coded))
