"""A folder of image files: flat, nested, with class sub-folders, with train/ and test/ parts."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, final

import numpy as np

from selftaught.core import UserError
from selftaught.data.decode import Decoded, decode, extensions, longest
from selftaught.data.decoded_cache import cached
from selftaught.data.listing import class_names, files_below, folder_parts
from selftaught.data.source import ImageSplits
from selftaught.data.survey import Surveyed, Wanted, as_splits, survey

__all__ = ["open_folder"]


@final
@dataclass(frozen=True)
class _FileReader:
    root: Path
    files: Sequence[str]
    longest_side: int | None
    parallel: bool = True

    def __call__(self, row: int) -> Decoded:
        return decode(self.root / self.files[row], self.longest_side)

    def facts(self) -> list[str]:
        """Of each file what changes where its pixels do."""
        found = [(file, (self.root / file).stat()) for file in self.files]
        return [f"{file} {about.st_size} {about.st_mtime_ns} {self.longest_side}" for file, about in found]


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
    parts = folder_parts(root)
    listed = {part: _listing(folder) for part, folder in parts.items()}
    if not listed["train"].images:
        others = listed["train"].others
        held = f"{others:,} other files; images end in {', '.join(sorted(_USUAL))}, ..." if others else "it is empty"
        raise UserError(f"folder '{parts['train']}' holds no images: {held}")
    names = {part: class_names(listing.images, split=len(parts) > 1) for part, listing in listed.items()}
    if not wanted.labelled:
        names = dict.fromkeys(names)

    def surveyed(part: str, wanted: Wanted) -> Surveyed:
        files, folder = listed[part].images, parts[part]
        name = root.name if folder == root else f"{root.name}/{folder.name}"
        reader = _FileReader(folder, files, longest(wanted.image_size))
        kept = (
            reader if wanted.cache is None else cached(reader, wanted.cache, name, reader.facts(), track=wanted.track)
        )
        classes = sorted(set(names[part] or ()))
        numbers = {name: number for number, name in enumerate(classes)}
        return survey(
            kept,
            files,
            wanted,
            name=name,
            labels=np.array([numbers[name] for name in names[part] or ()], dtype=np.int64) if classes else None,
            classes=tuple(classes) or None,
        )

    train, test = surveyed("train", wanted), None
    if "test" in listed and listed["test"].images:
        test = surveyed("test", replace(wanted, channels=train.source.channels))
    others = sum(listing.others for listing in listed.values())
    return as_splits("folder", train, test, notes=[f"{others:,} other files ignored"] if others else [])


_USUAL = (".jpg", ".png", ".tif", ".webp", ".bmp", ".gif")


def _listing(root: Path) -> _Listing:
    images: list[str] = []
    others = 0
    for path in files_below(root):
        if os.path.splitext(path)[1].lower() in extensions():
            images.append(path)
        else:
            others += 1
    return _Listing(sorted(images), others)
