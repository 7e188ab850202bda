"""The one way in for video: whatever the user calls clips, as those to learn from and those kept out."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from torch import Tensor

from selftaught.core import Clips, Track, UserError, nearest, silent
from selftaught.data.decode import extensions
from selftaught.data.hugging_face_loading import hub_short_name, load_hub, load_parquet, parts_of
from selftaught.data.listing import class_names, files_below, folder_parts
from selftaught.data.moving_clothes import MADE_VIDEOS, moving_clothes_videos
from selftaught.data.source import Splits
from selftaught.data.video_decode import (
    ENDINGS,
    FrameReader,
    KeptReader,
    VideoFileReader,
    VideoReader,
    in_reading_order,
)
from selftaught.data.video_source import ClipSource, WantedClips, clip_splits, survey_videos

__all__ = ["open_video", "read_clips"]

_COLUMNS = ("video", "clip", "bytes")


def open_video(
    data: Any,
    *,
    clip_frames: int = 4,
    frame_stride: int = 1,
    image_size: int = 64,
    labelled: bool = True,
    strict: bool = False,
    track: Track = silent,
) -> Splits[ClipSource]:
    """Open videos of any origin as clips of one length.

    Only how many frames every video has is found out at first: frames are decoded when they are asked for, and no
    more of a video than is asked for.

    Args:
        data: "moving-clothes" or "turning-clothes", made clips that need no files; a folder of video files, or of
            folders with an image a frame, flat, with a sub-folder for each class, or with train/ and test/; a parquet
            file, or a folder of them, with a column `video` of encoded files; `hub:NAME` of the Hugging Face hub; an
            `.npz` file with an array `clips`, and perhaps `labels`; an `.npy` file or an array (videos, frames, height,
            width, 3) of uint8; a list of arrays; a source, which comes back.
        clip_frames: how many frames a clip has.
        frame_stride: from one of its frames to the next, in frames of the video.
        image_size: the central square of every frame is brought to this height and width, in pixels.
        labelled: keep classes where there are any; with False nothing ever looks at them.
        strict: a video that cannot be read or is shorter than a clip is an error, instead of being listed in `skipped`.
        track: shows how far the look at the files has come.

    Raises:
        UserError: there are no such data, they hold no video, or av is needed and not installed.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_video
        >>> open_video(np.zeros((3, 8, 24, 32, 3), np.uint8), image_size=16).found
        'array of 6 clips of 4 frames from 3 videos, 16x16'
    """
    if clip_frames < 1 or frame_stride < 1 or image_size < 8:
        given = f"{clip_frames}, {frame_stride} and {image_size}"
        raise UserError(f"expected clip_frames and frame_stride of at least 1, image_size of at least 8, got {given}")
    wanted = WantedClips(
        clip_frames=clip_frames,
        frame_stride=frame_stride,
        image_size=image_size,
        labelled=labelled,
        strict=strict,
        track=track,
    )
    if isinstance(data, Splits):
        return cast("Splits[ClipSource]", data)
    if isinstance(data, ClipSource):
        return clip_splits("source", data)
    if isinstance(data, str | Path):
        return _open_named(str(data), wanted)
    if isinstance(data, np.ndarray | Tensor | list | tuple):
        return _open_arrays(data, wanted)
    datasets = sys.modules.get("datasets")
    if datasets is not None and isinstance(data, datasets.Dataset | datasets.DatasetDict):
        return _open_tables("data set", data, wanted)
    raise UserError(f"{type(data).__name__} is no set of videos: expected a path, an array, or a list of arrays")


def read_clips(clips: object, *, clip_frames: int, frame_stride: int, image_size: int) -> Clips:
    """All clips of a few videos, as one batch.

    Args:
        clips: a path of one video file, or what `open_video` takes.
        clip_frames: see `open_video`.
        frame_stride: see `open_video`.
        image_size: see `open_video`.

    Raises:
        UserError: they cannot be read, or are too short.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import read_clips
        >>> read_clips(np.zeros((4, 8, 8, 3), np.uint8), clip_frames=2, frame_stride=1, image_size=8).frames.shape
        torch.Size([2, 2, 3, 8, 8])
    """
    how: dict[str, Any] = {"clip_frames": clip_frames, "frame_stride": frame_stride, "image_size": image_size}
    if isinstance(clips, str | Path) and Path(clips).suffix.lower() in ENDINGS:
        reader, wanted = VideoFileReader([Path(clips)]), WantedClips(**how, strict=True)
        source = survey_videos(reader, [str(clips)], wanted, name="video")
    else:
        given = clips[None] if isinstance(clips, np.ndarray | Tensor) and clips.ndim == 4 else clips
        source = open_video(given, **how, labelled=False, strict=True).train
    return source.batch(range(len(source)))


def _open_named(name: str, wanted: WantedClips) -> Splits[ClipSource]:
    path = Path(name).expanduser()
    if name in MADE_VIDEOS:
        parts = {
            part: survey_videos(KeptReader(videos), _numbered(len(videos)), wanted, name=f"{name}/{part}")
            for part, videos in moving_clothes_videos(wanted.image_size, MADE_VIDEOS[name]).items()
        }
        return clip_splits(name, parts["train"], parts["test"])
    if name.startswith("hub:"):
        loaded = load_hub(name.removeprefix("hub:"))
        return _open_tables(f"hub data set {hub_short_name(name.removeprefix('hub:'))}", loaded, wanted)
    if path.is_dir():
        holds_tables = any(path.rglob("*.parquet")) and not any(_is_video(file) for file in files_below(path))
        return (
            _open_tables("parquet folder", load_parquet(path), wanted) if holds_tables else _open_folder(path, wanted)
        )
    if not path.is_file():
        beside = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
        near = nearest(path.name, [*beside, *MADE_VIDEOS])
        raise UserError(f"no file or folder '{name}'" + (f": did you mean '{near}'?" if near else ""))
    ending = path.suffix.lower()
    if ending in (".parquet", ".pq"):
        return _open_tables("parquet file", load_parquet(path), wanted)
    if ending in (".npz", ".npy"):
        return _open_array_file(path, wanted)
    if ending in ENDINGS:
        source = survey_videos(VideoFileReader([path]), [path.name], wanted, name=path.stem)
        return clip_splits("file", source)
    raise UserError(f"'{path}' is no set of videos: expected a folder, a video file, a .parquet, .npz or .npy file")


@dataclass(frozen=True)
class _Listing:
    """Videos of a folder, by their names relative to it, and what reads them."""

    names: Sequence[str]
    reader: VideoReader


def _open_folder(root: Path, wanted: WantedClips) -> Splits[ClipSource]:
    parts, found = folder_parts(root), dict[str, ClipSource]()
    for part, folder in parts.items():
        listing = _listing(folder)
        if listing.names:
            names = class_names(listing.names, split=len(parts) > 1) if wanted.labelled else None
            classes, numbers = np.unique(names, return_inverse=True) if names else (None, None)
            found[part] = survey_videos(
                listing.reader,
                listing.names,
                wanted,
                name=root.name if folder == root else f"{root.name}/{folder.name}",
                labels=numbers,
                classes=None if classes is None else tuple(classes.tolist()),
            )
    if "train" not in found:
        raise UserError(
            f"folder '{parts['train']}' holds no video: expected files that end in {', '.join(ENDINGS[:5])}, ..., or "
            "folders with an image for each frame"
        )
    train, test = found["train"], found.get("test")
    if test is not None and test.classes != train.classes:
        raise UserError(f"{test.name}: expected the classes of {train.name}, {train.classes}, got {test.classes}")
    return clip_splits("folder", train, test)


def _listing(folder: Path) -> _Listing:
    files = sorted(files_below(folder))
    videos = [file for file in files if _is_video(file)]
    if videos:
        return _Listing(videos, VideoFileReader([folder / file for file in videos]))
    frames: dict[str, list[str]] = {}
    for file in files:
        if os.path.splitext(file)[1].lower() in extensions() and os.path.dirname(file):
            frames.setdefault(os.path.dirname(file), []).append(file)
    ordered = [[folder / file for file in sorted(each, key=in_reading_order)] for each in frames.values()]
    return _Listing(list(frames), FrameReader(ordered))


def _is_video(file: str) -> bool:
    return os.path.splitext(file)[1].lower() in ENDINGS


def _open_arrays(data: Any, wanted: WantedClips) -> Splits[ClipSource]:
    videos = [each.detach().cpu().numpy() if isinstance(each, Tensor) else each for each in data]
    if not all(isinstance(video, np.ndarray) for video in videos):
        raise UserError("expected videos as arrays (frames, height, width, 3) of uint8")
    what = "array" if isinstance(data, np.ndarray | Tensor) else "list"
    return clip_splits(what, survey_videos(KeptReader(videos), _numbered(len(videos)), wanted, name=what))


def _open_array_file(path: Path, wanted: WantedClips) -> Splits[ClipSource]:
    labels = None
    try:
        if path.suffix.lower() == ".npy":
            clips = np.load(path, mmap_mode="r", allow_pickle=False)
        else:
            with np.load(path, allow_pickle=False) as arrays:
                clips = arrays["clips"]
                labels = arrays["labels"].astype(np.int64) if wanted.labelled and "labels" in arrays.files else None
    except KeyError as error:
        raise UserError(f"'{path}' has no array 'clips' (videos, frames, height, width, 3)") from error
    except (OSError, ValueError) as error:
        raise UserError(f"'{path}' cannot be read: {' '.join(str(error).split())}") from error
    if clips.ndim != 5:
        raise UserError(f"'{path}': expected an array (videos, frames, height, width, 3), got {clips.shape}")
    if labels is not None and labels.shape != clips.shape[:1]:
        raise UserError(f"'{path}': expected a label for each of {len(clips)} videos, got {labels.shape}")
    source = survey_videos(KeptReader(clips), _numbered(len(clips)), wanted, name=path.stem, labels=labels)
    return clip_splits(f"{path.suffix[1:]} file", source)


def _open_tables(what: str, loaded: Any, wanted: WantedClips) -> Splits[ClipSource]:
    splits: Mapping[str, Any] = loaded if isinstance(loaded, Mapping) else {"train": loaded}
    train, test = parts_of(splits)
    kept_out = None if test is None else _of_table(splits[test], wanted, test)
    return clip_splits(what, _of_table(splits[train], wanted, train), kept_out)


def _of_table(table: Any, wanted: WantedClips, name: str) -> ClipSource:
    import datasets

    column = next((column for column in _COLUMNS if column in table.features), None)
    if column is None:
        raise UserError(f"{name} has no column 'video' of encoded files; its columns: {', '.join(table.features)}")
    feature = table.features[column]
    if type(feature).__name__ == "Video":
        table = table.cast_column(column, datasets.Video(decode=False))
    cells = table.with_format(None)[column]
    videos = [cell if isinstance(cell, bytes) else (cell or {}).get("bytes") or _path_of(cell) for cell in cells]
    labels, classes = None, None
    if wanted.labelled and isinstance(table.features.get("label"), datasets.ClassLabel):
        labels, classes = np.array(table["label"], dtype=np.int64), tuple(table.features["label"].names)
    return survey_videos(
        VideoFileReader(videos), _numbered(len(videos)), wanted, name=name, labels=labels, classes=classes
    )


def _path_of(cell: Any) -> Path | bytes:
    path = (cell or {}).get("path")
    return Path(path) if path else b""


def _numbered(videos: int) -> list[str]:
    return [str(number) for number in range(videos)]
