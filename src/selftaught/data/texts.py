"""A set of texts, wherever they are kept: in memory, in one large file, in many files, in columns."""

import json
import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, SupportsIndex, final, overload, runtime_checkable

import numpy as np
from jaxtyping import Int

from selftaught.core import Source, Texts

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["ColumnTexts", "FileTexts", "KeptTexts", "LineTexts", "RowNames", "SpanTexts", "TextReader", "TextSource"]


@runtime_checkable
class TextReader(Protocol):
    """Reads texts by their places in what they are kept in; may be called from several threads."""

    def __call__(self, stored: Int[np.ndarray, " n"]) -> list[str]:
        """The texts at these places."""
        ...


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class TextSource(Source):
    """A set of texts that hands out batches, read when they are asked for.

    Args:
        reader: reads them.
        byte_counts: how long each text is as it is stored, in bytes; as many as the reader has places.

    Example:
        >>> from selftaught.data import open_texts
        >>> source = open_texts(["one", "two", "three"]).train
        >>> source.batch([2, 0]).texts, source.facts()
        (('three', 'one'), {'bytes': 11, 'longest_bytes': 5})
    """

    kind = "text"
    nouns = ("text", "texts")

    reader: TextReader
    byte_counts: Int[np.ndarray, " stored"]

    def read(self, stored: Int[np.ndarray, " n"]) -> Texts:
        """The texts at these places of what the source was made of; see `rows`."""
        return Texts(tuple(self.reader(stored)))

    def lengths(self) -> Int[np.ndarray, " n"]:
        """In bytes."""
        return self.byte_counts[self.rows]

    def facts(self) -> dict[str, Any]:
        """How many bytes they have, all together and the longest."""
        counts = self.byte_counts[self.rows]
        return {"bytes": int(counts.sum()), "longest_bytes": int(counts.max(initial=0))}


@final
@dataclass(frozen=True)
class RowNames(Sequence[str]):
    """Row numbers as names, without a string for each.

    Args:
        rows: the numbers.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.texts import RowNames
        >>> RowNames(np.array([3, 8]))[1]
        '8'
    """

    rows: Int[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, row: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> "RowNames": ...
    def __getitem__(self, row: SupportsIndex | slice) -> "str | RowNames":
        return RowNames(self.rows[row]) if isinstance(row, slice) else str(self.rows[row.__index__()])


@final
@dataclass(frozen=True)
class KeptTexts:
    """Texts in memory.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.texts import KeptTexts
        >>> KeptTexts(["a", "b"])(np.array([1]))
        ['b']
    """

    texts: Sequence[str]

    def __call__(self, stored: Int[np.ndarray, " n"]) -> list[str]:
        """The texts at these places."""
        return [self.texts[int(place)] for place in stored]


@final
@dataclass(frozen=True)
class SpanTexts:
    """Stretches of one file, read through a memory map: only what is asked for enters memory.

    Args:
        path: the file.
        spans: from which byte up to which each text goes.
        encoding: of the file.

    Example:
        >>> import numpy as np, tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.texts import SpanTexts
        >>> path = Path(tempfile.mkdtemp()) / "two.txt"
        >>> _ = path.write_text("one two")
        >>> SpanTexts(path, np.array([[0, 3], [4, 7]]), "utf-8")(np.array([1]))
        ['two']
    """

    path: Path
    spans: Int[np.ndarray, "stored 2"]
    encoding: str

    def __call__(self, stored: Int[np.ndarray, " n"]) -> list[str]:
        """The texts at these places."""
        file = _mapped(self.path)
        return [_decoded(file[begin:end], self.encoding) for begin, end in self.spans[stored].tolist()]


@final
@dataclass(frozen=True)
class LineTexts:
    """One field of the JSON objects that stand in a file, a line each.

    Args:
        lines: the objects, as they are written.
        column: which field is the text.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.texts import KeptTexts, LineTexts
        >>> LineTexts(KeptTexts(['{"text": "one"}']), "text")(np.array([0]))
        ['one']
    """

    lines: TextReader
    column: str

    def __call__(self, stored: Int[np.ndarray, " n"]) -> list[str]:
        """The texts at these places."""
        return [json.loads(line)[self.column] for line in self.lines(stored)]


@final
@dataclass(frozen=True)
class FileTexts:
    """Files of a folder, each one text.

    Args:
        root: the folder.
        files: relative to it.
        encoding: of all of them.

    Example:
        >>> import numpy as np, tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.texts import FileTexts
        >>> root = Path(tempfile.mkdtemp())
        >>> _ = (root / "a.txt").write_text("one")
        >>> FileTexts(root, ["a.txt"], "utf-8")(np.array([0]))
        ['one']
    """

    root: Path
    files: Sequence[str]
    encoding: str

    def __call__(self, stored: Int[np.ndarray, " n"]) -> list[str]:
        """The texts at these places."""
        return [_decoded((self.root / self.files[int(place)]).read_bytes(), self.encoding) for place in stored]


@final
@dataclass(frozen=True)
class ColumnTexts:
    """A column of a Hugging Face data set, which keeps it memory-mapped.

    Args:
        column: a data set of that column only.

    Example:
        >>> import datasets, numpy as np
        >>> from selftaught.data.texts import ColumnTexts
        >>> ColumnTexts(datasets.Dataset.from_dict({"text": ["a", "b"]}))(np.array([1, 0]))
        ['b', 'a']
    """

    column: "Dataset"

    def __call__(self, stored: Int[np.ndarray, " n"]) -> list[str]:
        """The texts at these places."""
        (texts,) = self.column[stored.tolist()].values()
        return list(texts)


def _decoded(stored: bytes, encoding: str) -> str:
    return stored.decode(encoding).removeprefix("\ufeff").replace("\r\n", "\n")


@lru_cache(maxsize=64)
def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
