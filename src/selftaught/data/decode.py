"""One image file, or one decoded item, as an array of the size that training needs."""

import io
import math
import struct
import warnings
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped
from PIL import ExifTags, Image

from selftaught.data.scaling import check_depth, scaled

__all__ = ["BrokenImage", "Decoded", "bombs_raise", "decode", "decode_array", "decode_picture", "extensions", "longest"]

# Formats that Pillow would hand to Ghostscript, or only recognises and cannot decode.
_LEFT_OUT = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}

# What Pillow raises on files that are truncated, broken or not images.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class BrokenImage(Exception):
    """An image that cannot be decoded; the message says why.

    Example:
        >>> from selftaught.data.decode import decode
        >>> decode(b"no image")
        Traceback (most recent call last):
        selftaught.data.decode.BrokenImage: no image, or its beginning is broken
    """


class Decoded(NamedTuple):
    """An image, the size that it was stored in (height, width), and its class where the item came with one.

    `pixels` is uint8, or float32 in 0..1, with one channel for grey and three for colour.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.decode import Decoded
        >>> Decoded(np.zeros((3, 32, 32), dtype=np.uint8), stored_size=(400, 400)).label is None
        True
    """

    pixels: Shaped[np.ndarray, "c h w"]
    stored_size: tuple[int, int]
    label: int | None = None


# EXIF orientation -> how to bring the image upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_THE_SIDE = (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8])


@cache
def _formats() -> list[str]:
    """Pillow's names of what it decodes; it tries them in this order, so the usual ones come first."""
    usual = ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"]
    endings = Image.registered_extensions()
    return usual + sorted({name for name in endings.values() if name in Image.OPEN} - _LEFT_OUT - {*usual})


@cache
def extensions() -> frozenset[str]:
    """The file endings that are read as images, in lower case.

    Example:
        >>> from selftaught.data.decode import extensions
        >>> {".jpg", ".png", ".tiff", ".webp"} <= extensions()
        True
    """
    readable = set(_formats())
    return frozenset(ending for ending, name in Image.registered_extensions().items() if name in readable)


@contextmanager
def bombs_raise() -> Generator[None]:
    """Inside, a decompression bomb is an error, and Pillow's warnings about odd files are not shown.

    Warning filters belong to the process: enter this in the main thread, around the work of all threads.

    Example:
        >>> from selftaught.data.decode import bombs_raise
        >>> with bombs_raise():
        ...     pass
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def longest(image_size: int | None) -> int | None:
    """The longest side that a decoded image keeps, so that batches of photographs stay small.

    With b = ceil(8/7 image_size), the size to which images are usually brought before the central crop, it is 2b: up
    to an aspect of 2 the shorter side keeps at least b pixels.

    Args:
        image_size: side of the network's input, in pixels; None sets no bound.

    Example:
        >>> from selftaught.data.decode import longest
        >>> longest(224)
        512
    """
    return None if image_size is None else 2 * math.ceil(image_size * 8 / 7)


def decode(file: Path | bytes, longest_side: int | None = None) -> Decoded:
    """Decode an image file: upright by its EXIF orientation, first frame, transparency laid over white.

    Grey modes (1, L, LA, I;16, I, F) give one channel, all others three. 16-bit grey stays deep; Pillow reads 16-bit
    colour as 8-bit. JPEG files are decoded at a reduced scale where the bound allows it.

    Args:
        file: a path, or the bytes of a file.
        longest_side: larger images are reduced to it, antialiased, aspect kept.

    Raises:
        BrokenImage: truncated, broken, gigantic, or no image.
        UserError: floating-point pixels outside 0..1.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> from selftaught.data.decode import decode
        >>> buffer = io.BytesIO()
        >>> Image.new("RGBA", (40, 20), (255, 0, 0, 0)).save(buffer, "PNG")
        >>> decode(buffer.getvalue()).pixels[:, 0, 0]  # transparent: white
        array([255, 255, 255], dtype=uint8)
    """
    what = file.name if isinstance(file, Path) else "image"
    try:
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file, formats=_formats()) as image:
            width, height = image.size
            if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
                raise BrokenImage(f"{width}x{height} is more than {Image.MAX_IMAGE_PIXELS:,} pixels")
            image.draft(None, _reduced_size(width, height, longest_side))
            image.load()
            turn = _TURNS.get(_orientation(image))
            flat = _flat(image)
    except _BROKEN as error:
        raise BrokenImage(_reason(error)) from error
    if turn is not None:
        flat = flat.transpose(turn)
    return Decoded(_pixels(flat, longest_side, what), (width, height) if turn in _ON_THE_SIDE else (height, width))


def decode_picture(image: Image.Image, longest_side: int | None = None) -> Decoded:
    """The same of a picture that Pillow holds open.

    Example:
        >>> from PIL import Image
        >>> from selftaught.data.decode import decode_picture
        >>> decode_picture(Image.new("L", (400, 200)), longest_side=100).pixels.shape
        (1, 50, 100)
    """
    try:
        flat = _flat(image)
    except _BROKEN as error:
        raise BrokenImage(_reason(error)) from error
    return Decoded(_pixels(flat, longest_side, "image"), (image.height, image.width))


def decode_array(pixels: Shaped[np.ndarray, "c h w"], longest_side: int | None = None, what: str = "item") -> Decoded:
    """The same of pixels, of any channel count.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.decode import decode_array
        >>> decode_array(np.zeros((5, 200, 400), dtype=np.uint8), longest_side=100).pixels.shape
        (5, 50, 100)
    """
    check_depth(pixels, what)
    height, width = pixels.shape[1:]
    flat = scaled(pixels)
    target = _reduced_size(width, height, longest_side)
    if target != (width, height):
        flat = np.stack([np.asarray(_resized(Image.fromarray(channel), target)) for channel in flat])
    return Decoded(flat, (height, width))


def _flat(image: Image.Image) -> Image.Image:
    """The picture in mode L, RGB, or F with values in 0..1 where it is deep; nothing transparent."""
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.size and not (values.min() >= 0 and values.max() <= 0xFFFF):
            raise BrokenImage(f"integers from {values.min()} to {values.max()} do not fit 16 bits")
        return Image.fromarray(values.astype(np.float32) / np.float32(0xFFFF))
    if image.mode == "F":
        image.load()
        return image
    grey = image.mode in ("1", "L", "LA")
    if image.has_transparency_data:
        above = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", above.size, "white"), above)
    return image.convert("L" if grey else "RGB")


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation; 1, upright, where the EXIF block is broken but the image is not."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except _BROKEN:
        return 1


def _pixels(flat: Image.Image, longest_side: int | None, what: str) -> Shaped[np.ndarray, "c h w"]:
    if flat.mode == "F":
        check_depth(np.asarray(flat), what)
    values = np.asarray(_resized(flat, _reduced_size(flat.width, flat.height, longest_side)))
    return np.ascontiguousarray(values[None] if values.ndim == 2 else values.transpose(2, 0, 1))


def _reduced_size(width: int, height: int, longest_side: int | None) -> tuple[int, int]:
    factor = 1.0 if longest_side is None else min(1.0, longest_side / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.BILINEAR)


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if "cannot identify image file" in str(error):
        return "no image, or its beginning is broken"
    return " ".join(str(error).split()) or type(error).__name__
