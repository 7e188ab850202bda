"""Images of one size in one array, in memory or memory-mapped."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from selftaught.core import ImageBatch, UserError
from selftaught.data.scaling import check_depth, scaled, with_channels
from selftaught.data.source import ImageSource

__all__ = ["ArraySource", "Layout", "array_source", "layout_of"]

Layout = Literal["n h w", "n h w c", "n c h w"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ArraySource(ImageSource):
    """Images in one array, kept as it came; layout, depth and channels are converted batch by batch.

    Args:
        stored: every image, of any depth that `scaled` knows.
        layout: what the axes of `stored` mean.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.array_source import array_source
        >>> array_source(np.zeros((8, 32, 32, 3), dtype=np.uint8), name="zeros").batch([1, 2]).pixels.shape
        torch.Size([2, 3, 32, 32])
    """

    stored: Shaped[np.ndarray, "..."] = field(repr=False)
    layout: Layout

    def read(self, stored: Int[np.ndarray, " n"]) -> ImageBatch:
        """The images at these places of the array, with one look-up."""
        pixels = np.asarray(self.stored[stored])
        if self.layout == "n h w":
            pixels = pixels[:, None]
        if self.layout == "n h w c":
            pixels = pixels.transpose(0, 3, 1, 2)
        converted = np.ascontiguousarray(with_channels(scaled(pixels), self.channels))
        return ImageBatch.of(torch.from_numpy(converted))

    def __getstate__(self) -> dict[str, Any]:
        """A memory-mapped array travels to another process as the name of its file."""
        state = dict(self.__dict__)
        if isinstance(self.stored, np.memmap) and self.stored.filename is not None:
            state["stored"] = Path(self.stored.filename)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if isinstance(state["stored"], Path):
            state = {**state, "stored": np.load(state["stored"], mmap_mode="r", allow_pickle=False)}
        for name, value in state.items():
            object.__setattr__(self, name, value)


def layout_of(shape: tuple[int, ...], what: str = "array") -> Layout:
    """What the axes of an array of images mean.

    Three axes are grey images (n, h, w). Of four axes the channels are the last, (n, h, w, c), or the second,
    (n, c, h, w): the one that is shorter than both of the others.

    Args:
        shape: of the whole array, images first.
        what: how the message calls the array.

    Raises:
        UserError: the rule does not decide.

    Example:
        >>> from selftaught.data.array_source import layout_of
        >>> layout_of((50_000, 32, 32, 3)), layout_of((100, 13, 64, 64)), layout_of((60_000, 28, 28))
        ('n h w c', 'n c h w', 'n h w')
        >>> layout_of((100, 3, 3, 3))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: array of shape (100, 3, 3, 3): cannot tell which axis holds the channels...
    """
    listed = f"{what} of shape {tuple(shape)}"
    expected = (
        "expected (images, height, width), (images, height, width, channels) or (images, channels, height, width)"
    )
    if len(shape) not in (3, 4) or 0 in shape[1:]:
        hint = "; flattened rows must be reshaped first" if len(shape) == 2 else ""
        raise UserError(f"{listed}: {expected}{hint}")
    if len(shape) == 3:
        if shape[-1] <= 4:
            raise UserError(f"{listed}: looks like one image, and an array of many was expected: {expected}")
        return "n h w"
    if shape[3] < min(shape[1], shape[2]):
        return "n h w c"
    if shape[1] < min(shape[2], shape[3]):
        return "n c h w"
    raise UserError(f"{listed}: cannot tell which axis holds the channels, none is the shortest; {expected}")


def array_source(
    stored: Shaped[np.ndarray, "..."] | Shaped[Tensor, "..."],
    *,
    name: str,
    channels: int | None = None,
    labels: Int[np.ndarray, " n"] | None = None,
    classes: Sequence[str] | None = None,
) -> ArraySource:
    """A source of an array of images.

    Args:
        stored: the images; see `layout_of` and `scaled`.
        name: how messages call it.
        channels: convert to so many channels; None keeps what the array has.
        labels: each image's class.
        classes: the names of the classes.

    Raises:
        UserError: wrong shape, depth, range or number of labels.

    Example:
        >>> import torch
        >>> from selftaught.data.array_source import array_source
        >>> array_source(torch.rand(8, 3, 64, 64), name="noise", channels=1).channels
        1
    """
    array = stored.detach().cpu().numpy() if isinstance(stored, Tensor) else stored
    layout = layout_of(array.shape, name)
    if not len(array):
        raise UserError(f"{name}: holds no images")
    check_depth(array, name)
    if labels is not None and len(labels) != len(array):
        raise UserError(f"{name}: {len(array):,} images but {len(labels):,} labels")
    height, width = array.shape[2:] if layout == "n c h w" else array.shape[1:3]
    have = {"n h w": 1, "n h w c": array.shape[-1], "n c h w": array.shape[1]}[layout]
    source = ArraySource(
        name=name,
        channels=have,
        size=(height, width),
        keys=[str(row) for row in range(len(array))],
        rows=np.arange(len(array)),
        labels=labels,
        classes=None if classes is None else tuple(classes),
        stored=array,
        layout=layout,
    )
    if channels is not None:
        with_channels(np.zeros((have, 1, 1), dtype=np.uint8), channels, name)
        return replace(source, channels=channels)
    return source
