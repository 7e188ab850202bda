"""Texts in files of their own: documents between blank lines, and folders of one text a file."""

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from selftaught.core import UserError
from selftaught.data.text_columns import Found, TextsWanted
from selftaught.data.text_lines import decoded_lines, decoded_whole, has_byte_lines
from selftaught.data.texts import FileTexts, KeptTexts, SpanTexts

__all__ = ["TEXT_ENDINGS", "find_in_files", "find_in_text"]

TEXT_ENDINGS = (".txt", ".md")


def find_in_text(path: Path, wanted: TextsWanted) -> Found:
    r"""The documents of a text file, which blank lines divide.

    One pass finds where each begins and ends; the file is never in memory as a whole, unless its encoding has lines
    that do not end in the byte 10, as UTF-16 has.

    Args:
        path: the file.
        wanted: what the user asked for.

    Raises:
        UserError: the file is empty, or not in this encoding; says where.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.text_columns import TextsWanted
        >>> from selftaught.data.text_files import find_in_text
        >>> path = Path(tempfile.mkdtemp()) / "two.txt"
        >>> _ = path.write_text("One.\nMore of it.\n\nTwo.\n")
        >>> find_in_text(path, TextsWanted()).byte_counts.tolist()
        [16, 4]
    """
    if path.stat().st_size == 0:
        raise UserError(f"'{path}' is empty")
    if not has_byte_lines(wanted.encoding, path):
        lines = decoded_whole(path, wanted).splitlines()
        kept = [text for text in "\n".join(line.rstrip() for line in lines).split("\n\n") if text.strip()]
        counts = np.array([len(text.encode()) for text in kept], dtype=np.int64)
        return Found(name=path.name, reader=KeptTexts(kept), byte_counts=counts)
    spans, begin, end = array("q"), -1, -1
    for start, stop, line in decoded_lines(path, wanted):
        if line.strip():
            begin, end = (start if begin < 0 else begin), stop
        elif begin >= 0:
            spans.extend((begin, end))
            begin = -1
    if begin >= 0:
        spans.extend((begin, end))
    found = np.fromiter(spans, np.int64).reshape(-1, 2)
    counts = found[:, 1] - found[:, 0]
    return Found(name=path.name, reader=SpanTexts(path, found, wanted.encoding), byte_counts=counts)


def find_in_files(root: Path, files: Sequence[str], labels: Sequence[str] | None, wanted: TextsWanted) -> Found:
    """The files of a folder, each one text.

    Args:
        root: the folder.
        files: relative to it.
        labels: each file's class.
        wanted: what the user asked for.

    Raises:
        UserError: a file is not in this encoding; says where.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.text_columns import TextsWanted
        >>> from selftaught.data.text_files import find_in_files
        >>> root = Path(tempfile.mkdtemp())
        >>> _ = (root / "a.txt").write_text("one")
        >>> find_in_files(root, ["a.txt"], None, TextsWanted()).byte_counts.tolist()
        [3]
    """
    counts, blank = array("q"), set[int]()
    for row, file in enumerate(wanted.track(files, f"checking {root.name}", len(files))):
        text = decoded_whole(root / file, wanted)
        counts.append((root / file).stat().st_size)
        blank |= set() if text.strip() else {row}
    return Found(
        name=root.name,
        reader=FileTexts(root, files, wanted.encoding),
        byte_counts=np.fromiter(counts, np.int64),
        labels=labels,
        keys=files,
        blank=frozenset(blank),
    )
