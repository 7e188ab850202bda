"""Hugging Face datasets: parquet files, folders that `save_to_disk` wrote, and `hub:NAME`."""

import re
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from selftaught.core import UserError
from selftaught.data.columns import survey_table
from selftaught.data.folder import part_of
from selftaught.data.source import ImageSplits
from selftaught.data.survey import Wanted, as_splits

__all__ = ["is_saved_dataset", "open_datasets", "open_hub", "open_parquet", "open_saved"]

_QUIET_BYTES = 64 << 20


def is_saved_dataset(folder: Path) -> bool:
    """Whether `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote this folder.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data.hugging_face import is_saved_dataset
        >>> is_saved_dataset(Path("nowhere"))
        False
    """
    return (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file()


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
    import datasets
    from datasets.exceptions import DatasetGenerationError
    from pyarrow import ArrowException

    files: dict[str, list[str]] = {}
    for file in sorted(path.rglob("*.parquet")) if path.is_dir() else [path]:
        begins = re.split(r"[^A-Za-z]", file.stem)[0].lower() if path.is_dir() else "train"
        files.setdefault(begins if part_of(begins) else "train", []).append(str(file))
    small = sum(Path(file).stat().st_size for several in files.values() for file in several) < _QUIET_BYTES
    try:
        with _progress_bars(datasets, hidden=small):
            loaded = datasets.load_dataset("parquet", data_files=files)
    except (OSError, ValueError, ArrowException, DatasetGenerationError) as error:
        reason = _one_line(error.__cause__ or error)
        raise UserError(f"'{path}' cannot be read as parquet: {reason}") from error
    what = f"parquet {'folder' if path.is_dir() else 'file'}"
    return open_datasets(loaded, wanted, name=path.stem, what=what)


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
    import datasets
    from pyarrow import ArrowException

    try:
        loaded = datasets.load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, ArrowException) as error:
        raise UserError(f"'{folder}' cannot be read as a saved data set: {_one_line(error)}") from error
    return open_datasets(loaded, wanted, name=folder.name, what="saved data set")


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
    import datasets

    if not name:
        raise UserError("'hub:' needs a name, as in hub:cifar10 or hub:owner/name")
    repository, _, configuration = name.partition(":")
    reached = _hub_answers()
    try:
        with _offline(datasets, offline=not reached):
            loaded = datasets.load_dataset(repository, configuration or None)
    except (OSError, ValueError, RuntimeError) as error:
        mend = "" if reached else "; the hub cannot be reached and the local cache does not hold this data set"
        raise UserError(f"'hub:{name}' cannot be loaded: {_one_line(error)}{mend}") from error
    return open_datasets(loaded, wanted, name=repository.rsplit("/", 1)[-1], what=f"hub data set {name}")


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
    train_name = next((split for split in splits if part_of(split) == "train"), next(iter(splits)))
    kept_out = [split for split in splits if part_of(split) == "test" and split != train_name]
    test_name = min(kept_out, key=lambda split: split.lower() != "test", default=None)
    names = {split: f"{name}/{split}" if len(splits) > 1 else name for split in splits}
    train, test = survey_table(splits[train_name], wanted, name=names[train_name]), None
    if test_name is not None:
        wanted = replace(wanted, channels=train.source.channels)
        test = survey_table(splits[test_name], wanted, name=names[test_name])
    unused = sorted(set(splits) - {train_name, test_name})
    return as_splits(what, train, test, notes=[f"not used: {', '.join(unused)}"] if unused else [])


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _hub_answers() -> bool:
    """Whether the hub can be reached at all: its own client retries for half a minute before it gives up."""
    from huggingface_hub import constants

    try:
        with urllib.request.urlopen(constants.ENDPOINT, timeout=10):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextmanager
def _offline(datasets: Any, *, offline: bool) -> Generator[None]:
    before = datasets.config.HF_HUB_OFFLINE
    datasets.config.HF_HUB_OFFLINE = before or offline
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE = before


@contextmanager
def _progress_bars(datasets: Any, *, hidden: bool) -> Generator[None]:
    hide = hidden and not datasets.are_progress_bars_disabled()
    if hide:
        datasets.disable_progress_bars()
    try:
        yield
    finally:
        if hide:
            datasets.enable_progress_bars()
