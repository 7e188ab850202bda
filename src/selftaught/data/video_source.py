"""A set of clips, cut from videos, that hands out batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from selftaught.core import Clips, Skipped, Source, Track, UserError, silent
from selftaught.data.decoded_source import threads
from selftaught.data.source import Splits
from selftaught.data.video_decode import BrokenVideo, VideoReader
from selftaught.parts import fit_palette

__all__ = ["ClipSource", "WantedClips", "clip_splits", "survey_videos"]

MEMORY_BYTES = 1 << 30
"""Decoded clips are kept in memory once they were read, where the whole set needs no more than this."""

_SAMPLE_SEED, _SAMPLE = 0, 256  # clips that statistics are of


@dataclass(frozen=True, kw_only=True)
class WantedClips:
    """How the user wants videos to be opened; `open_video` explains each value.

    Example:
        >>> from selftaught.data.video_source import WantedClips
        >>> WantedClips(clip_frames=4, frame_stride=3).span
        10
    """

    clip_frames: int = 4
    frame_stride: int = 1
    image_size: int = 64
    labelled: bool = True
    strict: bool = False
    track: Track = silent

    @property
    def span(self) -> int:
        """Frames of the video from the first to the last of a clip."""
        return (self.clip_frames - 1) * self.frame_stride + 1


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ClipSource(Source):
    """Clips of videos, read when they are asked for, and no more of a video than was asked for.

    Where all of them decoded need at most 1 GiB, each is kept once it was read.

    Args:
        reader: reads frames of videos.
        videos: of which video each clip is, by its place in the reader; as many as there are stored clips.
        starts: the first frame of each.
        clip_frames: how many frames each has.
        frame_stride: from one of its frames to the next, in frames of the video.
        image_size: height and width of every frame, in pixels.

    Raises:
        UserError: in reading: a video that could be read before no longer can.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_video
        >>> source = open_video(np.zeros((2, 9, 24, 32, 3), np.uint8), clip_frames=4, image_size=16).train
        >>> source.batch([0, 5]).frames.shape, source.starts.tolist(), source.facts()["videos"]
        (torch.Size([2, 4, 3, 16, 16]), [0, 2, 5, 0, 2, 5], 2)
    """

    kind = "video"
    nouns = ("clip", "clips")

    reader: VideoReader
    videos: Int[np.ndarray, " stored"]
    starts: Int[np.ndarray, " stored"]
    clip_frames: int
    frame_stride: int
    image_size: int
    _kept: dict[int, np.ndarray] = field(default_factory=dict[int, np.ndarray], repr=False)

    def read(self, stored: Int[np.ndarray, " n"]) -> Clips:
        """The clips at these places of what the source was made of; see `rows`."""
        places = stored.tolist()
        slow = any(place not in self._kept for place in places)
        clips = list((threads().map if slow else map)(self._clip, places))
        size = (0, self.clip_frames, self.image_size, self.image_size, 3)
        frames = np.stack(clips) if clips else np.zeros(size, dtype=np.uint8)
        return Clips(torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 1, 4, 2, 3))))

    def facts(self) -> dict[str, Any]:
        """Of how many videos they are, and how they were cut."""
        return {
            "videos": len(np.unique(self.videos[self.rows])),
            "clip_frames": self.clip_frames,
            "frame_stride": self.frame_stride,
            "size": (self.image_size, self.image_size),
        }

    def statistics(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of red, green and blue over a seeded sample of the clips.

        Returns:
            Both in units of the full scale, 0 to 1. A deviation is at least 1/255.
        """
        pixels = self._sample().permute(1, 0, 2, 3).flatten(1).double()  # (3, pixels)
        return tuple(pixels.mean(1).tolist()), tuple(pixels.std(1, correction=0).clamp(min=1 / 255).tolist())

    def palette(self, colours: int) -> tuple[tuple[float, float], ...]:
        """So many colours that stand for all in a seeded sample of the clips; see `selftaught.parts.fit_palette`.

        Raises:
            UserError: the clips have fewer colours.
        """
        found: list[list[float]] = fit_palette(self._sample(), colours, seed=_SAMPLE_SEED).tolist()
        return tuple((a, b) for a, b in found)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": {}}  # worker processes read for themselves

    def _sample(self) -> Float[Tensor, "frames 3 h w"]:
        """The first and the last frame of a few clips."""
        rows = np.sort(np.random.default_rng(_SAMPLE_SEED).permutation(len(self))[:_SAMPLE])
        frames = self.batch(rows).frames
        return frames[:, [0, -1]].flatten(0, 1).float() / 255

    def _clip(self, place: int) -> UInt8[np.ndarray, "t s s 3"]:
        if place in self._kept:
            return self._kept[place]
        numbers = [int(self.starts[place]) + step * self.frame_stride for step in range(self.clip_frames)]
        try:
            clip = self.reader.read(int(self.videos[place]), numbers, self.image_size)
        except BrokenVideo as error:
            row = np.flatnonzero(self.rows == place)
            named = self.keys[int(row[0])] if len(row) else place
            raise UserError(f"{self.name}: {named} cannot be read after all: {error}") from error
        if len(self.videos) * clip.nbytes <= MEMORY_BYTES:
            self._kept[place] = clip
        return clip


def survey_videos(
    reader: VideoReader,
    keys: Sequence[str],
    wanted: WantedClips,
    *,
    name: str,
    labels: Int[np.ndarray, " videos"] | None = None,
    classes: tuple[str, ...] | None = None,
) -> ClipSource:
    """Count the frames of every video, leave out those that are broken or too short, and cut the others into clips.

    A video gives as few clips as cover all of it, evenly spaced, so that neighbours may overlap.

    Args:
        reader: of the videos.
        keys: the videos' names; as many as there are videos.
        wanted: what the user asked for.
        name: how messages call the source.
        labels: the videos' classes.
        classes: their names.

    Raises:
        UserError: a video is broken or too short and `strict`; or none is left.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.video_decode import KeptReader
        >>> from selftaught.data.video_source import WantedClips, survey_videos
        >>> reader = KeptReader([np.zeros((frames, 8, 8, 3), np.uint8) for frames in (5, 2)])
        >>> source = survey_videos(reader, ["a", "b"], WantedClips(image_size=8), name="two")
        >>> list(source.keys), source.skipped[0].reason
        (['a, frame 0', 'a, frame 1'], 'it has 2 frames, fewer than the 4 that a clip spans')
    """
    outcomes = wanted.track(threads().map(_counter(reader, wanted), range(len(keys))), f"checking {name}", len(keys))
    counts: dict[int, int] = {}
    skipped: list[Skipped] = []
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, int):
            counts[place] = outcome
        elif wanted.strict:
            raise UserError(f"{name}: {keys[place]} cannot be used: {outcome}")
        else:
            skipped.append(Skipped(keys[place], outcome))
    if not counts:
        first = f": {skipped[0].key}: {skipped[0].reason}" if skipped else ""
        raise UserError(f"{name}: none of {len(keys):,} videos could be used{first}")
    videos, starts = _cut(counts, wanted.span)
    return ClipSource(
        name=name,
        keys=[f"{keys[video]}, frame {start}" for video, start in zip(videos, starts, strict=True)],
        rows=np.arange(len(videos)),
        labels=None if labels is None else labels[videos],
        classes=classes,
        skipped=tuple(skipped),
        columns={"video": np.array(keys, dtype=object)[videos].astype(str)},
        reader=reader,
        videos=videos,
        starts=starts,
        clip_frames=wanted.clip_frames,
        frame_stride=wanted.frame_stride,
        image_size=wanted.image_size,
    )


def clip_splits(
    what: str, train: ClipSource, test: ClipSource | None = None, *, notes: Sequence[str] = ()
) -> Splits[ClipSource]:
    """The two parts, with the sentence that says what was found.

    Args:
        what: what the videos came in, as in "folder".
        train: those to learn from.
        test: those kept out.
        notes: what else to say.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.video_decode import KeptReader
        >>> from selftaught.data.video_source import WantedClips, clip_splits, survey_videos
        >>> reader = KeptReader([np.zeros((5, 8, 8, 3), np.uint8)])
        >>> clip_splits("list", survey_videos(reader, ["a"], WantedClips(image_size=8), name="one")).found
        'list of 2 clips of 4 frames from 1 video, 8x8'
    """
    found = [f"{what} of {_described(train)}"]
    found += [] if test is None else [f"kept out: {_described(test)}"]
    return Splits(train, test, "; ".join([*found, *notes]))


def _described(source: ClipSource) -> str:
    videos = source.facts()["videos"]
    classes = 0 if source.classes is None else len(source.classes)
    words = [f"{source.counted()} of {source.clip_frames} frames from {videos:,} video{'s' if videos != 1 else ''}"]
    words += [f"{classes} {'class' if classes == 1 else 'classes'}"] if classes else []
    words += [f"every {source.frame_stride} frames"] if source.frame_stride > 1 else []
    words.append(f"{source.image_size}x{source.image_size}")
    words += [f"{len(source.skipped):,} videos skipped, too short or unreadable"] if source.skipped else []
    return ", ".join(words)


def _counter(reader: VideoReader, wanted: WantedClips) -> Any:
    def outcome(place: int) -> int | str:
        try:
            count = reader.count(place)
        except BrokenVideo as error:
            return str(error)
        few = f"it has {count:,} frame{'s' if count != 1 else ''}, fewer than the {wanted.span:,} that a clip spans"
        return count if count >= wanted.span else few

    return outcome


def _cut(counts: dict[int, int], span: int) -> tuple[Int[np.ndarray, " clips"], Int[np.ndarray, " clips"]]:
    places, frames = np.array(list(counts), dtype=np.int64), np.array(list(counts.values()), dtype=np.int64)
    pieces = -(-frames // span)  # (videos,): how many cover each
    videos = np.repeat(places, pieces)
    number = np.arange(len(videos)) - np.repeat(np.cumsum(pieces) - pieces, pieces)  # of each within its video
    room = np.repeat(frames - span, pieces)
    return videos, number * room // np.maximum(np.repeat(pieces, pieces) - 1, 1)
