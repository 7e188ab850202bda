"""Video, in clips: what a run must know of it."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast, final

import numpy as np
from jaxtyping import Int, UInt8
from torch import nn

from selftaught.core import Clips, Preparation, Source, Track, UserError, silent
from selftaught.data import ClipSource, Splits, open_video, read_clips
from selftaught.encoders import FrameResNet, VideoPreprocessing
from selftaught.extraction import RawClips
from selftaught.runs.kinds.kind import Kind

if TYPE_CHECKING:
    from selftaught.runs.settings import Settings
    from selftaught.runs.starting import Start

__all__ = ["VideoInput", "VideoKind", "film_strip"]

_TRIAL_COLOUR = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class VideoInput:
    """What the network sees.

    Args:
        clip_frames: how many frames a clip has, at least 2.
        frame_stride: from one frame of a clip to the next, in frames of the video.
        image_size: height and width to which the central square of every frame is brought, in pixels.
        colours: how many colours stand for all, found in the clips by k-means before training where a method asks.
        mean: of red, green and blue, subtracted from values in 0..1; if none is given, that of the clips.
        standard_deviation: of each, divided by; if none is given, that of the clips.
        strict: stop at a video that cannot be read or is shorter than a clip, instead of passing it over.

    Raises:
        UserError: a value out of its range.

    Example:
        >>> from selftaught.runs.kinds.video import VideoInput
        >>> VideoInput(clip_frames=1)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: clip_frames: expected at least 2, got 1
    """

    clip_frames: int = 4
    frame_stride: int = 1
    image_size: int = 64
    colours: int = 16
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        least = {"clip_frames": 2, "frame_stride": 1, "image_size": 8, "colours": 2}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise UserError(f"{name}: expected at least {low}, got {getattr(self, name)}")
        for name in ("mean", "standard_deviation"):
            given = getattr(self, name)
            if given is not None and len(given) != 3:
                raise UserError(f"{name}: expected one number for each of red, green and blue, got {given}")
        if self.standard_deviation is not None and min(self.standard_deviation) <= 0:
            raise UserError(f"expected standard deviations above 0, got {self.standard_deviation}")


@final
class VideoKind(Kind):
    """Clips of any origin, and a network that sees frame by frame.

    Example:
        >>> from selftaught.runs.kinds.video import VideoInput, VideoKind
        >>> VideoKind().trial(VideoInput(image_size=32)).image_size
        32
    """

    name = "video"
    input_settings = VideoInput
    build_encoder: ClassVar[Any] = FrameResNet
    raw_words = "the pixels of the frames themselves"
    example = "videos/"

    @property
    def decided(self) -> frozenset[str]:
        """Size, statistics and colours."""
        return frozenset({"image_size", "mean", "standard_deviation", "palette"})

    def decide(self, preparation: Preparation) -> Mapping[str, Any]:
        """As the preprocessing has them."""
        seen = _video(preparation)
        return {name: getattr(seen, name) for name in self.decided}

    def open(
        self, data: Any, given: VideoInput, *, label: str | None, labelled: bool, track: Track = silent
    ) -> Splits[ClipSource]:
        """See `selftaught.data.open_video`."""
        if label is not None:
            raise UserError(f"label '{label}': the classes of video are its sub-folders, it has no columns")
        return open_video(
            data,
            clip_frames=given.clip_frames,
            frame_stride=given.frame_stride,
            image_size=given.image_size,
            labelled=labelled,
            strict=given.strict,
            track=track,
        )

    def as_seen(self, preparation: Preparation, *, strict: bool) -> VideoInput:
        """Cut and resized alike."""
        seen = _video(preparation)
        return VideoInput(
            clip_frames=seen.clip_frames,
            frame_stride=seen.frame_stride,
            image_size=seen.image_size,
            strict=strict,
        )

    def trial(self, given: VideoInput) -> VideoPreprocessing:
        """With colours that nobody has looked for."""
        return VideoPreprocessing(
            image_size=given.image_size,
            clip_frames=given.clip_frames,
            frame_stride=given.frame_stride,
            mean=(0.5,) * 3,
            standard_deviation=(0.25,) * 3,
            palette=(_TRIAL_COLOUR,) * given.colours,
        )

    def fill(self, settings: "Settings", source: Source, start: "Start") -> tuple[Mapping[str, Any], Preparation]:
        """The statistics of the clips, and for views that ask for them the colours that stand for all of theirs."""
        given, clips = cast("VideoInput", settings.input), cast("ClipSource", source)
        coloured = "palette" in inspect.signature(settings.method.view_maker).parameters
        mean, deviation = clips.statistics()
        preparation = VideoPreprocessing(
            image_size=clips.image_size,
            clip_frames=clips.clip_frames,
            frame_stride=clips.frame_stride,
            mean=tuple(given.mean or mean),
            standard_deviation=tuple(given.standard_deviation or deviation),
            palette=clips.palette(given.colours) if coloured else (),
        )
        return {"mean": preparation.mean, "standard_deviation": preparation.standard_deviation}, preparation

    def raw_input(self, preparation: Preparation, source: Source) -> nn.Module:
        """The pixels of the frames, reduced."""
        return RawClips()

    def read(self, items: Any, preparation: Preparation) -> Clips:
        """All clips of a video file, of an array (frames, height, width, 3), or of what `open_video` takes."""
        seen = _video(preparation)
        return read_clips(
            items, clip_frames=seen.clip_frames, frame_stride=seen.frame_stride, image_size=seen.image_size
        )

    def show(self, source: Source, rows: Int[np.ndarray, " n"]) -> list[np.ndarray | str]:
        """The frames of each clip side by side."""
        return [film_strip(source.batch([row]).frames[0].permute(0, 2, 3, 1).numpy()) for row in rows.tolist()]


def film_strip(frames: UInt8[np.ndarray, "t h w c"]) -> UInt8[np.ndarray, "h _ c"]:
    """Frames side by side, with a white line between.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.kinds.video import film_strip
        >>> film_strip(np.zeros((3, 8, 8, 3), np.uint8)).shape
        (8, 28, 3)
    """
    framed = np.pad(frames, ((0, 0), (0, 0), (0, 2), (0, 0)), constant_values=255)
    return np.concatenate(list(framed), axis=1)[:, :-2]


def _video(preparation: Preparation) -> VideoPreprocessing:
    return cast("VideoPreprocessing", preparation)
