"""Codes that look like numbers drawn uniformly between 0 and 1, to a discriminator."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.objectives import discriminator_loss, generator_loss
from selftaught.parts.mlp import mlp
from selftaught.parts.opponent import frozen

__all__ = ["UniformPrior"]


@final
class UniformPrior(nn.Module):
    """A discriminator of codes, squeezed into 0..1 by a sigmoid, against numbers that are uniform there.

    Its weights are one player's; the encoder of the codes is the other's.

    Args:
        width: numbers in a code.

    Source:
        Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, equation 7 and section 4.1; the encoder's loss is the
        non-saturating one, as in its authors' code.

    Example:
        >>> import torch
        >>> from selftaught.parts import UniformPrior
        >>> of_discriminator, of_encoder = UniformPrior(64)(torch.randn(8, 64), torch.randn(8, 64))
        >>> of_discriminator.shape
        torch.Size([])
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.discriminator = mlp(width, 1000, 200, 1, norm=False)

    def forward(
        self, codes: Float[Tensor, "n width"], noise: Float[Tensor, "n width"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The loss of the discriminator, and that of the encoder that is to fool it.

        Args:
            codes: before the sigmoid.
            noise: from the standard normal distribution, which its own distribution function makes uniform.
        """
        squeezed = codes.sigmoid()
        real, fake = self.discriminator(torch.special.ndtr(noise)), self.discriminator(squeezed.detach())
        fooled = frozen(self.discriminator, squeezed)
        return discriminator_loss(real=real[:, 0], fake=fake[:, 0]), generator_loss(fooled[:, 0])
