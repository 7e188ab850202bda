"""What every set of images offers, wherever its images come from."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core import ImageBatch

__all__ = ["ImageSource", "Rows", "Skipped", "Splits", "describe"]

Rows = Sequence[int] | np.ndarray | Tensor

_SAMPLE_SEED = 0
_CHUNK = 256


class Skipped(NamedTuple):
    """An image that could not be read, and why.

    Example:
        >>> from selftaught.data import Skipped
        >>> Skipped("cats/7.jpg", "truncated").key
        'cats/7.jpg'
    """

    key: str
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageSource(ABC):
    """A set of images that hands out batches.

    Sources can be pickled into worker processes, and `batch` may be called from several threads.

    Args:
        name: how messages call it.
        channels: how many channels every image has, after conversion.
        size: height and width in pixels where all images share them, else None.
        keys: each image's own name: its path relative to the folder, or its row number.
        rows: where each image stands in what the source was made of.
        labels: each image's class, or None where there are none. Pre-training never looks at them.
        classes: the names of the classes that `labels` counts, where they have names.
        skipped: the images that could not be read.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> source = open_images(np.zeros((8, 28, 28), dtype=np.uint8)).train
        >>> len(source), source.channels, source.size, source.labels
        (8, 1, (28, 28), None)
        >>> source.batch([0, 3]).pixels.shape
        torch.Size([2, 1, 28, 28])
    """

    name: str
    channels: int
    size: tuple[int, int] | None
    keys: Sequence[str]
    rows: Int[np.ndarray, " n"]
    labels: Int[np.ndarray, " n"] | None = None
    classes: tuple[str, ...] | None = None
    skipped: Sequence[Skipped] = field(default=())

    @abstractmethod
    def read(self, stored: Int[np.ndarray, " n"]) -> ImageBatch:
        """The images at these places of what the source was made of; see `rows`."""

    def __len__(self) -> int:
        return len(self.keys)

    def batch(self, rows: Rows) -> ImageBatch:
        """The images of these rows, in this order."""
        return self.read(self.rows[_chosen(rows)])

    def take(self, rows: Rows) -> "ImageSource":
        """The source of only these rows, in this order. Copies no pixels."""
        chosen = _chosen(rows)
        return replace(
            self,
            keys=[self.keys[row] for row in chosen],
            rows=self.rows[chosen],
            labels=None if self.labels is None else self.labels[chosen],
        )

    def statistics(self, limit: int = 2048) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of each channel, over all pixels of a seeded sample of the images.

        Args:
            limit: at most so many images are read.

        Returns:
            Both in units of the full scale, 0 to 1. A deviation is at least 1/255, so that dividing by it is safe.

        Example:
            >>> import numpy as np
            >>> from selftaught.data import open_images
            >>> half_white = np.zeros((8, 28, 28), dtype=np.uint8)
            >>> half_white[:4] = 255
            >>> open_images(half_white).train.statistics()
            ((0.5,), (0.5,))
        """
        rows = np.sort(np.random.default_rng(_SAMPLE_SEED).permutation(len(self))[:limit])
        total = torch.zeros(self.channels, dtype=torch.float64)
        squares, pixel_count = torch.zeros_like(total), 0
        for start in range(0, len(rows), _CHUNK):
            batch = self.batch(rows[start : start + _CHUNK])
            for pixels, (height, width) in zip(batch.pixels, batch.sizes.tolist(), strict=True):
                inside = pixels[:, :height, :width].flatten(1)  # (c, h w)
                unit = inside.float() / 255 if inside.dtype == torch.uint8 else inside.float()
                total += unit.mean(1, dtype=torch.float64) * height * width
                squares += unit.square().mean(1, dtype=torch.float64) * height * width
                pixel_count += height * width
        mean = total / max(pixel_count, 1)
        deviation = (squares / max(pixel_count, 1) - mean.square()).clamp(min=0).sqrt().clamp(min=1 / 255)
        return tuple(mean.tolist()), tuple(deviation.tolist())


@dataclass(frozen=True)
class Splits:
    """The images to learn from, those kept out, and what was found.

    Args:
        train: the images to learn from.
        test: the images kept out, where the data come with some.
        found: one sentence for people.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> open_images(np.zeros((8, 28, 28), dtype=np.uint8)).test is None
        True
    """

    train: ImageSource
    test: ImageSource | None
    found: str


def describe(source: ImageSource, extent: tuple[tuple[int, int], tuple[int, int]] | None = None) -> str:
    """A source in a few words: how many images, classes, channels, pixels.

    Args:
        source: what to describe.
        extent: height and width of the smallest and of the largest image as stored, where they are known.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import describe, open_images
        >>> describe(open_images(np.zeros((1200, 28, 20), dtype=np.uint8)).train)
        '1,200 images, grey, 20x28'
    """
    colours = {1: "grey", 3: "RGB"}.get(source.channels, f"{source.channels} channels")
    if extent is None and source.size is not None:
        extent = (source.size, source.size)
    names = [] if extent is None else [f"{width}x{height}" for height, width in dict.fromkeys(extent)]
    classes = 0 if source.labels is None else len(source.classes or np.unique(source.labels))
    counted = [f"{len(source):,} {'image' if len(source) == 1 else 'images'}"]
    counted += [f"{classes} {'class' if classes == 1 else 'classes'}"] if classes else []
    skipped = [f"{len(source.skipped):,} skipped because they could not be read"] if source.skipped else []
    return ", ".join([*counted, colours, *([" to ".join(names)] if names else []), *skipped])


def _chosen(rows: Rows) -> Int[np.ndarray, " n"]:
    chosen = np.asarray(rows)
    return np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen.astype(np.int64)
