"""The network that is kept after training."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core.errors import UserError

__all__ = [
    "Encoder",
    "JoinedEncoder",
    "LocalEncoder",
    "PatchEncoder",
    "SequenceEncoder",
    "StagedEncoder",
    "entries_of",
    "networks_asked",
]


class Encoder(nn.Module, ABC):
    """Items in, one vector each out.

    What items are depends on the kind of data: a tensor (n, channels, height, width) of images, `Sequences` of token
    numbers or samples, `Nodes` of a graph.

    Attributes:
        width: of the vectors.
        entries: the functions that methods call, by name. What they are given by position has a row an item, and so has
            what they give; what is the same for all items is given by name. By these a driver knows what to compile,
            and what to work through in pieces.

    Example:
        >>> import torch
        >>> from selftaught.core import Encoder
        >>> class Mean(Encoder):
        ...     width = 3
        ...
        ...     def forward(self, items):
        ...         return items.mean((2, 3))
        >>> Mean()(torch.zeros(4, 3, 8, 8)).shape
        torch.Size([4, 3])
    """

    width: int
    entries: ClassVar[tuple[str, ...]] = ("forward",)

    @abstractmethod
    def forward(self, items: Any) -> Float[Tensor, "n width"]:
        """One vector an item."""


class LocalEncoder(Encoder):
    """An encoder whose vectors are pooled from positions: patches, tokens, frames."""

    entries = ("forward", "local")

    @abstractmethod
    def local(self, items: Any) -> Float[Tensor, "n positions width"]:
        """One vector a position."""


class JoinedEncoder(Encoder):
    """An encoder that takes items apart and has a network for each part; its vector is theirs side by side.

    Attributes:
        networks: an encoder for each part, in their order.
        widths: of the networks' vectors.
    """

    networks: nn.ModuleList
    widths: tuple[int, ...]

    @property
    @abstractmethod
    def split(self) -> Callable[[Any], tuple[Tensor, ...]]:
        """Takes a batch of items apart."""

    @abstractmethod
    def each(self, parts: Sequence[Any]) -> tuple[Float[Tensor, "n _"], ...]:
        """The vectors of every part, by its own network."""

    def local_networks(self) -> tuple[LocalEncoder, ...]:
        """The networks, for those who ask about positions.

        Raises:
            UserError: one of them keeps no positions.
        """
        found = tuple(network for network in self.networks if isinstance(network, LocalEncoder))
        if len(found) < len(self.networks):
            got = ", ".join(sorted({type(network).__name__ for network in self.networks}))
            raise UserError(f"expected networks that keep positions, such as small_resnet or small_vit, got {got}")
        return found


class StagedEncoder(LocalEncoder):
    """An encoder of images that works in stages, each with a coarser feature map than the one before.

    Attributes:
        stage_shapes: channels, height and width of each map, for images of the size that the encoder was made for.
    """

    entries = (*LocalEncoder.entries, "stages")
    stage_shapes: tuple[tuple[int, int, int], ...]

    @abstractmethod
    def stages(self, items: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n _ _ _"], ...]:
        """The map behind every stage; the encoder's vector is the mean over the last."""


class SequenceEncoder(LocalEncoder):
    """An encoder of items that have different numbers of positions: `local` pads, and `lengths` says how much."""

    @abstractmethod
    def lengths(self, items: Any) -> Int[Tensor, " n"]:
        """How many of the positions that `local` gives of each item are real: the first so many."""


class PatchEncoder(LocalEncoder):
    """An encoder of images that can be asked for a few patches without looking at the others."""

    entries = (*LocalEncoder.entries, "visible")
    patch_pixels: int
    patches: int
    channels: int

    @abstractmethod
    def visible(self, items: Float[Tensor, "n c h w"], keep: Int[Tensor, "n kept"]) -> Float[Tensor, "n kept width"]:
        """The vectors of the patches numbered `keep`, row by row from the top left, computed from these alone."""


def entries_of(encoder: nn.Module) -> tuple[tuple[nn.Module, str], ...]:
    """The networks that do an encoder's work, each beside the name of a function by which it is asked.

    Args:
        encoder: of a method; a joined encoder's work is done by its networks.

    Example:
        >>> from selftaught.core.encoder import entries_of
        >>> from selftaught.encoders import SmallResNet, SplitChannels
        >>> [name for _, name in entries_of(SmallResNet(image_size=16))]
        ['forward', 'local', 'stages']
        >>> joined = SplitChannels("small_resnet", channels=3, image_size=16, channel_split="L,ab")
        >>> sorted({network.channels for network, _ in entries_of(joined)})
        [1, 2]
    """
    if isinstance(encoder, JoinedEncoder):
        return tuple(pair for network in encoder.networks for pair in entries_of(network))
    names: tuple[str, ...] = getattr(type(encoder), "entries", ("forward",))
    return tuple((encoder, name) for name in names)


def networks_asked(method: nn.Module) -> tuple[tuple[nn.Module, str], ...]:
    """Every network that a method asks for something, each beside the name of a function by which it is asked.

    These are the parts of the method itself, asked by `forward`, and whatever names its `entries`, wherever it is.

    Args:
        method: whose networks; each stands here once, though parts may share it.

    Example:
        >>> from selftaught.core import networks_asked
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import SimCLR
        >>> [name for _, name in networks_asked(SimCLR(SmallResNet(image_size=16)))]
        ['forward', 'forward', 'local', 'stages']
    """
    named = [pair for network in method.modules() if hasattr(type(network), "entries") for pair in entries_of(network)]
    return tuple(dict.fromkeys([*_parts_asked(method), *named]))


def _parts_asked(method: nn.Module) -> Iterator[tuple[nn.Module, str]]:
    for part in method.children():
        if type(part).forward is not nn.Module.forward:
            yield part, "forward"
        elif not hasattr(type(part), "entries"):  # a list of networks, or one that is asked by its parts
            yield from _parts_asked(part)
