"""SplitBrain: two half networks, one that says colours from lightness and one that says lightness from colours.

Paper    Zhang et al. 2016, https://arxiv.org/abs/1611.09842
Needs    colour images; a network for lightness and one for colour that keep positions (--encoder.channel-split L,ab
         with small_resnet or small_vit, or a vit_* of timm)
Differs  261 bins of colour instead of 313: all that hold a colour of sRGB, by computation; a light decoder behind
         networks of any kind; losses are means over places and items, not sums
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar, Literal, cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import ChannelViews, Encoder, JoinedEncoder, Method, Step
from selftaught.parts import BinnedTarget, ChannelTarget, MapDecoder, RegressedTarget, gamut_bins, quarter, split_of
from selftaught.views import ChannelCrops

__all__ = ["SplitBrain"]

_SAID = ("colour", "lightness")  # by the network of lightness, and by that of colour


@final
class SplitBrain(Method[ChannelViews]):
    """A network for lightness and one for colour, each with a decoder, later thrown away, that says the other's part.

    Args:
        encoder: what is kept after training: both networks, their vectors side by side.
        answers: "classes" for 261 bins of colour and 100 of lightness, "regression" for the values themselves.
        temperature: of the mean of bins that pictures show, above 0.
        decoder_width: features inside each decoder.

    Raises:
        UserError: the encoder has other networks or keeps no positions, or a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.core import ChannelViews
        >>> from selftaught.encoders import SplitChannels
        >>> from selftaught.methods import SplitBrain
        >>> method = SplitBrain(SplitChannels("small_resnet", channels=3, image_size=16, channel_split="L,ab"))
        >>> views = ChannelViews.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), method.energy(views).shape, sorted(method.pictures(views))
        (['colour', 'lightness'], torch.Size([4]), ['colour said', 'lightness said', 'original'])
    """

    views_type = ChannelViews
    view_maker = ChannelCrops
    view_arguments: ClassVar = {"split": "split", "bank_rows": "bank_rows", "rows_an_item": "bank_rows_an_item"}
    default_encoder = "small_resnet"
    encoder_settings: ClassVar[Mapping[str, object]] = {"channel_split": "L,ab"}
    kinds = ("images",)
    bank_rows, bank_rows_an_item = 1, None  # there is no bank

    def __init__(
        self,
        encoder: Encoder,
        *,
        answers: Literal["classes", "regression"] = "classes",
        temperature: float = 0.38,
        decoder_width: int = 128,
    ) -> None:
        super().__init__()
        self.split, self.encoder = split_of(encoder, "L,ab"), encoder
        binned, regressed = partial(BinnedTarget, temperature=temperature), RegressedTarget
        classes = [binned(gamut_bins()), binned(torch.arange(0.5, 100.0, device="cpu")[:, None], neighbours=1)]
        self.targets = nn.ModuleList(
            classes if answers == "classes" else [regressed(2, unit=110.0), regressed(1, unit=100.0)]
        )
        self.decoders = nn.ModuleList(
            MapDecoder(encoder_width=each, outputs=target.outputs, width=decoder_width)
            for each, target in zip(cast("JoinedEncoder", encoder).widths, self._targets(), strict=True)
        )

    def step(self, views: ChannelViews) -> Step:
        """Say colours from lightness, and lightness from colours."""
        losses, metrics = dict[str, Tensor](), dict[str, Tensor]()
        for name, target, said, true in self._rows(views):
            losses[name] = target.losses(said, true).mean()
            metrics |= {} if self.training else target.metrics(name, said, true)
        return Step(losses, metrics=metrics)

    def chance(self, views: ChannelViews) -> Mapping[str, float]:
        """A guess says the same of every pixel: how frequent each bin is, or the mean."""
        guessed: dict[str, float] = {}
        for name, target, true in zip(_SAID, self._targets(), self._truth(views), strict=True):
            guessed |= {name: target.best_constant(true), **target.chance(name, true)}
        return guessed

    def energy(self, views: ChannelViews) -> Float[Tensor, " n"]:
        """How little lightness and colours fit each other: both losses of each image."""
        return torch.stack([target.errors(said, true) for _, target, said, true in self._rows(views)]).sum(0)

    @torch.no_grad()
    def pictures(self, views: ChannelViews) -> Mapping[str, Float[Tensor, "n 3 h w"]]:
        """The image with the colours that are said of its lightness; with the lightness that is; and as it is."""
        side = views.parts[0].shape[3]
        colour, lightness = (target.enlarged(said, side) for _, target, said, _ in self._rows(views))
        light, ab = self.split.in_lab(views.parts)
        shown = {"colour said": (light, colour), "lightness said": (lightness, ab), "original": (light, ab)}
        return {name: self.split.as_images(torch.cat(pair, 1)) for name, pair in shown.items()}

    def _rows(self, views: ChannelViews) -> list[tuple[str, ChannelTarget, Tensor, Tensor]]:
        networks, true = cast("JoinedEncoder", self.encoder).local_networks(), self._truth(views)
        said = [
            decoder(network.local(part), true[0].shape[2])
            for network, decoder, part in zip(networks, self.decoders, views.parts, strict=True)
        ]
        return list(zip(_SAID, self._targets(), said, true, strict=True))

    def _truth(self, views: ChannelViews) -> list[Tensor]:
        lightness, colour = self.split.in_lab(views.parts)
        return [quarter(colour), quarter(lightness)]

    def _targets(self) -> Sequence[ChannelTarget]:
        return [cast("ChannelTarget", target) for target in self.targets]
