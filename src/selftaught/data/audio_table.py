"""Recordings in a column of a table: parquet files and Hugging Face data sets."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from selftaught.core import UserError, nearest, unknown_name
from selftaught.data.audio_decode import ColumnReader
from selftaught.data.audio_source import AudioSource
from selftaught.data.audio_survey import Found, Labels, WantedAudio, audio_splits, survey_audio
from selftaught.data.columns import other_columns
from selftaught.data.hugging_face_loading import hub_short_name, load_hub, load_parquet, load_saved, parts_of
from selftaught.data.source import Splits

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["open_audio_datasets", "open_audio_hub", "open_audio_parquet", "open_saved_audio"]

_AUDIO_COLUMNS = ("audio", "sound", "speech", "recording", "wav", "flac", "mp3")
_LABEL_COLUMNS = ("label", "labels", "class", "target", "y")


def open_audio_parquet(path: Path, wanted: WantedAudio) -> Splits[AudioSource]:
    """A parquet file with a column of recordings, or every parquet file below a folder.

    In a folder, files whose names begin with train, and test or else validation, are those parts.

    Args:
        path: the file or folder.
        wanted: what the user asked for.

    Raises:
        UserError: unreadable, or without a column of recordings.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.audio_survey import WantedAudio
        >>> from selftaught.data.audio_table import open_audio_parquet
        >>> with tempfile.NamedTemporaryFile(suffix=".parquet") as empty:
        ...     open_audio_parquet(Path(empty.name), WantedAudio())
        Traceback (most recent call last):
        selftaught.core.errors.UserError: '...' cannot be read as parquet: ...
    """
    loaded = load_parquet(path)
    what = f"parquet {'folder' if path.is_dir() else 'file'}"
    return open_audio_datasets(loaded, wanted, name=path.stem, what=what)


def open_saved_audio(folder: Path, wanted: WantedAudio) -> Splits[AudioSource]:
    """A folder that `save_to_disk` wrote.

    Args:
        folder: the folder.
        wanted: what the user asked for.

    Raises:
        UserError: unreadable, or without a column of recordings.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data.audio_survey import WantedAudio
        >>> from selftaught.data.audio_table import open_saved_audio
        >>> open_saved_audio(Path("nowhere"), WantedAudio())
        Traceback (most recent call last):
        selftaught.core.errors.UserError: 'nowhere' cannot be read as a saved data set: ...
    """
    loaded = load_saved(folder)
    return open_audio_datasets(loaded, wanted, name=folder.name, what="saved data set")


def open_audio_hub(name: str, wanted: WantedAudio) -> Splits[AudioSource]:
    """A data set of the Hugging Face hub, downloaded on first use and taken from its cache later.

    Args:
        name: as in `owner/name`, or `owner/name:configuration`.
        wanted: what the user asked for.

    Raises:
        UserError: unknown, out of reach, or without a column of recordings.

    Example:
        >>> from selftaught.data.audio_survey import WantedAudio
        >>> from selftaught.data.audio_table import open_audio_hub
        >>> open_audio_hub("", WantedAudio())
        Traceback (most recent call last):
        selftaught.core.errors.UserError: 'hub:' needs a name, as in hub:cifar10 or hub:owner/name
    """
    return open_audio_datasets(load_hub(name), wanted, name=hub_short_name(name), what=f"hub data set {name}")


def open_audio_datasets(loaded: object, wanted: WantedAudio, *, name: str, what: str) -> Splits[AudioSource]:
    """A `datasets.Dataset`, or a `DatasetDict` with its splits.

    The recordings are the first column of type `Audio`, or else one called audio, sound, speech, recording, wav, flac
    or mp3 that holds encoded files. Their own decoder is not used, so that it need not be installed.

    Args:
        loaded: the data set; of a dictionary, train (or else the first split) and test (or else validation).
        wanted: what the user asked for.
        name: how messages call it.
        what: what it is, for people.

    Raises:
        UserError: no column of recordings, no such column of labels, or no recording that can be read.

    Example:
        >>> import datasets
        >>> from selftaught.data.audio_survey import WantedAudio
        >>> from selftaught.data.audio_table import open_audio_datasets
        >>> open_audio_datasets(datasets.Dataset.from_dict({"a": [1]}), WantedAudio(), name="table", what="data set")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: table has no column of recordings; its columns: a
    """
    splits: Mapping[str, Any] = loaded if isinstance(loaded, Mapping) else {"train": loaded}
    if not splits:
        raise UserError(f"{name}: holds no recordings")
    train_name, test_name = parts_of(splits)
    names = {split: f"{name}/{split}" if len(splits) > 1 else name for split in splits}
    train, test = _surveyed(splits[train_name], wanted, names[train_name]), None
    if test_name is not None:
        wanted = replace(wanted, sample_rate_hz=train.source.sample_rate_hz)
        test = _surveyed(splits[test_name], wanted, names[test_name])
    unused = sorted(set(splits) - {train_name, test_name})
    return audio_splits(what, train, test, notes=[f"not used: {', '.join(unused)}"] if unused else [])


def _surveyed(table: "Dataset", wanted: WantedAudio, name: str) -> Found:
    import datasets

    column = _audio_column(table, name)
    only = table.with_format(None).select_columns([column])
    if isinstance(only.features[column], datasets.Audio):
        only = only.cast_column(column, datasets.Audio(decode=False))
    labels = _labels(table, wanted, name, column)
    others = other_columns(table, column) if wanted.labelled else {}
    keys = [str(row) for row in range(len(table))]
    return survey_audio(ColumnReader(only), keys, wanted, name=name, labels=labels, columns=others)


def _audio_column(table: "Dataset", name: str) -> str:
    import datasets

    features: Mapping[str, Any] = table.features
    for column, feature in features.items():
        if isinstance(feature, datasets.Audio):
            return column
    for column in _AUDIO_COLUMNS:
        feature = features.get(column)
        in_struct = isinstance(feature, Mapping) and "bytes" in feature
        if in_struct or (isinstance(feature, datasets.Value) and feature.dtype in ("binary", "large_binary")):
            return column
    near = nearest("audio", features)
    hint = f"; rename '{near}' to 'audio' if it holds encoded sound files" if near else ""
    raise UserError(f"{name} has no column of recordings; its columns: {', '.join(features)}{hint}")


def _labels(table: "Dataset", wanted: WantedAudio, name: str, audio: str) -> Labels | None:
    """The column asked for, or else the first of classes, or else one of a usual name."""
    import datasets

    if not wanted.labelled:
        return None
    features: Mapping[str, Any] = table.features
    named = [column for column, feature in features.items() if isinstance(feature, datasets.ClassLabel)]
    usual = [*named, *(column for column in _LABEL_COLUMNS if column in features)]
    if wanted.label is not None and (wanted.label not in features or wanted.label == audio):
        raise unknown_name(f"column of {name}", wanted.label, [column for column in features if column != audio])
    column = wanted.label or next(iter(usual), None)
    if column is None:
        return None
    values = table.with_format(None).select_columns([column])[:][column]
    numbered = all(value is None or isinstance(value, int) for value in values)
    if column in named:
        numbers = [-1 if value is None else int(value) for value in values]
        return Labels(np.array(numbers, dtype=np.int64), tuple(features[column].names))
    if not numbered and not all(value is None or isinstance(value, str) for value in values):
        raise UserError(f"{name}: expected words or whole numbers in the column '{column}' of labels")
    there = sorted({value for value in values if value is not None})
    if not there:
        return None
    if numbered and there == list(range(len(there))):
        return Labels(np.array([-1 if value is None else value for value in values], dtype=np.int64))
    numbers = {value: number for number, value in enumerate(there)}
    return Labels(
        np.array([-1 if value is None else numbers[value] for value in values], dtype=np.int64), tuple(map(str, there))
    )
