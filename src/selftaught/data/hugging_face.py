"""Hugging Face datasets: parquet files, folders that `save_to_disk` wrote, and `hub:NAME`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from selftaught.core import UserError
from selftaught.data.columns import survey_table
from selftaught.data.hugging_face_loading import (
    hub_short_name,
    is_saved_dataset,
    load_hub,
    load_parquet,
    load_saved,
    parts_of,
    without_retries,
)
from selftaught.data.source import ImageSplits
from selftaught.data.survey import Wanted, as_splits

__all__ = ["is_saved_dataset", "open_datasets", "open_hub", "open_parquet", "open_saved", "without_retries"]


def open_parquet(path: Path, wanted: Wanted) -> ImageSplits:
    """A parquet file with a column of images, or every parquet file below a folder.

    In a folder, files whose names begin with train, and test or else validation, are those parts, as in
    `train-00000-of-00004.parquet`.

    Args:
        path: the file or folder.
        wanted: what the user asked for.

    Raises:
        UserError: unreadable, or without a column of images.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.hugging_face import open_parquet
        >>> from selftaught.data.survey import Wanted
        >>> with tempfile.NamedTemporaryFile(suffix=".parquet") as empty:
        ...     open_parquet(Path(empty.name), Wanted())
        Traceback (most recent call last):
        selftaught.core.errors.UserError: '...' cannot be read as parquet: ...
    """
    what = f"parquet {'folder' if path.is_dir() else 'file'}"
    return open_datasets(load_parquet(path), wanted, name=path.stem, what=what)


def open_saved(folder: Path, wanted: Wanted) -> ImageSplits:
    """A folder that `save_to_disk` wrote.

    Args:
        folder: the folder.
        wanted: what the user asked for.

    Raises:
        UserError: unreadable, or without a column of images.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data.hugging_face import open_saved
        >>> from selftaught.data.survey import Wanted
        >>> open_saved(Path("nowhere"), Wanted())
        Traceback (most recent call last):
        selftaught.core.errors.UserError: 'nowhere' cannot be read as a saved data set: ...
    """
    return open_datasets(load_saved(folder), wanted, name=folder.name, what="saved data set")


def open_hub(name: str, wanted: Wanted) -> ImageSplits:
    """A data set of the Hugging Face hub, downloaded on first use and taken from its cache later.

    Args:
        name: as in `cifar10`, `owner/name`, or `owner/name:configuration`.
        wanted: what the user asked for.

    Raises:
        UserError: unknown, out of reach, or without a column of images.

    Example:
        >>> from selftaught.data.hugging_face import open_hub
        >>> from selftaught.data.survey import Wanted
        >>> open_hub("", Wanted())
        Traceback (most recent call last):
        selftaught.core.errors.UserError: 'hub:' needs a name, as in hub:cifar10 or hub:owner/name
    """
    loaded = load_hub(name)
    return open_datasets(loaded, wanted, name=hub_short_name(name), what=f"hub data set {name}")


def open_datasets(loaded: object, wanted: Wanted, *, name: str, what: str) -> ImageSplits:
    """A `datasets.Dataset`, or a `DatasetDict` with its splits.

    Args:
        loaded: the data set; of a dictionary, train (or else the first split) and test (or else validation).
        wanted: what the user asked for.
        name: how messages call it.
        what: what it is, for people.

    Raises:
        UserError: no column of images, or none that can be read.

    Example:
        >>> import datasets
        >>> from selftaught.data.hugging_face import open_datasets
        >>> from selftaught.data.survey import Wanted
        >>> open_datasets(datasets.DatasetDict(), Wanted(), name="nothing", what="data set")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: nothing: holds no images
    """
    splits: Mapping[str, Any] = loaded if isinstance(loaded, Mapping) else {"train": loaded}
    if not splits:
        raise UserError(f"{name}: holds no images")
    train_name, test_name = parts_of(splits)
    names = {split: f"{name}/{split}" if len(splits) > 1 else name for split in splits}
    train, test = survey_table(splits[train_name], wanted, name=names[train_name]), None
    if test_name is not None:
        wanted = replace(wanted, channels=train.source.channels)
        test = survey_table(splits[test_name], wanted, name=names[test_name])
    unused = sorted(set(splits) - {train_name, test_name})
    return as_splits(what, train, test, notes=[f"not used: {', '.join(unused)}"] if unused else [])
