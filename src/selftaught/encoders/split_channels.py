"""A network for each of several groups of channels."""

from collections.abc import Sequence
from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import JoinedEncoder
from selftaught.encoders.building import build_encoder
from selftaught.parts import ChannelSplit

__all__ = ["SplitChannels"]


@final
class SplitChannels(JoinedEncoder):
    """Networks of one kind, each of which sees some of the channels; the vector is theirs side by side.

    Args:
        name: of each network: "small_resnet", "small_vit", or a network of timm.
        channels: of the images.
        image_size: height and width of the images, in pixels.
        channel_split: which channels each network sees, as in "L,ab", "0-2,3", or "L" for one of lightness alone.
        mean: what was subtracted from each channel of the images, in 0..1; None for 0.
        standard_deviation: what each channel was then divided by; None for 1.
        stem: how images enter: see `build_encoder`.
        features: of the networks: see `build_encoder`.

    Raises:
        UserError: the channels cannot be taken apart so, or there is no such network.

    Source:
        Tian et al. 2019, https://arxiv.org/abs/1906.05849, section 3.2: the representations of L and ab, joined.

    Example:
        >>> import torch
        >>> from selftaught.encoders import SplitChannels
        >>> encoder = SplitChannels("small_resnet", channels=3, image_size=32, channel_split="L,ab")
        >>> encoder(torch.zeros(2, 3, 32, 32)).shape, [network.channels for network in encoder.networks]
        (torch.Size([2, 512]), [1, 2])
    """

    def __init__(
        self,
        name: str,
        *,
        channels: int,
        image_size: int,
        channel_split: str,
        mean: Sequence[float] | None = None,
        standard_deviation: Sequence[float] | None = None,
        stem: Literal["auto", "small", "timm"] = "auto",
        features: int | None = None,
    ) -> None:
        super().__init__()
        self._split = ChannelSplit(
            channel_split,
            channels,
            None if mean is None else tuple(mean),
            None if standard_deviation is None else tuple(standard_deviation),
        )
        self.image_size = image_size
        networks = [
            build_encoder(name, channels=width, image_size=image_size, stem=stem, features=features)
            for width in self._split.widths
        ]
        self.networks = nn.ModuleList(networks)
        self.widths = tuple(network.width for network in networks)
        self.width = sum(self.widths)

    @property
    def split(self) -> ChannelSplit:
        """Takes images apart as views are for it."""
        return self._split

    def each(self, parts: Sequence[Float[Tensor, "n _ h w"]]) -> tuple[Float[Tensor, "n _"], ...]:
        """The vector of each part, by its own network."""
        return tuple(network(part) for network, part in zip(self.networks, parts, strict=True))

    def forward(self, items: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n width"]:
        """The parts' vectors side by side."""
        return torch.cat(self.each(self.split(items)), 1)
