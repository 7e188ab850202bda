"""What lies in a folder: its parts, its files, the classes that sub-folders make."""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["class_names", "files_below", "folder_parts", "part_of"]

_TRAIN = ("train", "training")
_TEST = ("test", "testing", "val", "valid", "validation", "dev", "eval")


def part_of(name: str) -> str | None:
    """Which part of a data set a sub-folder, file or split of this name holds: "train", "test" or neither.

    Example:
        >>> from selftaught.data.listing import part_of
        >>> part_of("Train"), part_of("validation"), part_of("cats")
        ('train', 'test', None)
    """
    lowered = name.lower()
    return "train" if lowered in _TRAIN else "test" if lowered in _TEST else None


def folder_parts(root: Path) -> dict[str, Path]:
    """The folder of each part: `{"train": root}` unless there is a sub-folder for training.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.listing import folder_parts
        >>> root = Path(tempfile.mkdtemp())
        >>> (root / "train").mkdir()
        >>> [part for part in folder_parts(root)]
        ['train']
    """
    folders = sorted(entry for entry in root.iterdir() if entry.is_dir())
    named = {part: [folder for folder in folders if folder.name.lower() == part] for part in (*_TRAIN, *_TEST)}
    train = next((found[0] for part in _TRAIN if (found := named[part])), None)
    test = next((found[0] for part in _TEST if (found := named[part])), None)
    if train is None:
        return {"train": root}
    return {"train": train} if test is None else {"train": train, "test": test}


def files_below(root: Path) -> Iterator[str]:
    """Every file below a folder that is not hidden, relative to it, through links, each folder once.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.listing import files_below
        >>> list(files_below(Path(tempfile.mkdtemp())))
        []
    """
    seen: set[str] = set()
    for folder, subfolders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__MACOSX")))
        yield from (os.path.relpath(os.path.join(folder, name), root) for name in files if not name.startswith("."))


def class_names(files: Sequence[str], *, split: bool) -> list[str] | None:
    """Each file's class, or None where the sub-folders make none.

    Folders that hold everything are no classes; below train/ and test/ the first level always is.

    Args:
        files: relative to the folder of their part.
        split: that folder is one of several parts.

    Example:
        >>> from selftaught.data.listing import class_names
        >>> class_names(["all/cats/1.png", "all/dogs/1.png"], split=False), class_names(["1.png"], split=False)
        (['cats', 'dogs'], None)
    """
    folders = [file.split(os.sep)[:-1] for file in files]
    depth = 0 if split else _shared_depth(folders)
    return None if any(len(folder) <= depth for folder in folders) else [folder[depth] for folder in folders]


def _shared_depth(folders: Sequence[Sequence[str]]) -> int:
    """How many leading folders all paths have in common."""
    levels = zip(*folders, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda level: len(set(level)) == 1, levels))
