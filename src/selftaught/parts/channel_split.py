"""Images taken apart by their channels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, JoinedEncoder, UserError
from selftaught.parts.lab import LAB_RANGES, lab_to_rgb, rgb_to_lab

__all__ = ["ChannelSplit", "split_of"]

_LAB = "Lab"


@final
@dataclass(frozen=True)
class ChannelSplit:
    """Groups of an image's channels, each an image of its own.

    L, a and b are made of the first three channels, red, green and blue, and scaled to -1..1; channels by number stay
    as they are normalised.

    Args:
        groups: the channels of each, as in "L,ab" for lightness and colour, "L,a,b", or "0-2,3" for RGB and depth; one
            alone, as in "L", leaves the others out.
        channels: how many channels the images have.
        mean: what was subtracted from each channel of the images, in 0..1; None for 0.
        standard_deviation: what each channel was then divided by; None for 1.

    Raises:
        UserError: these channels cannot be taken apart so.

    Example:
        >>> import torch
        >>> from selftaught.parts import ChannelSplit
        >>> split = ChannelSplit("L,ab", channels=3)
        >>> lightness, colour = split(torch.ones(2, 3, 8, 8))
        >>> split.widths, round(lightness.max().item(), 3)
        ((1, 2), 1.0)
    """

    groups: str
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if self.channels < 2:
            why = "grey images have no colour" if self._needs_lab() else "there is nothing to take apart"
            raise UserError(
                f"channel_split {self.groups}: expected images of several channels, got {self.channels}: {why}"
            )
        taken = [channel for group in self._channels() for channel in group]
        if len(set(taken)) < len(taken):
            raise UserError(f"channel_split: expected groups with each channel once, as in L,ab, got {self.groups}")
        if self._needs_lab() and self.channels < 3:
            raise UserError(
                f"channel_split {self.groups}: L, a and b are made of red, green and blue, and images have "
                f"{self.channels} channels: expected channel numbers, as in 0,1"
            )
        unknown = [channel for channel in taken if channel not in _LAB and int(channel) >= self.channels]
        if unknown:
            raise UserError(
                f"channel_split {self.groups}: expected channel numbers from 0 to {self.channels - 1}, got "
                f"{unknown[0]}; --channels says how many the images have"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """What each group is called."""
        return tuple(self.groups.replace(" ", "").split(","))

    @property
    def widths(self) -> tuple[int, ...]:
        """How many channels each group has."""
        return tuple(len(group) for group in self._channels())

    def __call__(self, images: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n _ h w"], ...]:
        """Each group of the channels of normalised images.

        Raises:
            UserError: the images have another number of channels.
        """
        if images.shape[1] != self.channels:
            raise UserError(f"expected images with {self.channels} channels, got {images.shape[1]}")
        known = dict(zip(map(str, range(self.channels)), images.unbind(1), strict=True))
        if self._needs_lab():
            lab = rgb_to_lab(self._colours(images[:, :3])).unbind(1)
            for (name, (low, high)), plane in zip(LAB_RANGES.items(), lab, strict=True):
                known[name] = (plane - low) * (2 / (high - low)) - 1
        return tuple(torch.stack([known[channel] for channel in group], 1) for group in self._channels())

    def in_lab(self, parts: Sequence[Float[Tensor, "n _ h w"]]) -> tuple[Float[Tensor, "n _ h w"], ...]:
        """Groups of L, a and b, as a call gives them, in the units of these and no longer in -1..1.

        Raises:
            UserError: they are other groups.
        """
        found = tuple(part.shape[1] for part in parts)
        if found != self.widths:
            raise UserError(f"expected {self.widths} channels, for {self.groups}, got {found}")
        return tuple(_in_units(part, group) for part, group in zip(parts, self._channels(), strict=True))

    def as_images(self, lab: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
        """Normalised images of L, a and b in their own units."""
        mean, deviation = self._statistics(lab)
        return (lab_to_rgb(lab) - mean.view(-1, 1, 1)) / deviation.view(-1, 1, 1)

    def _colours(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
        """Red, green and blue in 0..1."""
        mean, deviation = self._statistics(images)
        return (images * deviation.view(-1, 1, 1) + mean.view(-1, 1, 1)).clamp(0, 1)

    def _statistics(self, images: Tensor) -> tuple[Float[Tensor, " 3"], Float[Tensor, " 3"]]:
        mean, deviation = self.mean or (0.0,) * self.channels, self.standard_deviation or (1.0,) * self.channels
        return images.new_tensor(mean)[:3], images.new_tensor(deviation)[:3]

    def _needs_lab(self) -> bool:
        return any(channel in _LAB for group in self._channels() for channel in group)

    def _channels(self) -> list[list[str]]:
        return [_read(name, self.groups) for name in self.names]


def _in_units(part: Tensor, names: Sequence[str]) -> Tensor:
    low, high = (part.new_tensor([LAB_RANGES[name][end] for name in names]).view(-1, 1, 1) for end in (0, 1))
    return (part + 1) / 2 * (high - low) + low


def split_of(encoder: Encoder, groups: str) -> ChannelSplit:
    """How an encoder takes images apart, for methods that ask the networks of certain groups about positions.

    Args:
        encoder: with a network for each group.
        groups: which they must be.

    Raises:
        UserError: they are others, or a network keeps no positions.

    Example:
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.parts import split_of
        >>> split_of(SmallResNet(), "L,ab")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: expected an encoder of these channels: --encoder.channel-split L,ab
    """
    split = encoder.split if isinstance(encoder, JoinedEncoder) else None
    if not isinstance(encoder, JoinedEncoder) or not isinstance(split, ChannelSplit) or ",".join(split.names) != groups:
        raise UserError(f"expected an encoder of these channels: --encoder.channel-split {groups}")
    if split.channels != len(_LAB):
        raise UserError(f"expected red, green and blue, got images of {split.channels} channels: give --channels 3")
    encoder.local_networks()
    return split


def _read(group: str, groups: str) -> list[str]:
    if re.fullmatch("[Lab]+", group):
        return list(group)
    first, _, last = group.partition("-")
    if re.fullmatch(r"\d+(-\d+)?", group) and int(first) <= int(last or first):
        return [str(number) for number in range(int(first), int(last or first) + 1)]
    raise UserError(
        f"channel_split: expected groups of L, a and b or of channel numbers, as in L,ab or 0-2,3, got {groups}"
    )
