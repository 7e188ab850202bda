"""The one way in: whatever the user calls data, as images to learn from and images kept out."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from torch import Tensor
from torch.utils.data import IterableDataset

from selftaught.core import ImageBatch, Track, UserError, nearest, silent
from selftaught.data.arrays import open_array, open_npy, open_npz
from selftaught.data.built_in import BUILT_IN, open_built_in
from selftaught.data.decode import extensions
from selftaught.data.folder import open_folder
from selftaught.data.hugging_face import is_saved_dataset, open_datasets, open_hub, open_parquet, open_saved
from selftaught.data.mapped import MapStyle, survey_mapped
from selftaught.data.source import ImageSource, ImageSplits, Splits, describe
from selftaught.data.survey import Wanted, as_splits

__all__ = ["open_images", "read_images"]

_FILES: dict[str, Callable[[Path, Wanted], ImageSplits]] = {
    ".npy": open_npy,
    ".npz": open_npz,
    ".parquet": open_parquet,
    ".pq": open_parquet,
}


def open_images(
    data: str | Path | np.ndarray | Tensor | MapStyle | ImageSource | ImageSplits,
    *,
    channels: int | None = None,
    image_size: int | None = None,
    strict: bool = False,
    labelled: bool = True,
    label: str | None = None,
    cache: str | Path | None = None,
    track: Track = silent,
) -> ImageSplits:
    """Open images of any origin.

    Images of one size live in one array; others are kept decoded where all fit in 1 GiB, else decoded batch by batch.
    8-bit images stay uint8, deeper ones become float32 in 0..1: see `scaling`.

    Args:
        data: a built-in name (see `BUILT_IN`; to open a folder of that name write `./name`); `hub:NAME` of the Hugging
            Face hub; a folder of images, or of parquet files, or one that `save_to_disk` wrote; a `.parquet`, `.npz`
            or `.npy` file; an array or tensor; a `datasets.Dataset`; a map-style data set; a source, which comes back.
        channels: convert to 1 (grey) or 3 (RGB); None for grey if every image is grey, else RGB, and for arrays what
            they have.
        image_size: side of the network's input in pixels. Decoded images larger than `longest(image_size)` are
            reduced to it; None keeps them as they are. Arrays stay as they are.
        strict: a file that cannot be read is an error, instead of being listed in `skipped`.
        labelled: keep classes where there are any; with False nothing ever looks at them.
        label: the column of a table that holds the classes; None for the first of type `ClassLabel`, or a usual name.
        cache: a folder to keep the decoded images of a folder of files in, and to take them from the next time.
        track: shows how far the check of the files has come.

    Raises:
        UserError: there are no such data, or they are no images.

    Example:
        >>> from selftaught.data import open_images
        >>> splits = open_images("fashion-mnist-10k")
        >>> len(splits.train), len(splits.test), splits.train.size
        (8000, 2000, (28, 28))
    """
    wanted = Wanted(
        channels=channels,
        image_size=image_size,
        strict=strict,
        labelled=labelled,
        label=label,
        cache=None if cache is None else Path(cache).expanduser(),
        track=track,
    )
    if channels is not None and channels < 1:
        raise UserError(f"channels: expected 1 (grey), 3 (RGB) or what an array has, got {channels}")
    if label is not None and not _is_table(data):
        raise UserError(f"label '{label}': only tables have columns to choose from")
    if cache is not None and not _is_folder_of_files(data):
        raise UserError(f"cache '{cache}': only a folder of image files is decoded once and kept")
    if isinstance(data, Splits):
        return data
    if isinstance(data, ImageSource):
        return Splits(data, None, f"source of {describe(data)}")
    if isinstance(data, str | Path):
        return _open_named(str(data), wanted)
    if isinstance(data, np.ndarray | Tensor):
        return open_array(data, wanted)
    if _is_hugging_face(data):
        return open_datasets(data, wanted, name="data set", what="Hugging Face data set")
    items = cast("object", data)
    if isinstance(items, MapStyle) and not isinstance(items, IterableDataset):
        return as_splits("data set", survey_mapped(items, wanted, name="data set"))
    raise UserError(
        f"{type(data).__name__} is no set of images: expected a name, a path, an array, a tensor, or a data set with "
        f"a length that gives an item for a row number"
    )


def _open_named(name: str, wanted: Wanted) -> ImageSplits:
    if name in BUILT_IN:
        return open_built_in(name, wanted)
    if name.startswith("hub:"):
        return open_hub(name.removeprefix("hub:"), wanted)
    path = Path(name).expanduser()
    if path.is_dir():
        return _open_directory(path, wanted)
    if path.is_file():
        return _open_file(path, wanted)
    raise _missing(name, path)


def _open_directory(folder: Path, wanted: Wanted) -> ImageSplits:
    if is_saved_dataset(folder):
        return open_saved(folder, wanted)
    holds_images = any(path.suffix.lower() in extensions() for path in folder.rglob("*"))
    if not holds_images and any(folder.rglob("*.parquet")):
        return open_parquet(folder, wanted)
    return open_folder(folder, wanted)


def _open_file(path: Path, wanted: Wanted) -> ImageSplits:
    opener = _FILES.get(path.suffix.lower())
    if opener is not None:
        return opener(path, wanted)
    if path.suffix.lower() in extensions():
        raise UserError(f"'{path}' is one image: expected the folder that holds it and others")
    raise UserError(f"'{path}' is no set of images: expected a folder, or a file that ends in {', '.join(_FILES)}")


def _missing(name: str, path: Path) -> UserError:
    """Nothing of this name: the nearest built-in name, or the nearest file beside where it should be."""
    near = nearest(name, BUILT_IN)
    if near is None or path.parent != Path():
        beside = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
        close = nearest(path.name, beside)
        hint = f"did you mean '{path.parent / close}'?" if close else f"built-in names: {', '.join(BUILT_IN)}"
        return UserError(f"no file or folder '{name}': {hint}")
    return UserError(
        f"unknown data set '{name}', and no file or folder of that name: did you mean '{near}'? "
        f"(built-in: {', '.join(BUILT_IN)}; or a folder, .parquet, .npz, .npy, hub:NAME)"
    )


def _is_folder_of_files(data: object) -> bool:
    if not isinstance(data, str | Path) or str(data) in BUILT_IN or str(data).startswith("hub:"):
        return False
    path = Path(data).expanduser()
    return not path.exists() or (path.is_dir() and not _is_table(data))  # what is missing is told elsewhere


def _is_table(data: object) -> bool:
    """Whether it has columns: parquet, a saved data set, one of the hub or of `datasets`."""
    if not isinstance(data, str | Path):
        return _is_hugging_face(data)
    path = Path(data).expanduser()
    holds = path.is_dir() and (is_saved_dataset(path) or any(path.rglob("*.parquet")))
    return holds or str(data).startswith("hub:") or path.suffix.lower() in (".parquet", ".pq")


def _is_hugging_face(data: object) -> bool:
    """Whether it comes from `datasets`, without importing that when it is not."""
    datasets = sys.modules.get("datasets")
    return datasets is not None and isinstance(data, datasets.Dataset | datasets.DatasetDict)


def read_images(images: object, *, channels: int, image_size: int | None = None) -> ImageBatch:
    """A few images, as one batch.

    Args:
        images: a path, a PIL image, an array (h, w), (h, w, c) or (c, h, w), or a sequence of them.
        channels: convert to 1 (grey) or 3 (RGB).
        image_size: see `open_images`.

    Raises:
        UserError: one of them is no image, or cannot be read.

    Example:
        >>> from PIL import Image
        >>> from selftaught.data import read_images
        >>> read_images([Image.new("RGB", (40, 30)), Image.new("L", (20, 50))], channels=3).sizes.tolist()
        [[30, 40], [50, 20]]
    """
    several = list(cast("Sequence[object]", images)) if isinstance(images, list | tuple) else [images]
    source = open_images(several, channels=channels, image_size=image_size, strict=True, labelled=False).train
    return source.batch(range(len(source)))
