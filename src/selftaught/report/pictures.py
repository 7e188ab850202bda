"""Images as text that a page can hold."""

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from torch import Tensor

from selftaught.report.contents import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Sheets", "collage", "data_uri", "sheets", "to_pictures", "wide_addresses"]

_LOSSLESS_UP_TO_PIXELS = 64
_WIDEST_PIXELS = 900
_ACROSS = 32  # pictures in a row of a sheet, and rows
_TILES = (48, 32, 24, 16)  # pixels; the root of the area
_SHEET_CHARACTERS = 6_000_000  # of all sheets together
_MANY_PICTURES = 4000
_CELL_PIXELS = 28
_CELLS = 34  # per side of the collage


def to_pictures(
    pixels: Float[Tensor, "n c h w"], *, mean: Sequence[float], standard_deviation: Sequence[float]
) -> list[Picture]:
    """Normalised views back as pictures: x * standard deviation + mean, clipped to 0..1, in 0..255.

    Args:
        pixels: what the encoder is given.
        mean: of each channel, in 0..1, as it was subtracted.
        standard_deviation: of each channel, as it was divided by.

    Example:
        >>> from torch import zeros
        >>> from selftaught.report import to_pictures
        >>> to_pictures(zeros(1, 1, 2, 2), mean=[0.2], standard_deviation=[0.3])[0][..., 0].tolist()
        [[51, 51], [51, 51]]
    """
    arrays = pixels.detach().float().cpu().numpy().transpose(0, 2, 3, 1)
    shown = np.clip(arrays * np.asarray(standard_deviation) + np.asarray(mean), 0, 1)
    return list(np.rint(shown * 255).astype(np.uint8))


def data_uri(picture: Picture, *, longest_pixels: int = 144) -> str:
    """A picture as the address of itself, reduced to at most so many pixels a side.

    Up to 64 pixels a side it is a lossless PNG, above a WebP, which is a tenth of the size.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.pictures import data_uri
        >>> data_uri(np.zeros((28, 28, 1), dtype=np.uint8))[:22]
        'data:image/png;base64,'
    """
    image = _image(picture)
    image.thumbnail((longest_pixels, longest_pixels))
    return _encode(image, "PNG" if max(image.size) <= _LOSSLESS_UP_TO_PIXELS else "WEBP")


def wide_addresses(pictures: Mapping[str, Picture]) -> dict[str, str]:
    """Pictures as wide as a page, by name, as addresses of themselves.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.pictures import wide_addresses
        >>> wide_addresses({"samples": np.zeros((28, 280, 1), dtype=np.uint8)})["samples"][:23]
        'data:image/webp;base64,'
    """
    return {name: data_uri(picture, longest_pixels=_WIDEST_PIXELS) for name, picture in pictures.items()}


def collage(positions: Float[np.ndarray, "n 2"], pictures: Sequence[Picture]) -> str:
    """Pictures laid out by their positions, snapped to a grid so that none covers another, as a data address.

    Where several fall into one cell, the one nearest to its middle is drawn. Empty cells are transparent.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.pictures import collage
        >>> places = np.array([[0.0, 0.0], [1.0, 1.0]])
        >>> collage(places, [np.zeros((8, 8, 3), dtype=np.uint8)] * 2)[:23]
        'data:image/webp;base64,'
    """
    from PIL import Image, ImageOps

    places = unit_square(positions) * _CELLS
    cells = np.minimum(places.astype(int), _CELLS - 1)
    distances = np.square(places - cells - 0.5).sum(axis=1)
    canvas = Image.new("RGBA", (_CELLS * _CELL_PIXELS, _CELLS * _CELL_PIXELS))
    taken: set[tuple[int, int]] = set()
    for item in np.argsort(distances, kind="stable"):
        column, row = cells[item].tolist()
        if (column, row) in taken:
            continue
        taken.add((column, row))
        small = ImageOps.contain(_image(pictures[item]).convert("RGBA"), (_CELL_PIXELS, _CELL_PIXELS))
        left = column * _CELL_PIXELS + (_CELL_PIXELS - small.width) // 2
        canvas.paste(small, (left, row * _CELL_PIXELS + (_CELL_PIXELS - small.height) // 2))
    return _encode(canvas, "WEBP")


@dataclass(frozen=True)
class Sheets:
    """Small pictures, row by row on a few large ones.

    Args:
        addresses: of the large ones, as data.
        width: of one picture, in pixels.
        height: of one picture.
        across: how many stand in a row of a sheet; there are at most as many rows.

    Example:
        >>> from selftaught.report.pictures import Sheets
        >>> Sheets([], width=28, height=20, across=32).width
        28
    """

    addresses: list[str]
    width: int
    height: int
    across: int


def sheets(pictures: Sequence[Picture]) -> Sheets:
    """All pictures at one size, the less the more there are, so that a page can hold thousands of them.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.pictures import sheets
        >>> found = sheets([np.zeros((28, 20, 1), dtype=np.uint8)] * 3)
        >>> found.width, found.height, len(found.addresses)
        (20, 28, 1)
    """
    sides = _TILES if len(pictures) <= _MANY_PICTURES else _TILES[1:]
    found = _sheets(pictures, sides[0])
    for side in sides[1:]:
        if sum(map(len, found.addresses)) <= _SHEET_CHARACTERS:
            break
        found = _sheets(pictures, side)
    return found


def _sheets(pictures: Sequence[Picture], side: int) -> Sheets:
    from PIL import Image, ImageOps

    height, width = (max(picture.shape[axis] for picture in pictures) for axis in (0, 1))
    scale = min(1.0, side / math.sqrt(height * width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    addresses: list[str] = []
    for start in range(0, len(pictures), _ACROSS**2):
        some = pictures[start : start + _ACROSS**2]
        sheet = Image.new("RGBA", (_ACROSS * size[0], -(-len(some) // _ACROSS) * size[1]))
        for place, picture in enumerate(some):
            small = _image(picture).convert("RGBA")
            small = ImageOps.contain(small, size) if scale < 1 else small
            row, column = divmod(place, _ACROSS)
            left = column * size[0] + (size[0] - small.width) // 2
            sheet.paste(small, (left, row * size[1] + (size[1] - small.height) // 2))
        addresses.append(_encode(sheet, "WEBP"))
    return Sheets(addresses, *size, _ACROSS)


def unit_square(positions: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """The same places moved and scaled, alike in both directions, into the middle of the unit square."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    extent = max(float((high - low).max()), 1e-12)
    return (positions - (low + high) / 2) / extent + 0.5


def _image(picture: Picture) -> "Image":
    from PIL import Image

    channels = picture.shape[2]
    return Image.fromarray(np.ascontiguousarray(picture[..., 0] if channels < 3 else picture[..., :3]))


def _encode(image: "Image", kind: str) -> str:
    buffer = io.BytesIO()
    if kind == "PNG":
        image.save(buffer, kind, optimize=True)
    else:
        image.save(buffer, kind, quality=82, method=4)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
