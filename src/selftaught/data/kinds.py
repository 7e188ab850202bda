"""Which kind of data it is that a user names, found from the outside: names, endings, columns."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any, cast

import numpy as np
from torch import Tensor

from selftaught.core import Source, UserError
from selftaught.data.built_in import BUILT_IN
from selftaught.data.decode import extensions
from selftaught.data.moving_clothes import MADE_VIDEOS
from selftaught.data.source import Splits
from selftaught.data.video_decode import ENDINGS

__all__ = ["check_kind", "find_kind"]

_ENDINGS = {
    "text": (".txt", ".jsonl", ".json", ".csv", ".tsv", ".md"),
    "audio": (".wav", ".flac", ".ogg", ".mp3", ".opus", ".aiff"),
    "video": ENDINGS,
}
_GRAPH_KEYS, _GRAPH_FILES = {"edge_index"}, {"edges.csv", "edges.parquet"}
_VIDEO_KEYS, _VIDEO_AXES = {"clips"}, 5  # videos, frames, height, width, channels
_MOST_FILES = 2000  # a folder's first so many decide
_NOUNS = {"images": "images", "text": "text", "graph": "a graph", "audio": "recordings", "video": "video"}


def find_kind(data: Any) -> str | None:
    """The kind of data: images, text, graph, audio or video; None where it cannot be told without opening them.

    Args:
        data: what the user gave.

    Example:
        >>> from selftaught.data import find_kind
        >>> find_kind("fashion-mnist-10k"), find_kind(["a text", "another"]), find_kind("hub:owner/name")
        ('images', 'text', None)
    """
    if isinstance(data, Source):
        return data.kind
    if isinstance(data, Splits):
        return data.train.kind
    if isinstance(data, str | Path):
        return _of_path(str(data))
    if isinstance(data, np.ndarray | Tensor):
        return "video" if data.ndim == _VIDEO_AXES else "images"
    if hasattr(data, "edge_index"):
        return "graph"
    if isinstance(data, list):
        several = cast("list[object]", data)
        return "text" if several and all(isinstance(item, str) for item in several) else None
    datasets = sys.modules.get("datasets")
    if datasets is not None and isinstance(data, datasets.Dataset):
        return _of_features(data.features)
    return None


def check_kind(data: Any, expected: str, method: str) -> None:
    """Make sure that a method can learn from what it is given.

    Raises:
        UserError: it is of another kind.

    Example:
        >>> from selftaught.data import check_kind
        >>> check_kind("fashion-mnist-10k", "text", "bert")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: bert learns from text, and fashion-mnist-10k holds images: ...
    """
    found = find_kind(data)
    if found is None or found == expected:
        return
    if expected == "video" and found == "images" and isinstance(data, str | Path) and Path(data).expanduser().is_dir():
        return  # images in sub-folders may be the frames of videos
    name = str(data) if isinstance(data, str | Path) else type(data).__name__
    raise UserError(
        f"{method} learns from {_NOUNS[expected]}, and {name} holds {_NOUNS[found]}: `selftaught methods` lists what "
        "each method learns from"
    )


def _of_path(name: str) -> str | None:
    if name in BUILT_IN:
        return "images"
    if name in MADE_VIDEOS:
        return "video"
    path = Path(name).expanduser()
    if path.is_dir():
        return _of_folder(path)
    if path.suffix.lower() in (".parquet", ".pq") and path.is_file():
        return _of_parquet(path)
    if path.suffix.lower() == ".npz" and path.is_file():
        return _of_npz(path)
    return next((kind for kind, endings in _ENDINGS.items() if path.suffix.lower() in endings), None)


def _of_folder(folder: Path) -> str | None:
    if any((folder / name).is_file() for name in _GRAPH_FILES):
        return "graph"
    counts: Counter[str] = Counter()
    for _, path in zip(range(_MOST_FILES), folder.rglob("*"), strict=False):
        ending = path.suffix.lower()
        if ending in (".parquet", ".pq") and not counts:
            return _of_parquet(path)
        counts.update(kind for kind, endings in _ENDINGS.items() if ending in endings)
        counts.update(["images"] if ending in extensions() else [])
    return counts.most_common(1)[0][0] if counts else None


def _of_npz(path: Path) -> str | None:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = set(arrays.files)
            return "graph" if held >= _GRAPH_KEYS else "video" if held >= _VIDEO_KEYS else "images"
    except (OSError, ValueError):
        return None  # whoever opens it says what is wrong


def _of_parquet(path: Path) -> str | None:
    import datasets
    from pyarrow import ArrowException, parquet

    try:
        return _of_features(datasets.Features.from_arrow_schema(parquet.read_schema(path)))
    except (OSError, ValueError, ArrowException):
        return None


def _of_features(features: Any) -> str | None:
    import datasets

    for column, feature in features.items():
        if isinstance(feature, datasets.Image):
            return "images"
        if type(feature).__name__ == "Video" or column == "video":
            return "video"
        if isinstance(feature, datasets.Audio) or (column == "audio" and isinstance(feature, dict)):
            return "audio"
    types = [str(getattr(feature, "dtype", "")) for feature in features.values()]
    if any(isinstance(feature, dict) for feature in features.values()) or any("binary" in each for each in types):
        return "images"
    return "text" if {"string", "large_string"} & set(types) else None
