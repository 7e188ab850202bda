"""A map-style data set: anything with a length that gives an image for a row number."""

import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Shaped
from PIL import Image
from torch import Tensor

from selftaught.core import UserError
from selftaught.data.array_source import layout_of
from selftaught.data.decode import BrokenImage, Decoded, decode, decode_array, decode_picture, longest
from selftaught.data.survey import Surveyed, Wanted, survey

__all__ = ["MapStyle", "survey_mapped"]

_IMAGE_FIELDS = ("image", "img", "pixel_values", "x")
_LABEL_FIELDS = ("label", "labels", "target", "y")


@runtime_checkable
class MapStyle(Protocol):
    """A torch `Dataset` with a length, a list of images, or anything alike.

    Example:
        >>> from PIL import Image
        >>> from selftaught.data import MapStyle
        >>> isinstance([Image.new("L", (8, 8))], MapStyle)
        True
    """

    def __len__(self) -> int:
        """How many items there are."""
        ...

    def __getitem__(self, index: int, /) -> Any:
        """An image, or a tuple of image and class, or a mapping with them."""
        ...


@final
@dataclass(frozen=True)
class _ItemReader:
    """Reads in one thread: a data set of the user's own need not be safe in several."""

    items: MapStyle
    longest_side: int | None
    labelled: bool
    parallel: bool = False

    def __call__(self, row: int) -> Decoded:
        try:
            item = self.items[row]
        except (OSError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise BrokenImage(" ".join(str(error).split())) from error
        image, label = _image_and_label(item, row)
        decoded = self._decoded(image, row)
        return decoded._replace(label=label) if self.labelled else decoded

    def _decoded(self, image: object, row: int) -> Decoded:
        if isinstance(image, Image.Image):
            return decode_picture(image, self.longest_side)
        if isinstance(image, str | Path):
            return decode(Path(image), self.longest_side)
        array = image.detach().cpu().numpy() if isinstance(image, Tensor) else image
        if not isinstance(array, np.ndarray):
            raise UserError(
                f"item {row} of the data set is {type(image).__name__}: expected a PIL image, a path, a tensor or an "
                f"array, alone or as the first of a tuple"
            )
        return decode_array(_channels_first(array, f"item {row}"), self.longest_side, f"item {row}")


def survey_mapped(items: MapStyle, wanted: Wanted, *, name: str, classes: tuple[str, ...] | None = None) -> Surveyed:
    """A source of a map-style data set; each item is read once, and again only if the set exceeds the memory.

    Args:
        items: gives a PIL image, a tensor or an array, alone or as the first of (image, class), or a mapping with the
            fields "image" and "label".
        wanted: what the user asked for.
        name: how messages call it.
        classes: the names of the classes.

    Raises:
        UserError: the items are no images.

    Example:
        >>> from PIL import Image
        >>> from selftaught.data.mapped import survey_mapped
        >>> from selftaught.data.survey import Wanted
        >>> pairs = [(Image.new("RGB", (8, 8)), 1), (Image.new("RGB", (9, 8)), 0)]
        >>> survey_mapped(pairs, Wanted(), name="pairs").source.labels
        array([1, 0])
    """
    if not len(items):
        raise UserError(f"{name}: holds no images")
    reader = _ItemReader(items, longest(wanted.image_size), wanted.labelled)
    return survey(reader, [str(row) for row in range(len(items))], wanted, name=name, classes=classes)


def _image_and_label(item: Any, row: int) -> tuple[object, int | None]:
    if isinstance(item, Mapping):
        image = next((item[field] for field in _IMAGE_FIELDS if field in item), None)
        if image is None:
            listed = ", ".join(str(field) for field in item)
            raise UserError(f"item {row} of the data set has no field 'image'; it has: {listed}")
        return image, _class(next((item[field] for field in _LABEL_FIELDS if field in item), None))
    if isinstance(item, tuple | list) and item:
        return item[0], _class(item[1]) if len(item) > 1 else None
    return item, None


def _class(label: object) -> int | None:
    """A whole number, alone or in a tensor or array of one; anything else is no class."""
    if isinstance(label, Tensor):
        label = label.item() if label.numel() == 1 else None
    if isinstance(label, np.ndarray):
        label = label.item() if label.size == 1 else None
    return int(label) if isinstance(label, numbers.Integral) else None


def _channels_first(image: Shaped[np.ndarray, "..."], what: str) -> Shaped[np.ndarray, "c h w"]:
    if image.ndim == 2:
        return image[None]
    layout = layout_of((1, *image.shape), what)
    return image if layout == "n c h w" else image.transpose(2, 0, 1)
