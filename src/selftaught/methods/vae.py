"""VAE: images from latents, and a network that says which latents an image may have come from.

Paper    Kingma and Welling 2013, https://arxiv.org/abs/1312.6114, equation 10; importance-weighted: Burda et al. 2015,
         https://arxiv.org/abs/1509.00519, equation 8
Needs    images of 8 to 64 pixels
Differs  convolutions instead of one hidden layer; the gaussian likelihood has one learned deviation for all values (or
         a fixed one), of 8-bit values with uniform noise, and bits per dimension are of these; KL and likelihood are
         sums in nats, without weights. Kept is the encoder's output, of which `projector` makes the posterior mean
"""

from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Method, PixelsWithLatents, Step, UserError
from selftaught.objectives import active_latents, gaussian_kl
from selftaught.parts import Generator, LatentModel, Likelihood, PixelLikelihood, image_shape, latent_plane
from selftaught.views import WithPixels

__all__ = ["VAE"]


@final
class VAE(Method[PixelsWithLatents]):
    """An encoder with a mean and a variance of each latent behind it, and a decoder.

    Args:
        encoder: what is kept; says by `channels` and `image_size` which images to make.
        latent_width: latents of an image, of the standard normal prior.
        decoder_width: channels before the decoder's last layer.
        likelihood: gaussian, for 8-bit values; or bernoulli, which takes grey values for chances to be white.
        pixel_deviation: of the gaussian likelihood, for values in 0..1, above 0; if none is given, it is learned.
        importance_samples: of each image, for the importance-weighted estimate in evaluation.

    Raises:
        UserError: an encoder that does not say which images it takes, a value out of its range.

    Example:
        >>> import torch
        >>> from selftaught.core import PixelsWithLatents
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import VAE
        >>> method = VAE(SmallResNet(channels=3, image_size=16), latent_width=8, decoder_width=8)
        >>> step = method.step(PixelsWithLatents.example(4, torch.Generator()))
        >>> sorted(step.losses), sorted(step.metrics)
        (['kl', 'reconstruction'], ['active_latents', 'bits_per_dimension_elbo', 'kl_nats_per_latent'])
    """

    views_type = PixelsWithLatents
    view_maker = WithPixels
    view_arguments: ClassVar[Mapping[str, str]] = {"noise_width": "noise_width", "dequantised": "model.is_density"}
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        latent_width: int = 32,
        decoder_width: int = 32,
        likelihood: Likelihood = "gaussian",
        pixel_deviation: int | float | None = None,
        importance_samples: int = 16,
    ) -> None:
        super().__init__()
        channels, image_size = image_shape(encoder)
        if min(latent_width, importance_samples) < 1:
            raise UserError(f"expected at least 1 latent and 1 sample, got {latent_width} and {importance_samples}")
        self.encoder = encoder
        self.projector = nn.Linear(encoder.width, latent_width)  # the posterior's mean
        self.log_variance = nn.Linear(encoder.width, latent_width)
        decoder = Generator(latent_width, channels=channels, image_size=image_size, width=decoder_width)
        self.model = LatentModel(decoder, PixelLikelihood(likelihood, pixel_deviation))
        self.latent_width, self.importance_samples = latent_width, importance_samples
        self.noise_width = latent_width * importance_samples

    def step(self, views: PixelsWithLatents) -> Step:
        """Minus the ELBO, in nats of an image: what its latents cost, and what is left to say of its pixels."""
        mean, log_variance = self.posterior(views.images)
        nats = self.model.nats(views.pixels, mean, log_variance, views.noise(self.latent_width)).mean()
        kl = gaussian_kl(mean, log_variance)  # (n, latent_width)
        shown = {"active_latents": active_latents(mean), "kl_nats_per_latent": kl.detach().mean()}
        bounds = {"elbo": (nats + kl.sum(1).mean()).detach()}
        if not self.training:
            bounds[f"importance_weighted_{self.importance_samples}"] = -self.log_likelihood(views).mean()
        shown |= self.model.figures(bounds, views.pixels[0].numel())
        return Step({"reconstruction": nats, "kl": kl.sum(1).mean()}, metrics=shown)

    def chance(self, views: PixelsWithLatents) -> Mapping[str, float]:
        """A guess says of every image the mean image, and has no latents to pay for."""
        return self.model.chance(views.pixels, ("elbo", f"importance_weighted_{self.importance_samples}"))

    def energy(self, views: PixelsWithLatents) -> Float[Tensor, " n"]:
        """Minus the ELBO of each image in nats, with one sample of its latents."""
        mean, log_variance = self.posterior(views.images)
        nats = self.model.nats(views.pixels, mean, log_variance, views.noise(self.latent_width))
        return nats + gaussian_kl(mean, log_variance).sum(1)

    def posterior(self, images: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n k"]]:
        """Mean and log-variance of the latents that normalised images may have come from."""
        vectors = self.encoder(images)
        return self.projector(vectors), self.log_variance(vectors)

    @torch.no_grad()
    def log_likelihood(self, views: PixelsWithLatents) -> Float[Tensor, " n"]:
        """The importance-weighted estimate for each image's values, in nats; below the truth on average."""
        noise = views.noise(self.noise_width).unflatten(1, (self.importance_samples, -1)).transpose(0, 1)
        return self.model.log_likelihood(views.pixels, *self.posterior(views.images), noise)

    @torch.no_grad()
    def pictures(self, views: PixelsWithLatents) -> Mapping[str, Tensor]:
        """Images, what is made of their posterior means, of latents from the prior, and of a plane of latents."""
        plane, prior = latent_plane(self.latent_width).to(views.latents), views.noise(self.latent_width)
        latents = {"reconstruction": self.posterior(views.images)[0], "samples": prior, "plane of latents": plane}
        made = {name: views.normalised(self.model(each)) for name, each in latents.items()}
        return {"original": views.images, **made}
