"""The vectors of every image of a source, read once and in order."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, ImageBatch, Track, UserError, silent
from selftaught.data import ImageSource
from selftaught.encoders import Preprocessing
from selftaught.extraction.modes import reading

__all__ = ["RawInput", "extract", "extract_each", "raw_vectors"]

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


def extract(
    encoder: Encoder,
    preprocessing: Preprocessing,
    source: ImageSource,
    *,
    device: torch.device = _CPU,
    batch_size: int | None = None,
    precision: torch.dtype = torch.float32,
    track: Track = silent,
) -> Float[Tensor, "n width"]:
    """The vector of every image, in eval mode, so that it depends on that image alone.

    Args:
        encoder: left in the mode and on the device it came in.
        preprocessing: from raw images to what the encoder takes.
        source: the images.
        device: where the encoder works.
        batch_size: images at a time; if None, as many as suit their size and the device.
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


def raw_vectors(preprocessing: Preprocessing, source: ImageSource, *, track: Track = silent) -> Float[Tensor, "n d"]:
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
    preprocessing: Preprocessing,
    source: ImageSource,
    *,
    device: torch.device = _CPU,
    batch_size: int | None = None,
    precision: torch.dtype = torch.float32,
    track: Track = silent,
) -> list[Float[Tensor, "n d"]]:
    """What `extract` gives, of several networks for one reading of the images.

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
    if len(source) == 0:
        raise UserError(f"expected at least one image in {source.name}, got none")
    if batch_size is None:
        values = preprocessing.channels * preprocessing.image_size**2
        batch_size = max(min(_LARGEST_BATCH.get(device.type, 512), _VALUES // values), 1)
    starts = range(0, len(source), batch_size)
    vectors: list[Tensor] = []
    with ExitStack() as borrowed:
        for network in networks:
            borrowed.enter_context(reading(network, device))
        borrowed.enter_context(torch.autocast(device.type, precision, enabled=precision != torch.float32))
        batches = _ahead(source, starts, batch_size)
        for start, images in zip(track(starts, "reading features", len(starts)), batches, strict=True):
            items = preprocessing(images.to(device)).contiguous(memory_format=torch.channels_last)
            for number, network in enumerate(networks):
                some = network(items)
                if start == 0:
                    vectors.append(torch.empty(len(source), some.shape[1]))
                vectors[number][start : start + len(some)] = some
    return vectors


def _ahead(source: ImageSource, starts: range, batch_size: int) -> Iterator[ImageBatch]:
    def batch(start: int) -> ImageBatch:
        return source.batch(range(start, min(start + batch_size, len(source))))

    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(batch, starts[0])
        for start in starts[1:]:
            images, following = following.result(), reader.submit(batch, start)
            yield images
        yield following.result()
