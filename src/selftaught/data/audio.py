"""The one way in for sound: whatever the user calls recordings, as those to learn from and those kept out."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from torch import Tensor

from selftaught.core import Sequences, Track, UserError, nearest, silent
from selftaught.data.audio_decode import ENDINGS, FileReader, KeptReader
from selftaught.data.audio_folder import open_audio_folder
from selftaught.data.audio_source import AudioSource
from selftaught.data.audio_survey import WantedAudio, audio_splits, describe_audio, survey_audio
from selftaught.data.audio_table import open_audio_datasets, open_audio_hub, open_audio_parquet, open_saved_audio
from selftaught.data.hugging_face_loading import is_saved_dataset
from selftaught.data.source import Splits

__all__ = ["open_audio", "read_recordings"]


def open_audio(
    data: Any,
    *,
    sample_rate_hz: int | None = None,
    label: str | None = None,
    labelled: bool = True,
    strict: bool = False,
    track: Track = silent,
) -> Splits[AudioSource]:
    """Open recordings of any origin.

    Only the beginning of every recording is read, and its end is looked at: sound is decoded when it is asked for,
    and no more of it than is asked for. Several channels become their mean; recordings at another rate than the
    others are resampled. Both is said in `found`.

    Args:
        data: a folder of wav, flac, ogg or mp3 files, flat, with a sub-folder for each class, or with train/ and
            test/; `hub:NAME` of the Hugging Face hub; a parquet file or a folder of them with a column of
            `{"bytes", "path"}`; a folder that `save_to_disk` wrote; a `datasets.Dataset` or `DatasetDict`; a list of
            arrays, or a dictionary of names and arrays, each (samples,) or (samples, channels); a source, which comes
            back.
        sample_rate_hz: samples a second of what is handed out; None for the most common rate. Of arrays it is the rate
            they have, and must be given.
        label: the column that holds the classes of a table, as whole numbers or words; None for the first of type
            `ClassLabel`, or else one called label, labels, class, target or y.
        labelled: keep classes and other columns where there are any; with False nothing ever looks at them.
        strict: a recording that cannot be read is an error, instead of being listed in `skipped`.
        track: shows how far the look at the files has come.

    Raises:
        UserError: there are no such data, they hold no recordings, or soundfile is not installed.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_audio
        >>> splits = open_audio({"one": np.zeros(8000, np.float32)}, sample_rate_hz=8000)
        >>> splits.found, list(splits.train.keys)
        ('arrays of 1 recording, 8,000 Hz, 1 s', ['one'])
    """
    if sample_rate_hz is not None and sample_rate_hz < 1:
        raise UserError(f"sample_rate_hz: expected a number above 0, got {sample_rate_hz}")
    wanted = WantedAudio(sample_rate_hz=sample_rate_hz, label=label, labelled=labelled, strict=strict, track=track)
    if isinstance(data, Splits):
        return cast("Splits[AudioSource]", data)
    if isinstance(data, AudioSource):
        return Splits(data, None, f"source of {describe_audio(data)}")
    if isinstance(data, str) and data.startswith("hub:"):
        return open_audio_hub(data.removeprefix("hub:"), wanted)
    if isinstance(data, str | Path):
        return _open_path(Path(data).expanduser(), wanted)
    datasets = sys.modules.get("datasets")
    if datasets is not None and isinstance(data, datasets.Dataset | datasets.DatasetDict):
        return open_audio_datasets(data, wanted, name="data set", what="Hugging Face data set")
    return _open_arrays(data, wanted)


def read_recordings(paths: Sequence[Path], *, sample_rate_hz: int) -> Sequences:
    """A few recordings, as one batch at one rate.

    Raises:
        UserError: one of them cannot be read.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data import read_recordings
        >>> read_recordings([Path("missing.wav")], sample_rate_hz=8000)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: ... missing.wav cannot be read: ...
    """
    wanted = WantedAudio(sample_rate_hz=sample_rate_hz, strict=True, labelled=False)
    reader = FileReader(Path(), [str(path) for path in paths])
    source = survey_audio(reader, [str(path) for path in paths], wanted, name="recordings").source
    return source.batch(range(len(source)))


def _open_path(path: Path, wanted: WantedAudio) -> Splits[AudioSource]:
    ending = path.suffix.lower()
    if path.is_dir():
        if is_saved_dataset(path):
            return open_saved_audio(path, wanted)
        holds_sound = any(file.suffix.lower() in ENDINGS for file in path.rglob("*"))
        if not holds_sound and any(path.rglob("*.parquet")):
            return open_audio_parquet(path, wanted)
        return open_audio_folder(path, wanted)
    if path.is_file() and ending in (".parquet", ".pq"):
        return open_audio_parquet(path, wanted)
    if path.is_file() and ending in ENDINGS:
        raise UserError(f"'{path}' is one recording: expected the folder that holds it and others")
    if path.is_file():
        raise UserError(f"'{path}' is no set of recordings: expected a folder or a .parquet file")
    beside = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
    near = nearest(path.name, beside)
    hint = f": did you mean '{path.parent / near}'?" if near else ""
    raise UserError(f"no file or folder '{path}'{hint}")


def _open_arrays(data: Any, wanted: WantedAudio) -> Splits[AudioSource]:
    if isinstance(data, Mapping):
        named = {str(name): array for name, array in cast("Mapping[Any, Any]", data).items()}
    elif isinstance(data, list | tuple):
        named = {str(row): array for row, array in enumerate(cast("Sequence[Any]", data))}
    else:
        raise UserError(
            f"{type(data).__name__} is no set of recordings: expected a path, a Hugging Face data set, or a list or "
            "dictionary of arrays with their sample_rate_hz"
        )
    wrong = next((array for array in named.values() if not isinstance(array, np.ndarray | Tensor)), None)
    if wrong is not None:
        raise UserError(f"expected recordings as arrays or tensors of samples, got {type(wrong).__name__}")
    if wanted.sample_rate_hz is None:
        raise UserError("sample_rate_hz: expected the rate of the arrays, in samples a second")
    arrays = [array.detach().cpu().numpy() if isinstance(array, Tensor) else array for array in named.values()]
    reader = KeptReader(arrays, wanted.sample_rate_hz)
    return audio_splits("arrays", survey_audio(reader, list(named), wanted, name="arrays"))
