"""A model of images with latents: what a decoder makes of them, and how likely an image is then."""

from collections.abc import Iterable
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.objectives import bits_of_density, importance_weighted, prior_over_posterior, reparameterised
from selftaught.parts.generator import Generator
from selftaught.parts.pixel_likelihood import PixelLikelihood

__all__ = ["LatentModel"]


@final
class LatentModel(nn.Module):
    """Latents from the standard normal law, a decoder that expects pixels of them, and a likelihood around these.

    Args:
        decoder: its `logits` are those of values in 0..1.
        likelihood: of the values.

    Source:
        Kingma & Welling 2013, https://arxiv.org/abs/1312.6114, section 3.

    Example:
        >>> import torch
        >>> from selftaught.parts import Generator, LatentModel, PixelLikelihood
        >>> model = LatentModel(Generator(4, channels=1, image_size=8, width=2), PixelLikelihood("bernoulli"))
        >>> values, mean, log_variance = torch.rand(2, 1, 8, 8), torch.zeros(2, 4), torch.zeros(2, 4)
        >>> model.log_likelihood(values, mean, log_variance, torch.randn(5, 2, 4)).shape
        torch.Size([2])
    """

    def __init__(self, decoder: Generator, likelihood: PixelLikelihood) -> None:
        super().__init__()
        self.decoder, self.likelihood = decoder, likelihood

    @property
    def is_density(self) -> bool:
        """See `PixelLikelihood`."""
        return self.likelihood.is_density

    def forward(self, latents: Float[Tensor, "n width"]) -> Float[Tensor, "n c h w"]:
        """The expected values of images with these latents, in 0..1."""
        return self.likelihood.expected(self.decoder.logits(latents))

    def nats(
        self,
        values: Float[Tensor, "n c h w"],
        mean: Float[Tensor, "n width"],
        log_variance: Float[Tensor, "n width"],
        noise: Float[Tensor, "n width"],
    ) -> Float[Tensor, " n"]:
        """What each image's values cost in nats once a sample of its latents is known: -log p(x given z).

        Args:
            values: in 0..1.
            mean: of the latents' posterior.
            log_variance: of the same.
            noise: from the standard normal law, of which the sample is made.
        """
        return self.likelihood(values, self.decoder.logits(reparameterised(mean, log_variance, noise)))

    def log_likelihood(
        self,
        values: Float[Tensor, "n c h w"],
        mean: Float[Tensor, "n width"],
        log_variance: Float[Tensor, "n width"],
        noise: Float[Tensor, "k n width"],
    ) -> Float[Tensor, " n"]:
        """The importance-weighted estimate with k samples, in nats: at most the truth on average, at least the ELBO.

        Args:
            values: in 0..1.
            mean: of the latents' posterior.
            log_variance: of the same.
            noise: from the standard normal law, of which the samples are made.
        """
        latents = reparameterised(mean, log_variance, noise)
        repeated = values.expand(len(noise), *values.shape).flatten(0, 1)
        nats = self.likelihood(repeated, self.decoder.logits(latents.flatten(0, 1))).view(noise.shape[:2])
        return importance_weighted(prior_over_posterior(latents, noise, log_variance) - nats)

    def figures(self, nats: dict[str, Float[Tensor, ""]], values_an_item: int) -> dict[str, Float[Tensor, ""]]:
        """Costs of an image by their names: in bits per dimension where the likelihood is a density, else in nats."""
        if not self.likelihood.is_density:
            return {f"nats_{name}": value for name, value in nats.items()}
        return {f"bits_per_dimension_{name}": bits_of_density(value, values_an_item) for name, value in nats.items()}

    def chance(self, values: Float[Tensor, "n c h w"], names: Iterable[str]) -> dict[str, float]:
        """What `figures` of these names come to for one who says of every image the mean image, with no latents.

        Args:
            values: of at least 2 images.
            names: of costs.
        """
        nats = self.likelihood.nats_of_the_mean_image(values)
        found = self.figures({name: torch.tensor(nats).double() for name in names}, values[0].numel())
        return {"reconstruction": nats} | {name: each.item() for name, each in found.items()}
