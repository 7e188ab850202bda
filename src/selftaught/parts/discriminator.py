"""Is an image, or an image with its code, a true one?"""

from itertools import pairwise
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import UserError
from selftaught.objectives import gradient_penalty
from selftaught.parts.spectral_norm import SpectralNorm

__all__ = ["Discriminator"]

_SLOPE = 0.2


@final
class Discriminator(nn.Module):
    """Strided convolutions over the image, two layers over the code, and three layers over both together.

    Whether a code fits an image is a question about both at once, which takes layers that see both. There is no batch
    norm, so that an item's logit depends on that item alone, in training, too. Layers may have a spectral norm of 1
    instead, which `follow` keeps up after every step.

    Args:
        channels: of the images.
        image_size: height and width of the images in pixels, at least 8.
        latent_width: numbers in a code; None where images come alone.
        width: channels after the first convolution; twice as many after each next, up to 4 times.
        joint_width: width of the layers over the code and over both.
        spectral_norm: hold the layers' spectral norms at 1.

    Raises:
        UserError: the images are smaller.

    Source:
        Radford et al. 2015, https://arxiv.org/abs/1511.06434, section 3 (convolutions); Donahue et al. 2016,
        https://arxiv.org/abs/1605.09782, section 3 (pairs); Miyato et al. 2018, https://arxiv.org/abs/1802.05957
        (spectral norm).

    Example:
        >>> import torch
        >>> from selftaught.parts import Discriminator
        >>> discriminator = Discriminator(channels=1, image_size=28, latent_width=16, width=8)
        >>> discriminator(torch.zeros(2, 1, 28, 28), torch.zeros(2, 16)).shape
        torch.Size([2])
    """

    def __init__(
        self,
        *,
        channels: int,
        image_size: int,
        latent_width: int | None = None,
        width: int = 64,
        joint_width: int = 256,
        spectral_norm: bool = True,
    ) -> None:
        super().__init__()
        if image_size < 8:
            raise UserError(f"expected images of at least 8 pixels to tell apart, got {image_size}")
        halvings = 0
        while image_size >> halvings > 4:
            halvings += 1

        def normed(layer: nn.Linear | nn.Conv2d) -> nn.Module:
            return SpectralNorm(layer) if spectral_norm else layer

        widths = [channels, *(width * min(2**halving, 4) for halving in range(halvings))]
        self.convolutions = nn.ModuleList(normed(nn.Conv2d(a, b, 4, 2, 1)) for a, b in pairwise(widths))
        seen = widths[-1] * (image_size >> halvings) ** 2
        of_codes = [] if latent_width is None else [latent_width, joint_width, joint_width]
        self.code = nn.ModuleList(normed(nn.Linear(a, b)) for a, b in pairwise(of_codes))
        of_both = [seen + (joint_width if of_codes else 0), joint_width, joint_width]
        self.joint = nn.ModuleList(normed(nn.Linear(a, b)) for a, b in pairwise(of_both))
        self.end = normed(nn.Linear(joint_width, 1))

    def forward(
        self, images: Float[Tensor, "n channels size size"], codes: Float[Tensor, "n latent_width"] | None = None
    ) -> Float[Tensor, " n"]:
        """One logit an item, high where it is called real."""
        for convolution in self.convolutions:
            images = F.leaky_relu(convolution(images), _SLOPE)
        seen = images.flatten(1)
        if len(self.code) and codes is not None:
            for layer in self.code:
                codes = F.leaky_relu(layer(codes), _SLOPE)
            seen = torch.cat([seen, codes], 1)
        for layer in self.joint:
            seen = F.leaky_relu(layer(seen), _SLOPE)
        return self.end(seen).squeeze(1)

    def penalty(
        self,
        images: Float[Tensor, "n channels size size"],
        codes: Float[Tensor, "n latent_width"] | None = None,
        *,
        weight: int | float,
    ) -> Float[Tensor, ""]:
        """`gradient_penalty` at true items, weighted: in full precision, and with gradients for the weights alone.

        Raises:
            UserError: the weight is below 0.
        """
        if weight < 0:
            raise UserError(f"penalty_weight: expected at least 0, got {weight}")
        kind, learning = next(self.parameters()).dtype, torch.is_grad_enabled()
        with torch.enable_grad(), torch.autocast(images.device.type, enabled=False):
            asked = [each.detach().to(kind).requires_grad_() for each in (images, codes) if each is not None]
            logits = Discriminator.forward(self, *asked)  # what torch.compile put in its place has no second derivative
            slopes = torch.autograd.grad(logits.sum(), asked, create_graph=True)
            penalty = weight * gradient_penalty(*slopes)
        return penalty if learning else penalty.detach()

    def follow(self) -> None:
        """Bring the spectral norms back to 1, after the weights have moved."""
        for module in self.modules():
            if isinstance(module, SpectralNorm):
                module.follow()
