"""Decoded images kept in a folder: decoded once, and read back from the disk ever after."""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Int, Shaped

from selftaught.core import Track, UserError, silent
from selftaught.data.decode import BrokenImage, Decoded, bombs_raise
from selftaught.data.decoded_source import Reader, outcomes

__all__ = ["CachedImages", "cached"]

_VERSION = 1  # of what `decode` makes of a file, and of how it is kept
_ALIGNED = 4  # bytes to which every image is filled up, so that float32 can be looked at in place
_NOTHING = Decoded(np.empty((1, 0, 0), dtype=np.uint8), stored_size=(0, 0))  # what is kept of a broken image


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class CachedImages:
    """The reader of images that were decoded before; nothing of a pixel is read until somebody looks at it.

    Args:
        pixels: the file that holds the pixels of one image after the other.
        starts: where each image begins in it, and behind the last one the end of the file, in bytes.
        shapes: channels, height and width.
        stored_sizes: height and width of the files that they came from.
        deep: which are float32; the others are uint8.
        broken: by row, why an image could not be decoded.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from selftaught.data.decoded_cache import cached
        >>> from selftaught.data.decoded_source import KeptImages
        >>> reader = KeptImages([np.zeros((1, 4, 8), dtype=np.uint8)])
        >>> cached(reader, Path(tempfile.mkdtemp()), "photos", ["a 12 bytes"])(0).pixels.shape
        (1, 4, 8)
    """

    pixels: Path
    starts: Int[np.ndarray, " n1"]
    shapes: Int[np.ndarray, "n 3"]
    stored_sizes: Int[np.ndarray, "n 2"]
    deep: Shaped[np.ndarray, " n"]
    broken: dict[int, str]
    parallel: bool = True

    def __call__(self, row: int) -> Decoded:
        """The image, as it was decoded."""
        if row in self.broken:
            raise BrokenImage(self.broken[row])
        shape, kind = self.shapes[row], np.dtype(np.float32 if self.deep[row] else np.uint8)
        begin = self.starts[row]
        held = _mapped(self.pixels)[begin : begin + int(np.prod(shape)) * kind.itemsize]
        whole = held.view(kind).reshape(shape)
        height, width = self.stored_sizes[row].tolist()
        return Decoded(whole, (height, width))


def cached(reader: Reader, folder: Path, name: str, facts: Sequence[str], *, track: Track = silent) -> CachedImages:
    """The same images as a reader's, decoded only if they are not in the folder yet.

    They are kept in two files, whose names hold a fingerprint of `facts`: images that were added, changed or wanted in
    another size are decoded anew, beside the files of before. A file is there whole or not at all. An image takes as
    many bytes as it has pixels and channels.

    Args:
        reader: decodes one image.
        folder: where decoded images are kept; made where it is missing.
        name: of the set, for the names of the files and the bar.
        facts: one text for each image that changes where the file, or how it is decoded, changes.
        track: shows how far decoding has come.

    Raises:
        UserError: the folder cannot be written, or what it holds is damaged.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from selftaught.data.decoded_cache import cached
        >>> from selftaught.data.decoded_source import KeptImages
        >>> folder, reader = Path(tempfile.mkdtemp()), KeptImages([np.zeros((3, 4, 8), dtype=np.uint8)])
        >>> cached(reader, folder, "photos", ["a.jpg, 12 bytes"])(0).stored_size
        (4, 8)
    """
    fingerprint = hashlib.sha256(json.dumps([_VERSION, *facts]).encode()).hexdigest()[:16]
    pixels = folder / f"{name.replace('/', '-')}-{fingerprint}.pixels"
    index = pixels.with_suffix(".npz")
    if not (index.is_file() and pixels.is_file()):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(pixels, index, track(outcomes(reader, len(facts)), f"decoding {name}", len(facts)))
        except OSError as error:
            raise UserError(f"cache: '{folder}' cannot hold the decoded images: {error.strerror or error}") from error
    return _read(pixels, index)


def _write(pixels: Path, index: Path, decoded: Iterable[Decoded | BrokenImage]) -> None:
    """Both files under names of their own, then under theirs: the index last, without which there is no cache."""
    starts, shapes, sizes, deep, broken = [0], list[tuple[int, ...]](), list[tuple[int, int]](), list[bool](), {}
    asides = [path.with_name(f".{path.name}.{os.getpid()}") for path in (pixels, index)]
    try:
        with asides[0].open("wb") as file, bombs_raise():
            for row, image in enumerate(decoded):
                whole = _NOTHING if isinstance(image, BrokenImage) else image
                if isinstance(image, BrokenImage):
                    broken[row] = str(image)
                file.write(np.ascontiguousarray(whole.pixels).data)
                file.write(bytes(-whole.pixels.nbytes % _ALIGNED))
                starts.append(file.tell())
                shapes.append(whole.pixels.shape)
                sizes.append(whole.stored_size)
                deep.append(whole.pixels.dtype != np.uint8)
        with asides[1].open("wb") as file:
            reasons = np.array(json.dumps(broken))
            np.savez(file, starts=starts, shapes=shapes, stored_sizes=sizes, deep=deep, broken=reasons)
        for aside, path in zip(asides, (pixels, index), strict=True):
            os.replace(aside, path)
    finally:
        for aside in asides:
            aside.unlink(missing_ok=True)


def _read(pixels: Path, index: Path) -> CachedImages:
    try:
        with index.open("rb") as file, np.load(file, allow_pickle=False) as held:
            found = {name: held[name] for name in ("starts", "shapes", "stored_sizes", "deep", "broken")}
        whole = found["starts"][-1] == pixels.stat().st_size
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(
            f"cache: '{index}' is damaged ({error}): take it away, and the images are decoded anew"
        ) from error
    if not whole:
        raise UserError(f"cache: '{pixels}' is damaged: take it away, and the images are decoded anew")
    broken = {int(row): why for row, why in json.loads(str(found.pop("broken"))).items()}
    return CachedImages(pixels=pixels, broken=broken, **found)


@lru_cache(maxsize=8)
def _mapped(path: Path) -> Shaped[np.ndarray, " bytes"]:
    """A file as bytes; a reader names the file instead of holding this, so that it can be sent to another process."""
    return np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
