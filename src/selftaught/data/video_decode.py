"""Video files, folders of frames and arrays to square frames, any few of them at a time."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Int, Shaped, UInt8
from PIL import Image, ImageOps

from selftaught.core import UserError

__all__ = ["BrokenVideo", "FrameReader", "KeptReader", "VideoFileReader", "VideoReader", "in_reading_order"]

ENDINGS = (".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".mpg", ".mpeg", ".ogv", ".wmv", ".flv", ".ts")
"""What files of video are called."""

_MISSING = "reading video files needs the package av: pip install selftaught[video]"

Frames = UInt8[np.ndarray, "t side side 3"]
"""What every reader gives."""


class BrokenVideo(Exception):
    """A video that cannot be read, and why.

    Example:
        >>> from selftaught.data.video_decode import BrokenVideo
        >>> str(BrokenVideo("it has no frames"))
        'it has no frames'
    """


@runtime_checkable
class VideoReader(Protocol):
    """Reads videos by their places in what they are kept in; may be called from several threads."""

    def count(self, place: int) -> int:
        """How many frames a video has.

        Raises:
            BrokenVideo: it cannot be read.
        """
        ...

    def read(self, place: int, numbers: Sequence[int], side: int) -> Frames:
        """These frames of a video, each its central square, in red, green and blue, brought to so many pixels a side.

        Args:
            place: of the video.
            numbers: of the frames, rising.
            side: height and width of what is handed out, in pixels.

        Raises:
            BrokenVideo: they cannot be read.
        """
        ...


@final
@dataclass(frozen=True)
class VideoFileReader:
    """Reads video files, or encoded videos in memory, through PyAV; only what lies around the frames is decoded.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data.video_decode import VideoFileReader, VideoReader
        >>> isinstance(VideoFileReader([Path("a.mp4")]), VideoReader)
        True
    """

    videos: Sequence[Path | bytes]
    _times: dict[int, Int[np.ndarray, " frames"]] = field(default_factory=dict[int, np.ndarray], repr=False)

    def count(self, place: int) -> int:
        """By the packets of the file, without decoding more than its first frame."""
        av = _av()
        try:
            with self._opened(av, place) as container:
                stream = _stream(container)
                times = [
                    packet.dts if packet.pts is None else packet.pts
                    for packet in container.demux(stream)
                    if packet.size
                ]
            if not times:
                raise BrokenVideo("it has no frames")
            told = [time for time in times if time is not None]
            self._times[place] = np.array(sorted(told) if len(told) == len(times) else [], dtype=np.int64)
            self.read(place, [0], 8)
        except (av.FFmpegError, OSError) as error:
            raise BrokenVideo(_reason(error)) from error
        return len(times)

    def read(self, place: int, numbers: Sequence[int], side: int) -> Frames:
        """Decoded from the key frame before the first one on."""
        av = _av()
        if place not in self._times:
            self.count(place)  # in a process that has not counted
        try:
            with self._opened(av, place) as container:
                return np.stack(self._decoded(container, place, list(numbers), side))
        except (av.FFmpegError, OSError) as error:
            raise BrokenVideo(_reason(error)) from error

    def _decoded(self, container: Any, place: int, numbers: list[int], side: int) -> list[np.ndarray]:
        stream, times = _stream(container), self._times[place]
        stream.thread_type = "NONE"  # clips are read in threads of their own
        if len(times):
            container.seek(int(times[numbers[0]]), stream=stream, backward=True)
        frames: list[np.ndarray] = []
        for position, frame in enumerate(container.decode(stream)):
            if len(times) and frame.pts is None:
                raise BrokenVideo("a frame does not say when it is shown")
            number = int(np.searchsorted(times, int(frame.pts or 0))) if len(times) else position
            while len(frames) < len(numbers) and number >= numbers[len(frames)]:
                frames.append(square(frame.to_ndarray(format="rgb24"), side))
            if len(frames) == len(numbers):
                return frames
        raise BrokenVideo(f"it ends before frame {numbers[len(frames)]:,}")

    def _opened(self, av: Any, place: int) -> Any:
        video = self.videos[place]
        return av.open(io.BytesIO(video) if isinstance(video, bytes) else str(video))

    def __getstate__(self) -> dict[str, Any]:
        return {"videos": self.videos, "_times": {}}


@final
@dataclass(frozen=True)
class FrameReader:
    """Reads videos that are kept as one image file a frame.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data.video_decode import FrameReader
        >>> FrameReader([[Path("0.png"), Path("1.png")]]).count(0)
        2
    """

    videos: Sequence[Sequence[Path]]

    def count(self, place: int) -> int:
        """As many as there are files."""
        return len(self.videos[place])

    def read(self, place: int, numbers: Sequence[int], side: int) -> Frames:
        """Only these files are opened."""
        files = [self.videos[place][number] for number in numbers]
        return np.stack([_image(file, side) for file in files])


@final
@dataclass(frozen=True)
class KeptReader:
    """Videos that are arrays in memory: (frames, height, width, 3) of uint8, or with 1 channel for grey.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.video_decode import KeptReader
        >>> KeptReader([np.zeros((9, 24, 32, 3), np.uint8)]).read(0, [0, 8], 16).shape
        (2, 16, 16, 3)
    """

    videos: Sequence[Shaped[np.ndarray, "..."]] | Shaped[np.ndarray, "videos ..."]

    def count(self, place: int) -> int:
        """From the array's shape."""
        video = self.videos[place]
        if video.ndim != 4 or video.shape[3] not in (1, 3):
            raise BrokenVideo(f"its shape is {video.shape}, expected (frames, height, width, 3)")
        if video.dtype != np.uint8:
            raise BrokenVideo(f"it holds {video.dtype}, expected uint8 in 0..255")
        return len(video)

    def read(self, place: int, numbers: Sequence[int], side: int) -> Frames:
        """A copy of these frames."""
        frames = self.videos[place][list(numbers)]
        if frames.shape[1:] == (side, side, 3):
            return frames
        return np.stack([square(frame.repeat(3 // frame.shape[2], 2), side) for frame in frames])


def square(picture: UInt8[np.ndarray, "h w 3"], side: int) -> UInt8[np.ndarray, "side side 3"]:
    """The central square of a picture, brought to so many pixels a side.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.video_decode import square
        >>> square(np.zeros((24, 32, 3), np.uint8), 8).shape
        (8, 8, 3)
    """
    whole = Image.fromarray(picture)
    return np.asarray(ImageOps.fit(whole, (side, side), Image.Resampling.BILINEAR))


def in_reading_order(name: str) -> list[tuple[int, str]]:
    """What names of frames are sorted by: numbers inside them count as numbers, so that 10 comes after 9.

    Example:
        >>> from selftaught.data.video_decode import in_reading_order
        >>> sorted(["frame10.png", "frame9.png"], key=in_reading_order)
        ['frame9.png', 'frame10.png']
    """
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _image(file: Path, side: int) -> UInt8[np.ndarray, "side side 3"]:
    try:
        with Image.open(file) as opened:
            return square(np.asarray(opened.convert("RGB")), side)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BrokenVideo(f"{file.name}: {_reason(error)}") from error


def _stream(container: Any) -> Any:
    if not container.streams.video:
        raise BrokenVideo("it holds no pictures")
    return container.streams.video[0]


def _av() -> Any:
    try:
        return import_module("av")
    except ImportError as error:
        raise UserError(_MISSING) from error


def _reason(error: BaseException) -> str:
    return " ".join(str(getattr(error, "strerror", "") or error).split()).rstrip(".") or type(error).__name__
