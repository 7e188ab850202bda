"""What every set of images offers, wherever its images come from."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Int

from selftaught.core import ImageBatch, Source

__all__ = ["ImageSource", "ImageSplits", "Splits", "describe"]

S = TypeVar("S", bound=Source)

_SAMPLE_SEED = 0
_CHUNK = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageSource(Source):
    """A set of images that hands out batches.

    Args:
        channels: how many channels every image has, after conversion.
        size: height and width in pixels where all images share them, else None.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> source = open_images(np.zeros((8, 28, 28), dtype=np.uint8)).train
        >>> len(source), source.channels, source.size, source.labels
        (8, 1, (28, 28), None)
        >>> source.batch([0, 3]).pixels.shape
        torch.Size([2, 1, 28, 28])
    """

    kind = "images"
    nouns = ("image", "images")

    channels: int
    size: tuple[int, int] | None

    @abstractmethod
    def read(self, stored: Int[np.ndarray, " n"]) -> ImageBatch:
        """The images at these places of what the source was made of; see `rows`."""

    def facts(self) -> dict[str, Any]:
        """Their size, where they share one, and how many channels they have."""
        return {"size": self.size, "channels": self.channels}

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
class Splits(Generic[S]):
    """The items to learn from, those kept out, and what was found.

    Args:
        train: the items to learn from.
        test: the items kept out, where the data come with some.
        found: one sentence for people.
        everything: the items to pre-train on, where those are not `train`: the nodes of a whole graph, labelled or not.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> open_images(np.zeros((8, 28, 28), dtype=np.uint8)).test is None
        True
    """

    train: S
    test: S | None
    found: str
    everything: S | None = None

    @property
    def unlabelled(self) -> S:
        """The items to pre-train on."""
        return self.train if self.everything is None else self.everything


ImageSplits = Splits[ImageSource]


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
