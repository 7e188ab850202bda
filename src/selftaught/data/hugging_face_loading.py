"""Hugging Face datasets as that library loads them, whatever they hold: parquet files, saved folders, `hub:NAME`."""

import re
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selftaught.core import UserError
from selftaught.data.listing import part_of

__all__ = [
    "hub_short_name",
    "is_saved_dataset",
    "load_hub",
    "load_parquet",
    "load_saved",
    "parts_of",
    "without_retries",
]

_QUIET_BYTES = 64 << 20


def is_saved_dataset(folder: Path) -> bool:
    """Whether `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote this folder.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data.hugging_face_loading import is_saved_dataset
        >>> is_saved_dataset(Path("nowhere"))
        False
    """
    return (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file()


def load_parquet(path: Path) -> Any:
    """What parquet files hold, as a `DatasetDict`; see `open_parquet`.

    Raises:
        UserError: unreadable.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.hugging_face_loading import load_parquet
        >>> with tempfile.NamedTemporaryFile(suffix=".parquet") as empty:
        ...     load_parquet(Path(empty.name))
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
            return datasets.load_dataset("parquet", data_files=files)
    except (OSError, ValueError, ArrowException, DatasetGenerationError) as error:
        reason = _one_line(error.__cause__ or error)
        raise UserError(f"'{path}' cannot be read as parquet: {reason}") from error


def load_saved(folder: Path) -> Any:
    """What `save_to_disk` wrote, as a `Dataset` or a `DatasetDict`.

    Raises:
        UserError: unreadable.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data.hugging_face_loading import load_saved
        >>> load_saved(Path("nowhere"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: 'nowhere' cannot be read as a saved data set: ...
    """
    import datasets
    from pyarrow import ArrowException

    try:
        return datasets.load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, ArrowException) as error:
        raise UserError(f"'{folder}' cannot be read as a saved data set: {_one_line(error)}") from error


def hub_short_name(name: str) -> str:
    """What messages call a data set of the hub.

    Example:
        >>> from selftaught.data.hugging_face_loading import hub_short_name
        >>> hub_short_name("owner/name:configuration")
        'name'
    """
    return name.partition(":")[0].rsplit("/", 1)[-1]


def load_hub(name: str) -> Any:
    """A data set of the hub, as a `DatasetDict`; see `open_hub`.

    Raises:
        UserError: unknown or out of reach.

    Example:
        >>> from selftaught.data.hugging_face_loading import load_hub
        >>> load_hub("")
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
            return datasets.load_dataset(repository, configuration or None)
    except (OSError, ValueError, RuntimeError) as error:
        mend = "" if reached else "; the hub cannot be reached and the local cache does not hold this data set"
        raise UserError(f"'hub:{name}' cannot be loaded: {_one_line(error)}{mend}") from error


def parts_of(splits: Mapping[str, Any]) -> tuple[str, str | None]:
    """Which split is learnt from, and which is kept out: train or else the first, test or else validation.

    Example:
        >>> from selftaught.data.hugging_face_loading import parts_of
        >>> parts_of({"validation": 1, "test": 2, "train": 3})
        ('train', 'test')
    """
    train_name = next((split for split in splits if part_of(split) == "train"), next(iter(splits)))
    kept_out = [split for split in splits if part_of(split) == "test" and split != train_name]
    return train_name, min(kept_out, key=lambda split: split.lower() != "test", default=None)


@contextmanager
def without_retries() -> Generator[None]:
    """While the hub is out of reach, take what its cache holds or fail at once, instead of trying for a minute.

    Example:
        >>> from selftaught.data import without_retries
        >>> with without_retries():
        ...     pass
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not _hub_answers()
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


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
