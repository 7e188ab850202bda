"""`.npz` and `.npy` files, and arrays and tensors in memory."""

import itertools
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, Shaped
from numpy.lib.npyio import NpzFile
from torch import Tensor

from selftaught.core import UserError
from selftaught.data.array_source import array_source
from selftaught.data.listing import part_of
from selftaught.data.source import ImageSplits
from selftaught.data.survey import Surveyed, Wanted, as_splits

__all__ = ["open_array", "open_npy", "open_npz"]

_IMAGES = ("x", "images", "image", "data", "imgs")
_LABELS = ("y", "labels", "label", "targets", "target")
_UNREADABLE = (OSError, ValueError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error)


def open_array(array: Shaped[np.ndarray, "..."] | Shaped[Tensor, "..."], wanted: Wanted) -> ImageSplits:
    """An array or a tensor of images; see `layout_of` for its axes.

    Args:
        array: the images.
        wanted: what the user asked for.

    Raises:
        UserError: wrong shape, depth or range.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.arrays import open_array
        >>> from selftaught.data.survey import Wanted
        >>> open_array(np.zeros((8, 28, 28), dtype=np.uint8), Wanted()).found
        'array of 8 images, grey, 28x28'
    """
    return as_splits("array", _surveyed(array, "array", wanted))


def open_npy(path: Path, wanted: Wanted) -> ImageSplits:
    """A `.npy` file, memory-mapped. Arrays of Python objects are refused: they are pickles, and run code.

    Args:
        path: the file.
        wanted: what the user asked for.

    Raises:
        UserError: unreadable, or wrong shape, depth or range.

    Example:
        >>> import numpy as np
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.arrays import open_npy
        >>> from selftaught.data.survey import Wanted
        >>> with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        ...     np.save(file, np.zeros((8, 28, 28), np.uint8))
        ...     file.flush()
        ...     open_npy(Path(file.name), Wanted()).found
        '.npy file of 8 images, grey, 28x28'
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise UserError(f"'{path}' is an .npz archive that ends in .npy: rename it")
    return as_splits(".npy file", _surveyed(array, path.stem, wanted))


def open_npz(path: Path, wanted: Wanted) -> ImageSplits:
    """A `.npz` file with images, and labels where it has some.

    Without parts: images, image, imgs, data or x, with labels, label, targets, target or y. With parts: the same names
    after or before train, and test or else val or validation, as in x_train, y_test, train_images. An only array may
    have any name. Labels that are not one whole number or word an image are left out.

    Args:
        path: the file.
        wanted: what the user asked for.

    Raises:
        UserError: unreadable, without images, or wrong shape, depth or range.

    Example:
        >>> import numpy as np
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.arrays import open_npz
        >>> from selftaught.data.survey import Wanted
        >>> with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        ...     np.savez(file, x_train=np.zeros((8, 28, 28), np.uint8), x_test=np.zeros((2, 28, 28), np.uint8))
        ...     file.flush()
        ...     open_npz(Path(file.name), Wanted()).found
        '.npz file of 8 images, grey, 28x28; kept out: 2 images, grey, 28x28'
    """
    with path.open("rb") as file:
        try:
            archive = np.load(file, allow_pickle=False)
        except _UNREADABLE as error:
            raise _unreadable(path, error) from error
        if not isinstance(archive, NpzFile):
            raise UserError(f"'{path}' is no .npz archive but a single array: rename it to .npy")
        keys = _keys(path, list(archive))
        try:
            loaded: dict[str, dict[str, Any]] = {
                part: {what: archive[key] for what, key in named.items()} for part, named in keys.items()
            }
        except _UNREADABLE as error:
            raise _unreadable(path, error) from error
    for what, array in itertools.chain(*(arrays.items() for arrays in loaded.values())):
        if not isinstance(array, np.ndarray):  # a file that somebody zipped in
            raise UserError(f"'{path}' has no array of {what}: its member is some other file")
    names = {part: f"{path.stem}/{part}" if len(loaded) > 1 else path.stem for part in loaded}
    train = _surveyed(loaded["train"]["images"], names["train"], wanted, loaded["train"].get("labels"))
    if "test" not in loaded:
        return as_splits(".npz file", train)
    wanted = replace(wanted, channels=train.source.channels)
    test = _surveyed(loaded["test"]["images"], names["test"], wanted, loaded["test"].get("labels"))
    return as_splits(".npz file", train, test)


def _keys(path: Path, keys: Sequence[str]) -> dict[str, dict[str, str]]:
    """The key of the images, and of the labels where there are any, of each part."""
    found: dict[str, dict[str, str]] = {"train": {}, "test": {}}
    for key in sorted(keys, key=lambda key: "test" not in key.lower()):  # test goes before val
        words = key.lower().split("_")
        part = next((part_of(word) for word in words if part_of(word)), None) or "train"
        word = next((word for word in words if part_of(word) is None), "")
        what = "images" if word in _IMAGES else "labels" if word in _LABELS else None
        if what is not None:
            found[part].setdefault(what, key)
    if "images" not in found["train"] and len(keys) == 1:
        found["train"]["images"] = keys[0]
    if "images" not in found["train"]:
        listed = ", ".join(keys) or "none"
        raise UserError(f"'{path}' has no array of images: expected images, x or x_train, its arrays are: {listed}")
    return {part: named for part, named in found.items() if "images" in named}


def _surveyed(
    array: Shaped[np.ndarray, "..."] | Shaped[Tensor, "..."],
    name: str,
    wanted: Wanted,
    labels: Shaped[np.ndarray, "..."] | None = None,
) -> Surveyed:
    numbers, classes = _classes(labels) if wanted.labelled and labels is not None else (None, None)
    source = array_source(array, name=name, channels=wanted.channels, labels=numbers, classes=classes)
    size = source.size or (0, 0)
    return Surveyed(source, (size, size))


def _classes(values: Shaped[np.ndarray, "..."]) -> tuple[Int[np.ndarray, " n"] | None, tuple[str, ...] | None]:
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 1 and values.dtype.kind == "U":
        names, numbers = np.unique(values, return_inverse=True)
        return numbers.astype(np.int64), tuple(names.tolist())
    if values.ndim == 1 and values.dtype.kind in "iub" and (values >= 0).all():
        return values.astype(np.int64), None
    return None, None


def _unreadable(path: Path, error: BaseException) -> UserError:
    reason = " ".join(str(error).split()) or type(error).__name__
    if "pickle" in reason or "Python objects" in reason:
        reason = "it holds pickled Python objects, which could run code, or is no array file at all"
    return UserError(f"'{path}' cannot be read as {path.suffix or 'an array'}: {reason}")
