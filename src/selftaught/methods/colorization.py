"""Colorization: say which colours an image has, given its lightness alone.

Paper    Zhang et al. 2016, https://arxiv.org/abs/1603.08511
Needs    colour images; an encoder of lightness that keeps positions (--encoder.channel-split L with small_resnet or
         small_vit, or a vit_* of timm)
Differs  261 bins instead of 313: all that hold a colour of sRGB, by computation; the prior is counted in the first 100
         batches; a light decoder behind any encoder; loss and weights are means over places and items, not sums
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal, cast, final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import ChannelViews, Encoder, JoinedEncoder, Method, Step
from selftaught.parts import BinnedTarget, ChannelTarget, MapDecoder, RegressedTarget, gamut_bins, quarter, split_of
from selftaught.views import ChannelCrops

__all__ = ["Colorization"]


@final
class Colorization(Method[ChannelViews]):
    """An encoder that sees lightness, and a decoder, later thrown away, that says the colour of every fourth pixel.

    Args:
        encoder: what is kept after training; of lightness alone, with positions.
        colours: "classes" for bins of a and b, "regression" for a and b themselves, by the squared distance.
        uniform_share: how much of the uniform distribution is mixed into the colours' frequencies, by the inverse of
            which rare colours count more, in (0, 1]; 1 lets all count alike.
        temperature: of the mean of bins that pictures show, above 0; 1 is dull, near 0 is blotched.
        decoder_width: features inside the decoder.

    Raises:
        UserError: the encoder sees more than lightness or keeps no positions, or a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.core import ChannelViews
        >>> from selftaught.encoders import SplitChannels
        >>> from selftaught.methods import Colorization
        >>> method = Colorization(SplitChannels("small_resnet", channels=3, image_size=16, channel_split="L"))
        >>> views = ChannelViews.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), method.energy(views).shape, sorted(method.pictures(views))
        (['colour'], torch.Size([4]), ['colourised', 'lightness', 'original'])
    """

    views_type = ChannelViews
    view_maker = ChannelCrops
    view_arguments: ClassVar = {"split": "split", "bank_rows": "bank_rows", "rows_an_item": "bank_rows_an_item"}
    default_encoder = "small_resnet"
    encoder_settings: ClassVar[Mapping[str, object]] = {"channel_split": "L"}
    kinds = ("images",)
    bank_rows, bank_rows_an_item = 1, None  # there is no bank

    def __init__(
        self,
        encoder: Encoder,
        *,
        colours: Literal["classes", "regression"] = "classes",
        uniform_share: float = 0.5,
        temperature: float = 0.38,
        decoder_width: int = 128,
    ) -> None:
        super().__init__()
        split = split_of(encoder, "L")
        self.encoder, self.split = encoder, replace(split, groups="L,ab")
        self.target: ChannelTarget = (
            BinnedTarget(gamut_bins(), uniform_share=uniform_share, temperature=temperature)
            if colours == "classes"
            else RegressedTarget(2, unit=110.0)
        )
        self.decoder = MapDecoder(encoder_width=encoder.width, outputs=self.target.outputs, width=decoder_width)

    def step(self, views: ChannelViews) -> Step:
        """Say the colours of every image; rare ones count more, once it is known which these are."""
        said, true = self._say(views), self._colours(views)
        metrics = {} if self.training else self.target.metrics("colour", said, true)
        return Step({"colour": self.target.losses(said, true).mean()}, {"counts": self.target.count(true)}, metrics)

    def after_step(self, step: Step, progress: float) -> None:
        """The colours of the first batches are counted."""
        self.target.see(step.remember["counts"])

    def chance(self, views: ChannelViews) -> Mapping[str, float]:
        """A guess says the same of every pixel: how frequent each colour is, or the mean colour."""
        true = self._colours(views)
        return {"colour": self.target.best_constant(true), **self.target.chance("colour", true)}

    def energy(self, views: ChannelViews) -> Float[Tensor, " n"]:
        """How little the colours fit the lightness: the loss of each image, all colours counting alike."""
        return self.target.errors(self._say(views), self._colours(views))

    @torch.no_grad()
    def pictures(self, views: ChannelViews) -> Mapping[str, Float[Tensor, "n 3 h w"]]:
        """The lightness, the same with the colours that are said of it, and the image."""
        lightness, true = self.split.in_lab(views.parts)
        full = self.target.enlarged(self._say(views), true.shape[3]).to(true)
        shown = {"lightness": torch.zeros_like(true), "colourised": full, "original": true}
        return {name: self.split.as_images(torch.cat([lightness, ab], 1)) for name, ab in shown.items()}

    def _colours(self, views: ChannelViews) -> Float[Tensor, "n 2 h w"]:
        return quarter(self.split.in_lab(views.parts)[1])

    def _say(self, views: ChannelViews) -> Float[Tensor, "n outputs h w"]:
        side = self._colours(views).shape[2]
        (network,) = cast("JoinedEncoder", self.encoder).local_networks()
        return self.decoder(network.local(views.parts[0]), side)
