"""Sound files and arrays to mono samples, whole or in part."""

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Float, Shaped

from selftaught.core import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datasets import Dataset

__all__ = ["BrokenAudio", "ColumnReader", "FileReader", "Header", "KeptReader", "Reader", "read_header", "read_part"]

ENDINGS = (".wav", ".flac", ".ogg", ".mp3", ".oga", ".opus", ".aif", ".aiff", ".au", ".caf", ".w64")
"""What files of sound are called."""

_MISSING = "reading sound needs the package soundfile: pip install selftaught[audio]"
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # what a program writes that cannot go back to the header
_CHEAP_TO_SEEK = ("WAV", "FLAC", "OGG", "AIFF", "AU", "CAF", "W64")


class BrokenAudio(Exception):
    """A recording that cannot be read, and why.

    Example:
        >>> from selftaught.data.audio_decode import BrokenAudio
        >>> str(BrokenAudio("truncated"))
        'truncated'
    """


@final
@dataclass(frozen=True)
class Header:
    """What a recording says of itself.

    Example:
        >>> from selftaught.data.audio_decode import Header
        >>> Header(rate=8000, count=4000, channels=1).rate
        8000
    """

    rate: int
    count: int
    channels: int


@runtime_checkable
class Reader(Protocol):
    """Reads recordings by their places in what they are kept in; may be called from several threads."""

    def header(self, place: int) -> Header:
        """What the recording says of itself.

        Raises:
            BrokenAudio: it cannot be read.
        """
        ...

    def part(self, place: int, start: int, count: int) -> Float[np.ndarray, " count"]:
        """So many mono samples from so far on, at the recording's own rate.

        Raises:
            BrokenAudio: they cannot be read.
        """
        ...


@final
@dataclass(frozen=True)
class FileReader:
    """Reads files below a folder.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data.audio_decode import FileReader, Reader
        >>> isinstance(FileReader(Path("recordings"), ["a.wav"]), Reader)
        True
    """

    root: Path
    files: "Sequence[str]"

    def header(self, place: int) -> Header:
        """From the file's beginning, and a look at its end."""
        return read_header(self.root / self.files[place])

    def part(self, place: int, start: int, count: int) -> Float[np.ndarray, " count"]:
        """Only these samples are decoded."""
        return read_part(self.root / self.files[place], start, count)


@final
@dataclass(frozen=True)
class ColumnReader:
    """Reads encoded recordings out of a column of `{"bytes", "path"}`, or of bytes.

    Example:
        >>> import datasets
        >>> from selftaught.data.audio_decode import BrokenAudio, ColumnReader
        >>> column = datasets.Dataset.from_dict({"audio": [b"RIFF, but not really"]})
        >>> try:
        ...     ColumnReader(column).header(0)
        ... except BrokenAudio as error:
        ...     print("broken")
        broken
    """

    column: "Dataset"

    def header(self, place: int) -> Header:
        """From the recording's beginning, and a look at its end."""
        return read_header(self._encoded(place))

    def part(self, place: int, start: int, count: int) -> Float[np.ndarray, " count"]:
        """Only these samples are decoded."""
        return read_part(self._encoded(place), start, count)

    def _encoded(self, place: int) -> bytes | Path:
        (cell,) = self.column[place].values()
        encoded = cell if isinstance(cell, bytes) or cell is None else cell.get("bytes") or cell.get("path")
        if not encoded:
            raise BrokenAudio("the cell is empty")
        return encoded if isinstance(encoded, bytes) else Path(encoded)


@final
@dataclass(frozen=True)
class KeptReader:
    """Recordings that are arrays in memory: (t,), or (t, channels); whole numbers are scaled by their range.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.audio_decode import KeptReader
        >>> KeptReader([np.array([0, 16384], dtype=np.int16)], 8000).part(0, 0, 2)
        array([0. , 0.5], dtype=float32)
    """

    arrays: "Sequence[np.ndarray]"
    rate: int

    def header(self, place: int) -> Header:
        """From the array's shape."""
        array = self.arrays[place]
        if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] > max(8, array.shape[0])):
            raise BrokenAudio(f"its shape is {array.shape}, expected (samples,) or (samples, channels)")
        if array.size == 0:
            raise BrokenAudio("it has no samples")
        if array.dtype.kind not in "fi":
            raise BrokenAudio(f"it holds {array.dtype}, expected floating point in [-1, 1] or signed whole numbers")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise BrokenAudio("some samples are not finite")
        if array.dtype.kind == "f" and np.abs(array).max() > 2:
            raise BrokenAudio(f"its samples go up to {np.abs(array).max():g}, expected [-1, 1]: divide by their range")
        return Header(self.rate, len(array), 1 if array.ndim == 1 else array.shape[1])

    def part(self, place: int, start: int, count: int) -> Float[np.ndarray, " count"]:
        """A copy of these samples."""
        samples = self.arrays[place][start : start + count]
        scale = -float(np.iinfo(samples.dtype).min) if samples.dtype.kind == "i" else 1.0
        return _mono(samples.astype(np.float32) / np.float32(scale))


def read_header(encoded: bytes | Path) -> Header:
    """Rate, length and channels of an encoded recording, without decoding it.

    A file that is shorter than it says is found by looking at its end; of an MP3 or OGG file that was cut off, the
    length is that of what is left.

    Raises:
        BrokenAudio: it cannot be read, has no samples, or is truncated.
        UserError: soundfile is not installed.

    Example:
        >>> import io, numpy as np, soundfile
        >>> from selftaught.data.audio_decode import read_header
        >>> file = io.BytesIO()
        >>> soundfile.write(file, np.zeros((80, 2)), 8000, format="WAV")
        >>> read_header(file.getvalue())
        Header(rate=8000, count=80, channels=2)
    """
    soundfile = _soundfile()
    _refuse_cut_wav(encoded)
    try:
        with _opened(soundfile, encoded) as file:
            header = Header(file.samplerate, file.frames, file.channels)
            if header.count <= 0:
                raise BrokenAudio("it has no samples")
            if header.count > 1 << 48:
                raise BrokenAudio("it does not say how long it is")
            if file.format in _CHEAP_TO_SEEK:
                file.seek(header.count - 1)
                if len(file.read(1)) != 1:
                    raise BrokenAudio("it is truncated")
    except (soundfile.SoundFileError, OSError) as error:
        raise BrokenAudio(_reason(error)) from error
    return header


def read_part(encoded: bytes | Path, start: int, count: int) -> Float[np.ndarray, " count"]:
    """So many mono samples of an encoded recording from so far on; several channels become their mean.

    Raises:
        BrokenAudio: they cannot be read, or are not finite.
        UserError: soundfile is not installed.

    Example:
        >>> import io, numpy as np, soundfile
        >>> from selftaught.data.audio_decode import read_part
        >>> file = io.BytesIO()
        >>> soundfile.write(file, np.array([[0.0, 0.5], [0.25, 0.25]]), 8000, format="WAV")
        >>> read_part(file.getvalue(), 1, 1)
        array([0.25], dtype=float32)
    """
    soundfile = _soundfile()
    try:
        with _opened(soundfile, encoded) as file:
            if start:
                file.seek(start)
            samples = file.read(count, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise BrokenAudio(_reason(error)) from error
    if len(samples) != count:
        raise BrokenAudio(f"it ends {count - len(samples):,} samples early")
    if not np.isfinite(samples).all():
        raise BrokenAudio("some samples are not finite")
    return _mono(samples)


def _mono(samples: Shaped[np.ndarray, "t ..."]) -> Float[np.ndarray, " t"]:
    return samples if samples.ndim == 1 else samples.mean(1, dtype=np.float32)


def _opened(soundfile: Any, encoded: bytes | Path) -> Any:
    return soundfile.SoundFile(io.BytesIO(encoded) if isinstance(encoded, bytes) else encoded)


def _refuse_cut_wav(encoded: bytes | Path) -> None:
    """A WAV file that was cut off reads as a shorter one; what its header says of its size tells."""
    if isinstance(encoded, bytes):
        beginning, have = encoded[:8], len(encoded)
    else:
        try:
            with encoded.open("rb") as file:
                beginning, have = file.read(8), file.seek(0, io.SEEK_END)
        except OSError as error:
            raise BrokenAudio(_reason(error)) from error
    if have == 0:
        raise BrokenAudio("it is empty")
    if len(beginning) == 8 and beginning[:4] == b"RIFF":
        said = struct.unpack("<I", beginning[4:])[0]
        if said not in _UNKNOWN_SIZES and said + 8 - said % 2 > have:
            raise BrokenAudio(f"it is truncated: {have:,} of {said + 8:,} bytes")


def _soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: the package is there and the library inside it is not
        raise UserError(_MISSING) from error
    return soundfile


def _reason(error: BaseException) -> str:
    text = " ".join(str(getattr(error, "error_string", "") or getattr(error, "strerror", "") or error).split())
    return text.rstrip(".") or type(error).__name__
