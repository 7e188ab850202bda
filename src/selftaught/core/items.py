"""Raw items in batches, before any view is made of them: images, clips, sequences, texts, nodes of a graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Int, Num, Shaped
from torch import Tensor

__all__ = ["Clips", "Graph", "ImageBatch", "Nodes", "Sequences", "Texts"]


@final
@dataclass(frozen=True)
class ImageBatch:
    """Images of one channel count, of equal or different sizes, in one tensor.

    Args:
        pixels: uint8 in 0..255, or floating point in 0..1. Images smaller than the largest are padded below and to
            the right; nothing reads the padding.
        sizes: height and width of each image inside `pixels`, in pixels.

    Example:
        >>> import torch
        >>> from selftaught.core import ImageBatch
        >>> batch = ImageBatch.of(torch.zeros(4, 3, 32, 32, dtype=torch.uint8))
        >>> len(batch), batch.channels, batch.sizes[0].tolist()
        (4, 3, [32, 32])
    """

    pixels: Num[Tensor, "n c h w"]
    sizes: Int[Tensor, "n 2"]

    @classmethod
    def of(cls, pixels: Num[Tensor, "n c h w"]) -> "ImageBatch":
        """A batch of images that all fill their tensor."""
        height, width = pixels.shape[-2:]
        return cls(pixels, torch.tensor([[height, width]]).expand(len(pixels), 2))

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def channels(self) -> int:
        """How many channels every image has."""
        return self.pixels.shape[1]

    def to(self, device: torch.device) -> "ImageBatch":
        """The same images on another device."""
        return ImageBatch(self.pixels.to(device, non_blocking=True), self.sizes.to(device, non_blocking=True))


@final
@dataclass(frozen=True)
class Clips:
    """Short pieces of video, all of one length and one size.

    Args:
        frames: red, green and blue, in the order in which they are shown; uint8 in 0..255, or floating point in 0..1.

    Example:
        >>> import torch
        >>> from selftaught.core import Clips
        >>> len(Clips(torch.zeros(2, 4, 3, 64, 64, dtype=torch.uint8)))
        2
    """

    frames: Num[Tensor, "n t 3 h w"]

    def __len__(self) -> int:
        return len(self.frames)

    def to(self, device: torch.device) -> "Clips":
        """The same clips on another device."""
        return Clips(self.frames.to(device, non_blocking=True))


@final
@dataclass(frozen=True)
class Sequences:
    """Sequences of different lengths in one tensor: token numbers, samples of sound, frames.

    Args:
        values: each sequence, then padding up to the longest. Whoever computes on them must not let the padding in;
            `mask` says where it is.
        lengths: how many values of each sequence are real, at least 1.

    Example:
        >>> import torch
        >>> from selftaught.core import Sequences
        >>> batch = Sequences.of([torch.tensor([5, 6, 7]), torch.tensor([8])])
        >>> batch.values.tolist(), batch.mask.tolist()
        ([[5, 6, 7], [8, 0, 0]], [[True, True, True], [True, False, False]])
    """

    values: Shaped[Tensor, "n t ..."]
    lengths: Int[Tensor, " n"]

    @classmethod
    def of(cls, sequences: Sequence[Shaped[Tensor, "_ ..."]]) -> "Sequences":
        """A batch of these sequences, padded with zeros."""
        lengths = torch.tensor([len(each) for each in sequences])
        return cls(torch.nn.utils.rnn.pad_sequence(list(sequences), batch_first=True), lengths)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def mask(self) -> Bool[Tensor, "n t"]:
        """True where a value is real, False where it is padding."""
        return torch.arange(self.values.shape[1], device=self.lengths.device) < self.lengths[:, None]

    def to(self, device: torch.device) -> "Sequences":
        """The same sequences on another device."""
        return Sequences(self.values.to(device, non_blocking=True), self.lengths.to(device, non_blocking=True))


@final
@dataclass(frozen=True)
class Texts:
    """Texts as they were read.

    Args:
        texts: one each.

    Example:
        >>> from selftaught.core import Texts
        >>> len(Texts(("one", "two")))
        2
    """

    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def to(self, device: torch.device) -> "Texts":
        """The same texts: they live on no device."""
        return self


@final
@dataclass(frozen=True)
class Graph:
    """One whole graph.

    Args:
        features: a row for each node.
        edge_index: from which node to which, one column an edge; an undirected edge stands there twice.

    Example:
        >>> import torch
        >>> from selftaught.core import Graph
        >>> Graph(torch.zeros(3, 8), torch.tensor([[0, 1], [1, 0]])).features.shape
        torch.Size([3, 8])
    """

    features: Float[Tensor, "nodes d"]
    edge_index: Int[Tensor, "2 edges"]

    def to(self, device: torch.device) -> "Graph":
        """The same graph on another device."""
        return Graph(self.features.to(device, non_blocking=True), self.edge_index.to(device, non_blocking=True))


@final
@dataclass(frozen=True)
class Nodes:
    """Some nodes of a graph, with all of the graph around them: what an encoder of nodes takes.

    Args:
        graph: the whole.
        rows: the nodes that are asked about, in this order.

    Example:
        >>> import torch
        >>> from selftaught.core import Graph, Nodes
        >>> graph = Graph(torch.zeros(3, 8), torch.tensor([[0, 1], [1, 0]]))
        >>> len(Nodes(graph, torch.tensor([2, 0])))
        2
    """

    graph: Graph
    rows: Int[Tensor, " n"]

    def __len__(self) -> int:
        return len(self.rows)

    def to(self, device: torch.device) -> "Nodes":
        """The same nodes on another device."""
        return Nodes(self.graph.to(device), self.rows.to(device, non_blocking=True))
