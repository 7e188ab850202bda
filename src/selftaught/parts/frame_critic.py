"""Does each frame of a clip follow the one before it?"""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.objectives import discriminator_loss, generator_loss
from selftaught.parts.discriminator import Discriminator
from selftaught.parts.opponent import frozen

__all__ = ["FrameCritic"]


@final
class FrameCritic(nn.Module):
    """A `Discriminator` of every two frames in a row, which are judged together: how sharp they are, how they move.

    Args:
        image_size: height and width of the frames in pixels, at least 8.
        width: channels after the first convolution.

    Raises:
        UserError: the frames are smaller.

    Source:
        Mathieu et al. 2015, https://arxiv.org/abs/1511.05440, section 3.2, with the frame before in place of all.

    Example:
        >>> import torch
        >>> from selftaught.parts import FrameCritic
        >>> critic = FrameCritic(image_size=16, width=8)
        >>> critic(torch.zeros(2, 3, 16, 16), torch.zeros(2, 5, 3, 16, 16)).shape
        torch.Size([10])
    """

    def __init__(self, *, image_size: int, width: int = 32) -> None:
        super().__init__()
        self.discriminator = Discriminator(channels=6, image_size=image_size, width=width, spectral_norm=False)

    def forward(self, last: Float[Tensor, "n 3 h w"], frames: Float[Tensor, "n k 3 h w"]) -> Float[Tensor, " n_k"]:
        """One logit a frame, high where it is called true.

        Args:
            last: the frame before the first of `frames`.
            frames: to be judged, in their order.
        """
        before = torch.cat([last[:, None], frames[:, :-1]], 1)
        return self.discriminator(torch.cat([before, frames], 2).flatten(0, 1))

    def game(
        self,
        last: Float[Tensor, "n 3 h w"],
        true: Float[Tensor, "n k 3 h w"],
        made: Float[Tensor, "n k 3 h w"],
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The critic's own loss, without gradient for what was made, and that of who made it, without for the critic.

        Args:
            last: the frame before the first of either.
            true: frames that came.
            made: frames in their place.
        """
        own = discriminator_loss(self(last, true), self(last, made.detach()))
        return own, generator_loss(frozen(self, last, made))
