"""The vectors of every item of a source, read once and in order."""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import Encoder, LocalEncoder, Nodes, Preparation, SequenceEncoder, Source, Track, UserError, silent
from selftaught.extraction.modes import reading

__all__ = ["RawInput", "RawNodes", "extract", "extract_each", "extract_positions", "raw_vectors"]

_RAW_SIZE = 32  # pixels
_CPU = torch.device("cpu")
_LARGEST_BATCH = {"cpu": 128}  # images, as many as suit the caches; elsewhere 512
_VALUES = 2**24  # of the input in a batch


@final
class RawInput(nn.Module):
    """The control that has learned nothing: the pixels an encoder would see, as one vector.

    Images above 32 pixels are reduced to 32x32 by averaging areas, so that the vectors stay small enough to probe.

    Example:
        >>> import torch
        >>> from selftaught.extraction import RawInput
        >>> RawInput()(torch.zeros(4, 3, 64, 64)).shape
        torch.Size([4, 3072])
    """

    def forward(self, items: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """One vector an image."""
        height, width = items.shape[2:]
        size = (min(height, _RAW_SIZE), min(width, _RAW_SIZE))
        reduced = items if (height, width) == size else F.adaptive_avg_pool2d(items, size)
        return reduced.flatten(1)


@final
class RawNodes(nn.Module):
    """The control that has learned nothing: the features of the nodes that are asked for.

    Example:
        >>> import torch
        >>> from selftaught.core import Graph, Nodes
        >>> from selftaught.extraction import RawNodes
        >>> graph = Graph(torch.eye(3), torch.tensor([[0, 1], [1, 0]]))
        >>> RawNodes()(Nodes(graph, torch.tensor([2])))
        tensor([[0., 0., 1.]])
    """

    def forward(self, items: Nodes) -> Float[Tensor, "n d"]:
        """One vector a node."""
        return items.graph.features.index_select(0, items.rows)


def extract(
    encoder: Encoder,
    preprocessing: Preparation,
    source: Source,
    *,
    device: torch.device = _CPU,
    batch_size: int | None = None,
    precision: torch.dtype = torch.float32,
    track: Track = silent,
) -> Float[Tensor, "n width"]:
    """The vector of every item, in eval mode, so that it depends on that item alone.

    Args:
        encoder: left in the mode and on the device it came in.
        preprocessing: from raw items to what the encoder takes.
        source: the items.
        device: where the encoder works.
        batch_size: items at a time; if None, as many as suit their size and the device.
        precision: of the encoder's arithmetic, float32 or bfloat16.
        track: shows progress.

    Returns:
        float32, on the CPU, in the order of the source.

    Raises:
        UserError: the source is empty.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.extraction import extract
        >>> source = open_images(torch.zeros(6, 1, 16, 16, dtype=torch.uint8)).train
        >>> prepare = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> extract(SmallResNet(channels=1), prepare, source).shape
        torch.Size([6, 256])
    """
    (vectors,) = extract_each(
        [encoder], preprocessing, source, device=device, batch_size=batch_size, precision=precision, track=track
    )
    return vectors


def extract_positions(
    encoder: Encoder,
    preprocessing: Preparation,
    source: Source,
    *,
    device: torch.device = _CPU,
    batch_size: int | None = None,
    precision: torch.dtype = torch.float32,
    track: Track = silent,
) -> tuple[Float[Tensor, "positions width"], Int[Tensor, " n"]]:
    """The vectors of the positions inside every item: patches, tokens, frames. Arguments are those of `extract`.

    Returns:
        All vectors, item after item, and how many each item has.

    Raises:
        UserError: the encoder has no positions, or the source is empty.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.extraction import extract_positions
        >>> source = open_images(torch.zeros(6, 1, 16, 16, dtype=torch.uint8)).train
        >>> prepare = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> vectors, counts = extract_positions(SmallResNet(channels=1), prepare, source)
        >>> vectors.shape, counts.tolist()
        (torch.Size([24, 256]), [4, 4, 4, 4, 4, 4])
    """
    if not isinstance(encoder, LocalEncoder):
        raise UserError(f"{type(encoder).__name__} has one vector an item and none for positions inside")
    rows: list[np.ndarray] = []
    found: list[Tensor] = []  # (positions, width) of each item, in the order of `rows`
    with _borrowed([encoder], device, precision):
        for some, items in _prepared(preprocessing, source, device, batch_size, track):
            local = encoder.local(items).float().cpu()  # (n, positions, width)
            lengths = torch.full((len(local),), local.shape[1])
            if isinstance(encoder, SequenceEncoder):
                lengths = encoder.lengths(items).cpu()
            real = torch.arange(local.shape[1]) < lengths[:, None]
            found += local[real].split(lengths.tolist())
            rows.append(some)
    in_order = [found[place] for place in np.argsort(np.concatenate(rows))]
    return torch.cat(in_order), torch.tensor([len(each) for each in in_order])


def raw_vectors(preprocessing: Preparation, source: Source, *, track: Track = silent) -> Float[Tensor, "n d"]:
    """The pixels of every image as an encoder would see them; see `RawInput`.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.extraction import raw_vectors
        >>> source = open_images(torch.zeros(6, 1, 16, 16, dtype=torch.uint8)).train
        >>> prepare = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> raw_vectors(prepare, source).shape
        torch.Size([6, 256])
    """
    (vectors,) = extract_each([RawInput()], preprocessing, source, track=track)
    return vectors


def extract_each(
    networks: Sequence[nn.Module],
    preprocessing: Preparation,
    source: Source,
    *,
    device: torch.device = _CPU,
    batch_size: int | None = None,
    precision: torch.dtype = torch.float32,
    track: Track = silent,
) -> list[Float[Tensor, "n d"]]:
    """What `extract` gives, of several networks for one reading of the items.

    The next batch is read in a thread while the networks work on this one.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.extraction import RawInput, extract_each
        >>> source = open_images(torch.zeros(6, 1, 16, 16, dtype=torch.uint8)).train
        >>> prepare = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> [len(vectors) for vectors in extract_each([RawInput(), nn.Flatten()], prepare, source)]
        [6, 6]
    """
    vectors: list[Tensor] = []
    with _borrowed(networks, device, precision):
        for rows, items in _prepared(preprocessing, source, device, batch_size, track):
            found = [network(items) for network in networks]
            vectors = vectors or [torch.empty(len(source), some.shape[1]) for some in found]
            for whole, some in zip(vectors, found, strict=True):
                whole[rows] = some.to(whole)
    return vectors


@contextmanager
def _borrowed(networks: Sequence[nn.Module], device: torch.device, precision: torch.dtype) -> Generator[None]:
    with ExitStack() as borrowed:
        for network in networks:
            borrowed.enter_context(reading(network, device))
        borrowed.enter_context(torch.autocast(device.type, precision, enabled=precision != torch.float32))
        yield


def _prepared(
    preprocessing: Preparation, source: Source, device: torch.device, batch_size: int | None, track: Track
) -> Iterator[tuple[Int[np.ndarray, " n"], Any]]:
    """Every batch as networks take it, and of which rows it is."""
    if len(source) == 0:
        raise UserError(f"expected at least one {source.nouns[0]} in {source.name}, got none")
    if batch_size is None:
        batch_size = max(min(_LARGEST_BATCH.get(device.type, 512), _VALUES // preprocessing.values_an_item), 1)
    several = _rows(source, batch_size)
    read = zip(several, _ahead(source, several), strict=True)
    for rows, batch in track(read, "reading features", len(several)):
        items = preprocessing(batch.to(device)).to(device)  # texts become numbers on the CPU
        whole = isinstance(items, Tensor) and items.dim() == 4
        yield rows, items.contiguous(memory_format=torch.channels_last) if whole else items


def _rows(source: Source, batch_size: int) -> list[Int[np.ndarray, " _"]]:
    """The rows of every batch: those of similar length together, and fewer where they are long."""
    rows = np.arange(len(source))
    lengths = source.lengths()
    if source.in_one_batch:
        return [rows]
    if lengths is None:
        return [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
    batches: list[np.ndarray] = []
    left = np.argsort(-lengths, kind="stable")  # the longest first: if memory does not do, that shows at once
    while len(left):
        count = max(min(batch_size, _VALUES // max(int(lengths[left[0]]), 1)), 1)
        batches.append(left[:count])
        left = left[count:]
    return batches


def _ahead(source: Source, several: Sequence[Int[np.ndarray, " _"]]) -> Iterator[Any]:
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(source.batch, several[0])
        for rows in several[1:]:
            items, following = following.result(), reader.submit(source.batch, rows)
            yield items
        yield following.result()
