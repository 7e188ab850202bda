"""The one rule for how deep images are scaled, and how channels are converted.

| stored as                          | becomes                                     |
|------------------------------------|---------------------------------------------|
| 8-bit                              | uint8, untouched                            |
| 1-bit, boolean                     | uint8, 0 or 255                             |
| unsigned 16 and 32 bits            | float32, divided by the type's largest value|
| floating point                     | float32, untouched; must lie in 0..1        |
| signed integers                    | refused: their scale cannot be known        |
"""

import numpy as np
from jaxtyping import Shaped

from selftaught.core import UserError

__all__ = ["check_depth", "scaled", "with_channels"]


def check_depth(pixels: Shaped[np.ndarray, "..."], what: str) -> None:
    """Refuse pixels to which the scaling rule does not apply, without reading unsigned ones.

    Args:
        pixels: of any shape and type.
        what: how the message calls them.

    Raises:
        UserError: signed integers or another type without a scale; floats outside 0..1.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.scaling import check_depth
        >>> check_depth(np.array([0.0, 17.5]), "array")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: array: floating-point images must lie in 0..1, got 0 to 17.5: divide ...
    """
    kind = pixels.dtype.kind
    if kind not in "ubf" or (pixels.dtype.itemsize > 4 and kind == "u"):
        raise UserError(
            f"{what}: {pixels.dtype} images have no scale: expected uint8, uint16 or floating point in 0..1 "
            f"(images that count 0 to 255 convert with .astype('uint8'))"
        )
    if kind == "f" and pixels.size:
        low, high = _extremes(pixels)
        if not (low >= 0 and high <= 1):
            raise UserError(
                f"{what}: floating-point images must lie in 0..1, got {low:g} to {high:g}: "
                f"divide by the largest possible value first"
            )


def _extremes(pixels: Shaped[np.ndarray, "..."]) -> tuple[float, float]:
    """The least and greatest value, reading a memory-mapped array piece by piece; NaN where one is NaN."""
    step = max(1, (64 << 20) // max(1, pixels[0].nbytes)) if pixels.ndim > 1 else len(pixels)
    pieces = [pixels[start : start + step] for start in range(0, len(pixels), step)]
    return float(np.min([piece.min() for piece in pieces])), float(np.max([piece.max() for piece in pieces]))


def scaled(pixels: Shaped[np.ndarray, "*shape"]) -> Shaped[np.ndarray, "*shape"]:
    """Pixels as uint8, or as float32 in 0..1, by the rule above.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.scaling import scaled
        >>> scaled(np.array([0, 65535], dtype=np.uint16))
        array([0., 1.], dtype=float32)
    """
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype.kind == "u":
        return (pixels / np.float64(np.iinfo(pixels.dtype).max)).astype(np.float32)
    return pixels.astype(np.float32)


def with_channels(
    pixels: Shaped[np.ndarray, "*n c h w"], channels: int, what: str = "images"
) -> Shaped[np.ndarray, "*n c2 h w"]:
    """Grey repeated to RGB, or RGB weighed to grey by ITU-R BT.601 (.299, .587, .114), as Pillow does it.

    Args:
        pixels: uint8 or float32.
        channels: the number of channels wanted.
        what: how the message calls them.

    Raises:
        UserError: the two numbers differ and are not 1 and 3.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.scaling import with_channels
        >>> with_channels(np.full((3, 1, 1), 200, dtype=np.uint8), 1)
        array([[[200]]], dtype=uint8)
    """
    have = pixels.shape[-3]
    if have == channels:
        return pixels
    if (have, channels) == (1, 3):
        return np.repeat(pixels, 3, axis=-3)
    if (have, channels) != (3, 1):
        raise UserError(f"{what}: cannot turn {have} channels into {channels}; only grey (1) and RGB (3) convert")
    if pixels.dtype == np.uint8:  # Pillow's fixed-point weights, of 2^16
        weights = np.array([19595, 38470, 7471], dtype=np.uint32).reshape(3, 1, 1)
        total = (pixels * weights).sum(-3, keepdims=True, dtype=np.uint32)
        return ((total + 0x8000) >> 16).astype(np.uint8)
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32).reshape(3, 1, 1)
    return (pixels * weights).sum(-3, keepdims=True, dtype=np.float32)
