"""Images of different sizes, or too many to keep in memory, decoded batch by batch in threads."""

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Protocol, final, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int, Shaped

from selftaught.core import ImageBatch, UserError
from selftaught.data.decode import BrokenImage, Decoded
from selftaught.data.scaling import with_channels
from selftaught.data.source import ImageSource

__all__ = ["DecodedSource", "KeptImages", "Reader", "converted", "outcomes", "threads"]

_ROWS_A_TASK = 4  # more would keep more full-sized photographs in memory at once
_TASKS_A_WINDOW = 256


@runtime_checkable
class Reader(Protocol):
    """Decodes image number `row`. Can be pickled; several threads call it at once where `parallel` is true.

    Example:
        >>> from selftaught.data.decoded_source import KeptImages, Reader
        >>> isinstance(KeptImages([]), Reader)
        True
    """

    @property
    def parallel(self) -> bool:
        """Whether `__call__` is safe, and faster, in several threads."""
        ...

    def __call__(self, row: int) -> Decoded:
        """The image, decoded.

        Raises:
            BrokenImage: it cannot be.
        """
        ...


@final
@dataclass(frozen=True)
class KeptImages:
    """The reader of images that are in memory already.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.decoded_source import KeptImages
        >>> KeptImages([np.zeros((1, 4, 8), dtype=np.uint8)])(0).stored_size
        (4, 8)
    """

    images: Sequence[np.ndarray]
    parallel: bool = False

    def __call__(self, row: int) -> Decoded:
        """The image; its stored size is that which it was kept in."""
        image = self.images[row]
        return Decoded(image, (image.shape[1], image.shape[2]))


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class DecodedSource(ImageSource):
    """Images of different sizes, or too many to keep, decoded batch by batch.

    Args:
        reader: decodes one image.
        deep: some image is deeper than 8 bits, so all become float32.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import DecodedSource
        >>> from selftaught.data.decoded_source import KeptImages
        >>> two = KeptImages([np.zeros((1, height, 8), dtype=np.uint8) for height in (4, 5)])
        >>> keys, rows = ["0", "1"], np.arange(2)
        >>> source = DecodedSource(name="two", channels=1, size=None, keys=keys, rows=rows, reader=two)
        >>> source.batch([0, 1]).pixels.shape
        torch.Size([2, 1, 5, 8])
    """

    reader: Reader
    deep: bool = False

    def read(self, stored: Int[np.ndarray, " n"]) -> ImageBatch:
        """The images at these places, padded below and to the right to the largest of them."""
        places = stored.tolist()
        images = list((threads().map if self.reader.parallel else map)(self._image, places))
        sizes = torch.tensor([image.shape[1:] for image in images], dtype=torch.int64).reshape(-1, 2)
        height, width = sizes.amax(0).tolist() if images else (1, 1)
        # Filled by numpy: torch would start threads for the thread that reads, beside those of the thread that trains,
        # and with more of them than cores OpenMP puts each to sleep after every operation.
        pixels = np.zeros((len(images), self.channels, height, width), dtype=np.float32 if self.deep else np.uint8)
        for row, image in enumerate(images):
            pixels[row, :, : image.shape[1], : image.shape[2]] = image
        return ImageBatch(torch.from_numpy(pixels), sizes)

    def _image(self, place: int) -> Shaped[np.ndarray, "c h w"]:
        try:
            image = self.reader(place).pixels
        except BrokenImage as error:
            raise UserError(f"{self.name}: image {place} could be read before and no longer can: {error}") from error
        return converted(image, self.channels, deep=self.deep)


def converted(pixels: Shaped[np.ndarray, "c h w"], channels: int, *, deep: bool) -> Shaped[np.ndarray, "c2 h w"]:
    """A decoded image in the channels and depth of its set.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.decoded_source import converted
        >>> converted(np.full((1, 1, 1), 255, dtype=np.uint8), 3, deep=True).tolist()
        [[[1.0]], [[1.0]], [[1.0]]]
    """
    pixels = with_channels(pixels, channels)
    return pixels.astype(np.float32) / np.float32(255) if deep and pixels.dtype == np.uint8 else pixels


def outcomes(reader: Reader, count: int) -> Iterator[Decoded | BrokenImage]:
    """Every image of a reader in its order, or why it cannot be decoded; in threads where the reader may be.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.decoded_source import KeptImages, outcomes
        >>> [image.stored_size for image in outcomes(KeptImages([np.zeros((1, 4, 8), dtype=np.uint8)]), 1)]
        [(4, 8)]
    """

    def outcome(row: int) -> Decoded | BrokenImage:
        try:
            return reader(row)
        except BrokenImage as error:
            return error

    def several(rows: range) -> list[Decoded | BrokenImage]:
        return [outcome(row) for row in rows]

    tasks = [range(start, min(start + _ROWS_A_TASK, count)) for start in range(0, count, _ROWS_A_TASK)]
    for window in range(0, len(tasks), _TASKS_A_WINDOW):  # bounds how many decoded images wait
        todo = tasks[window : window + _TASKS_A_WINDOW]
        for done in threads().map(several, todo) if reader.parallel else map(several, todo):
            yield from done


@cache
def threads() -> ThreadPoolExecutor:
    """The threads of this process that decode images.

    Example:
        >>> from selftaught.data.decoded_source import threads
        >>> list(threads().map(abs, [-1, 2]))
        [1, 2]
    """
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="selftaught-decode")


if sys.platform != "win32":
    os.register_at_fork(after_in_child=threads.cache_clear)  # a forked child has the pool but not its threads
