"""A folder of sound files: flat, with class sub-folders, with train/ and test/ parts."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from selftaught.core import UserError
from selftaught.data.audio_decode import ENDINGS, FileReader
from selftaught.data.audio_source import AudioSource
from selftaught.data.audio_survey import Labels, WantedAudio, audio_splits, survey_audio
from selftaught.data.listing import class_names, files_below, folder_parts
from selftaught.data.source import Splits

__all__ = ["open_audio_folder"]


def open_audio_folder(root: Path, wanted: WantedAudio) -> Splits[AudioSource]:
    """Recordings in a folder and its sub-folders; hidden files and files of other kinds are left out.

    Where there is a `train` sub-folder it is the training part, and `test` (or else another name for it) the part kept
    out. The sub-folders of a part are its classes; where a file lies outside of them there are none.

    Args:
        root: the folder.
        wanted: what the user asked for.

    Raises:
        UserError: no recordings, none that can be read, or classes in the test part that the training part lacks.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.audio_folder import open_audio_folder
        >>> from selftaught.data.audio_survey import WantedAudio
        >>> open_audio_folder(Path(tempfile.mkdtemp()), WantedAudio())
        Traceback (most recent call last):
        selftaught.core.errors.UserError: folder ... holds no recordings: it is empty
    """
    if wanted.label is not None:
        raise UserError(f"label '{wanted.label}': the classes of a folder are its sub-folders, it has no columns")
    parts = folder_parts(root)
    files = {part: sorted(files_below(folder)) for part, folder in parts.items()}
    sounds = {part: [file for file in listed if _is_sound(file)] for part, listed in files.items()}
    if not sounds["train"]:
        held = f"{len(files['train']):,} other files; recordings end in {', '.join(ENDINGS[:4])}, ..."
        raise UserError(f"folder '{parts['train']}' holds no recordings: {held if files['train'] else 'it is empty'}")
    found = {}
    for part in (part for part in ("train", "test") if sounds.get(part)):
        folder = parts[part]
        if part == "test":
            wanted = replace(wanted, sample_rate_hz=found["train"].source.sample_rate_hz)
        found[part] = survey_audio(
            FileReader(folder, sounds[part]),
            sounds[part],
            wanted,
            name=root.name if folder == root else f"{root.name}/{folder.name}",
            labels=_labels(sounds[part], split=len(parts) > 1) if wanted.labelled else None,
        )
    others = sum(len(files[part]) - len(sounds[part]) for part in parts)
    notes = [f"{others:,} other files ignored"] if others else []
    return audio_splits("folder", found["train"], found.get("test"), notes=notes)


def _is_sound(file: str) -> bool:
    return os.path.splitext(file)[1].lower() in ENDINGS


def _labels(files: Sequence[str], *, split: bool) -> Labels | None:
    names = class_names(files, split=split)
    if names is None:
        return None
    classes, numbers = np.unique(names, return_inverse=True)
    return Labels(numbers.astype(np.int64), tuple(classes.tolist()))
