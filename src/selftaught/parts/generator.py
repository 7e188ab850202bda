"""From a random code to an image."""

from itertools import pairwise
from typing import Protocol, final, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import Encoder, UserError, gather
from selftaught.parts.batch_norm import BatchNorm

__all__ = ["Generator", "extremes_of", "image_shape"]


@runtime_checkable
class _OfImages(Protocol):
    channels: int
    image_size: int


def image_shape(encoder: Encoder) -> tuple[int, int]:
    """The channels and the size of the images that an encoder takes, as it says by `channels` and `image_size`.

    Raises:
        UserError: it does not say.

    Example:
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.parts import image_shape
        >>> image_shape(SmallResNet(channels=1, image_size=28))
        (1, 28)
    """
    if not isinstance(encoder, _OfImages):
        name = type(encoder).__name__
        raise UserError(f"expected an encoder that says by `channels` and `image_size` what it takes, got {name}")
    return encoder.channels, encoder.image_size


def extremes_of(images: Float[Tensor, "n channels h w"]) -> Float[Tensor, "2 channels"]:
    """The lowest and the highest value in each channel, without gradient.

    Example:
        >>> import torch
        >>> from selftaught.parts import extremes_of
        >>> extremes_of(torch.arange(8.0).view(2, 1, 2, 2))
        tensor([[0.],
                [7.]])
    """
    return torch.stack([images.detach().amin((0, 2, 3)), images.detach().amax((0, 2, 3))])


@final
class Generator(nn.Module):
    """A linear layer to a small picture, then doubled again and again: nearest neighbours, a 3x3 convolution, a norm.

    Pictures come out in the space of normalised images: (pixel - mean) / deviation of each channel. In it black and
    white lie anywhere, so the last layer is a sigmoid between the lowest and the highest value of each channel that
    any true image had so far, which `see` is told after every step; before the first, between -1 and 1. The batch norms
    see the batch of all processes; in eval mode a picture depends on its own code alone.

    Args:
        latent_width: numbers in a code.
        channels: of the images.
        image_size: height and width of the images in pixels, at least 8; meant for sizes up to 64.
        width: channels before the last layer; twice as many at half the size, up to 8 times.

    Raises:
        UserError: the images are smaller.

    Source:
        Radford et al. 2015, https://arxiv.org/abs/1511.06434, section 3, with its transposed convolutions replaced
        (Odena et al. 2016, https://doi.org/10.23915/distill.00003) and its tanh moved to the images' own range.

    Example:
        >>> import torch
        >>> from selftaught.parts import Generator
        >>> Generator(16, channels=1, image_size=28, width=8)(torch.randn(2, 16)).shape
        torch.Size([2, 1, 28, 28])
    """

    entries = ("forward", "logits")
    lowest: Tensor
    highest: Tensor
    seen: Tensor

    def __init__(self, latent_width: int, *, channels: int, image_size: int, width: int = 32) -> None:
        super().__init__()
        if image_size < 8:
            raise UserError(f"expected images of at least 8 pixels to generate, got {image_size}")
        sizes = [image_size]
        while sizes[0] > 4:
            sizes.insert(0, -(-sizes[0] // 2))
        widths = [width * min(2**halvings, 8) for halvings in reversed(range(len(sizes)))]
        self.sizes, self.widths = sizes, widths
        self.start = nn.Linear(latent_width, widths[0] * sizes[0] ** 2, bias=False)
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(BatchNorm(each) for each in widths)
        self.end = nn.Conv2d(widths[-1], channels, 3, padding=1)
        self.register_buffer("lowest", -torch.ones(channels))
        self.register_buffer("highest", torch.ones(channels))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def forward(self, latents: Float[Tensor, "n latent_width"]) -> Float[Tensor, "n channels size size"]:
        """One normalised image a code."""
        lowest, highest = (bound.view(-1, 1, 1) for bound in (self.lowest.clone(), self.highest.clone()))
        return lowest + (highest - lowest) * self.logits(latents).sigmoid()

    def logits(self, latents: Float[Tensor, "n latent_width"]) -> Float[Tensor, "n channels size size"]:
        """The same before the sigmoid, for values whose range is known."""
        first, *norms = self.norms
        grid = F.relu(first(self.start(latents).view(-1, self.widths[0], self.sizes[0], self.sizes[0])))
        for size, convolution, norm in zip(self.sizes[1:], self.convolutions, norms, strict=True):
            grid = F.relu(norm(convolution(F.interpolate(grid, size=size))))
        return self.end(grid)

    @torch.no_grad()
    def see(self, extremes: Float[Tensor, "2 channels"]) -> None:
        """Widen the range of values to those of a batch of true images, over all processes.

        Args:
            extremes: what `extremes_of` says of this process's images.
        """
        everyone = gather(extremes[None])  # (processes, 2, channels)
        lowest, highest = everyone[:, 0].amin(0).to(self.lowest), everyone[:, 1].amax(0).to(self.highest)
        first = self.seen == 0
        self.lowest.copy_(torch.where(first, lowest, self.lowest.minimum(lowest)))
        self.highest.copy_(torch.where(first, highest, self.highest.maximum(highest)))
        self.seen.add_(1)
