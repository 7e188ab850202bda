"""A folder of image files: flat, nested, with class sub-folders, with train/ and test/ parts."""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, final

import numpy as np

from selftaught.core import UserError
from selftaught.data.decode import Decoded, decode, extensions, longest
from selftaught.data.source import ImageSplits
from selftaught.data.survey import Surveyed, Wanted, as_splits, survey

__all__ = ["open_folder", "part_of"]

_TRAIN = ("train", "training")
_TEST = ("test", "testing", "val", "valid", "validation", "dev", "eval")


def part_of(name: str) -> str | None:
    """Which part of a data set a sub-folder, file or split of this name holds: "train", "test" or neither.

    Example:
        >>> from selftaught.data.folder import part_of
        >>> part_of("Train"), part_of("validation"), part_of("cats")
        ('train', 'test', None)
    """
    lowered = name.lower()
    return "train" if lowered in _TRAIN else "test" if lowered in _TEST else None


@final
@dataclass(frozen=True)
class _FileReader:
    root: Path
    files: Sequence[str]
    longest_side: int | None
    parallel: bool = True

    def __call__(self, row: int) -> Decoded:
        return decode(self.root / self.files[row], self.longest_side)


class _Listing(NamedTuple):
    """The image files below a folder, relative to it and sorted, and how many others lie beside them."""

    images: list[str]
    others: int


def open_folder(root: Path, wanted: Wanted) -> ImageSplits:
    """Images in a folder and its sub-folders; hidden files and files of other kinds are left out.

    Where there is a `train` sub-folder it is the training part, and `test` (or else `val`, `validation`) the part kept
    out. Otherwise everything is training data. Classes are the first sub-folders below the deepest folder that holds
    every image; an image outside of any sub-folder means that there are no classes.

    Args:
        root: the folder.
        wanted: what the user asked for.

    Raises:
        UserError: no images, none that can be read, or classes in the test part that the training part lacks.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.folder import open_folder
        >>> from selftaught.data.survey import Wanted
        >>> open_folder(Path(tempfile.mkdtemp()), Wanted())
        Traceback (most recent call last):
        selftaught.core.errors.UserError: folder ... holds no images: it is empty
    """
    parts = _parts(root)
    listed = {part: _listing(folder) for part, folder in parts.items()}
    if not listed["train"].images:
        others = listed["train"].others
        held = f"{others:,} other files; images end in {', '.join(sorted(_USUAL))}, ..." if others else "it is empty"
        raise UserError(f"folder '{parts['train']}' holds no images: {held}")
    names = {part: _class_names(listing.images, split=len(parts) > 1) for part, listing in listed.items()}
    if not wanted.labelled:
        names = dict.fromkeys(names)

    def surveyed(part: str, wanted: Wanted) -> Surveyed:
        files, folder = listed[part].images, parts[part]
        classes = sorted(set(names[part] or ()))
        numbers = {name: number for number, name in enumerate(classes)}
        return survey(
            _FileReader(folder, files, longest(wanted.image_size)),
            files,
            wanted,
            name=root.name if folder == root else f"{root.name}/{folder.name}",
            labels=np.array([numbers[name] for name in names[part] or ()], dtype=np.int64) if classes else None,
            classes=tuple(classes) or None,
        )

    train, test = surveyed("train", wanted), None
    if "test" in listed and listed["test"].images:
        test = surveyed("test", replace(wanted, channels=train.source.channels))
    others = sum(listing.others for listing in listed.values())
    return as_splits("folder", train, test, notes=[f"{others:,} other files ignored"] if others else [])


_USUAL = (".jpg", ".png", ".tif", ".webp", ".bmp", ".gif")


def _parts(root: Path) -> dict[str, Path]:
    """The folder of each part: `{"train": root}` unless there is a sub-folder for training."""
    folders = sorted(entry for entry in root.iterdir() if entry.is_dir())
    named = {part: [folder for folder in folders if folder.name.lower() == part] for part in (*_TRAIN, *_TEST)}
    train = next((found[0] for part in _TRAIN if (found := named[part])), None)
    test = next((found[0] for part in _TEST if (found := named[part])), None)
    if train is None:
        return {"train": root}
    return {"train": train} if test is None else {"train": train, "test": test}


def _listing(root: Path) -> _Listing:
    images: list[str] = []
    others = 0
    for path in _files(root):
        if os.path.splitext(path)[1].lower() in extensions():
            images.append(os.path.relpath(path, root))
        else:
            others += 1
    return _Listing(sorted(images), others)


def _files(root: Path) -> Iterator[str]:
    """Every file below a folder that is not hidden, through links, each folder once."""
    seen: set[str] = set()
    for folder, subfolders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__MACOSX")))
        yield from (os.path.join(folder, name) for name in files if not name.startswith("."))


def _class_names(files: Sequence[str], *, split: bool) -> list[str] | None:
    """Each image's class, or None where the sub-folders make none.

    Folders that hold everything are no classes; below train/ and test/ the first level always is.
    """
    folders = [file.split(os.sep)[:-1] for file in files]
    depth = 0 if split else _shared_depth(folders)
    return None if any(len(folder) <= depth for folder in folders) else [folder[depth] for folder in folders]


def _shared_depth(folders: Sequence[Sequence[str]]) -> int:
    """How many leading folders all paths have in common."""
    levels = zip(*folders, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda level: len(set(level)) == 1, levels))
