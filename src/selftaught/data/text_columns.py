"""Which column of a table holds the texts and which the classes, and a source made of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np
from jaxtyping import Int, Shaped

from selftaught.core import Skipped, Track, UserError, nearest, silent, unknown_name
from selftaught.data.source import Splits
from selftaught.data.texts import RowNames, TextReader, TextSource

__all__ = ["Found", "TextsWanted", "assemble", "choose_columns", "describe_texts", "split_texts"]

_TEXT, _LABELS = "text", ("label", "labels", "class", "target", "y")


@final
@dataclass(frozen=True, kw_only=True)
class TextsWanted:
    """How the user wants texts to be opened; `open_texts` explains each value.

    Example:
        >>> from selftaught.data.text_columns import TextsWanted
        >>> TextsWanted().encoding
        'utf-8'
    """

    text_column: str | None = None
    label: str | None = None
    encoding: str = "utf-8"
    labelled: bool = True
    strict: bool = False
    track: Track = silent


@final
@dataclass(frozen=True, kw_only=True)
class Found:
    """What a pass over texts has found; each sequence has an entry for every text.

    Args:
        name: how messages call the set.
        reader: reads the texts.
        byte_counts: how long each is as stored; 0 for one that is missing.
        labels: what stands in the column of classes; None where there is no such column.
        classes: their names, where the labels are numbers that have some.
        columns: all others.
        keys: the texts' names; None for their numbers.
        blank: the texts that hold white space only.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.text_columns import Found
        >>> from selftaught.data.texts import KeptTexts
        >>> Found(name="one", reader=KeptTexts(["a"]), byte_counts=np.array([1])).labels is None
        True
    """

    name: str
    reader: TextReader
    byte_counts: Int[np.ndarray, " stored"]
    labels: Sequence[Any] | None = None
    classes: tuple[str, ...] | None = None
    columns: Mapping[str, Shaped[np.ndarray, " stored"]] = field(default_factory=dict[str, np.ndarray])
    keys: Sequence[str] | None = None
    blank: frozenset[int] = frozenset()


def choose_columns(columns: Mapping[str, bool], wanted: TextsWanted, name: str) -> tuple[str, str | None]:
    """The columns of the texts and of the classes.

    Args:
        columns: every column, and whether it holds words.
        wanted: what the user asked for.
        name: how messages call the table.

    Raises:
        UserError: a column that was asked for is not there, or it cannot be told which holds the texts.

    Example:
        >>> from selftaught.data.text_columns import TextsWanted, choose_columns
        >>> choose_columns({"sentence": True, "label": True, "page": False}, TextsWanted(), "table")
        ('sentence', 'label')
    """
    for asked in (wanted.text_column, wanted.label):
        if asked is not None and asked not in columns:
            raise UserError(f"{name}: {unknown_name('column', asked, columns)}")
    label = wanted.label or next((column for column in _LABELS if column in columns), None)
    if wanted.text_column is not None:
        return wanted.text_column, label if label != wanted.text_column else None
    with_words = [column for column, words in columns.items() if words and column != label]
    if _TEXT in columns and label != _TEXT:
        return _TEXT, label
    if len(with_words) == 1:
        return with_words[0], label
    listed = ", ".join(columns) or "none"
    why = "several columns hold words" if with_words else "no column holds words"
    near = nearest(_TEXT, with_words)
    hint = f", such as '{near}'" if near else ""
    raise UserError(f"{name}: {why}; its columns: {listed}; name the one with the texts (text_column){hint}")


def assemble(found: Found, wanted: TextsWanted) -> TextSource:
    """A source of the texts that are there and not blank, and have a class if the others do.

    Raises:
        UserError: none is left; or, with `strict`, one is left out.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.text_columns import Found, TextsWanted, assemble
        >>> from selftaught.data.texts import KeptTexts
        >>> found = Found(name="two", reader=KeptTexts(["a", ""]), byte_counts=np.array([1, 0]))
        >>> assemble(found, TextsWanted()).skipped
        (Skipped(key='1', reason='the text is empty'),)
    """
    total = len(found.byte_counts)
    keys = found.keys if found.keys is not None else RowNames(np.arange(total))
    empty = {*np.flatnonzero(found.byte_counts == 0).tolist(), *found.blank}
    raw = found.labels if wanted.labelled else None
    missing = {row for row, label in enumerate(raw or ()) if label is None or label == "" or label == -1}
    raw, missing = (None, set[int]()) if len(missing) == total else (raw, missing)
    reasons = {row: "the text is empty" if row in empty else "it has no label" for row in sorted(empty | missing)}
    skipped = tuple(Skipped(keys[row], reason) for row, reason in reasons.items())
    if len(skipped) == total:
        raise UserError(f"{found.name}: holds no text" + (f": all {total:,} are empty" if total else ""))
    if skipped and wanted.strict:
        raise UserError(f"{found.name}: text {skipped[0].key}: {skipped[0].reason}, as with {len(skipped) - 1:,} more")
    good = np.setdiff1d(np.arange(total), list(reasons)).astype(np.int64)
    labels, classes = (None, None) if raw is None else _numbered([raw[row] for row in good], found)
    return TextSource(
        name=found.name,
        keys=RowNames(good) if found.keys is None else [keys[int(row)] for row in good],
        rows=good,
        labels=labels,
        classes=classes,
        skipped=skipped,
        columns={name: column[good] for name, column in found.columns.items()},
        reader=found.reader,
        byte_counts=found.byte_counts,
    )


def _numbered(labels: Sequence[Any], found: Found) -> tuple[Int[np.ndarray, " n"], tuple[str, ...] | None]:
    values = np.asarray(labels)
    if values.dtype.kind in "iub" and (values >= 0).all():
        return values.astype(np.int64), found.classes
    if values.dtype.kind == "f" and (values == values.round()).all() and (values >= 0).all():
        return values.astype(np.int64), None  # whole numbers beside empty cells
    names = np.array([str(label) for label in labels], dtype=object)
    classes, numbers = np.unique(names, return_inverse=True)
    return numbers.astype(np.int64), tuple(classes.tolist())


def split_texts(
    what: str, train: TextSource, test: TextSource | None = None, notes: Iterable[str] = ()
) -> Splits[TextSource]:
    """The two parts, with the sentence that says what was found.

    Args:
        what: what the texts came in, as in "file".
        train: the texts to learn from.
        test: those kept out.
        notes: what else to say.

    Raises:
        UserError: the test part has a class that the training part lacks.

    Example:
        >>> from selftaught.data import open_texts
        >>> from selftaught.data.text_columns import split_texts
        >>> split_texts("list", open_texts(["a", "b"]).train, notes=["no more"]).found
        'list of 2 texts, 2 bytes; no more'
    """
    found = [f"{what} of {describe_texts(train)}"]
    if test is not None:
        if train.classes and test.classes and test.labels is not None and train.classes != test.classes:
            for name in sorted(set(test.classes) - set(train.classes)):
                raise UserError(f"{test.name}: {unknown_name('class', name, train.classes)}")
            numbers = np.array([train.classes.index(name) for name in test.classes], dtype=np.int64)
            test = replace(test, labels=numbers[test.labels], classes=train.classes)
        found.append(f"kept out: {describe_texts(test)}")
    return Splits(train, test, "; ".join([*found, *notes]))


def describe_texts(source: TextSource) -> str:
    """A source in a few words: how many texts, classes and bytes, and what was left out.

    Example:
        >>> from selftaught.data import open_texts
        >>> from selftaught.data.text_columns import describe_texts
        >>> describe_texts(open_texts(["a", "", "b"]).train)
        '2 texts, 2 bytes, 1 skipped (the text is empty)'
    """
    words = [source.counted()]
    if source.labels is not None:
        classes = len(source.classes or np.unique(source.labels))
        words.append(f"{classes} {'class' if classes == 1 else 'classes'}")
    words.append(_size(source.facts()["bytes"]))
    reasons = sorted({reason for _, reason in source.skipped})
    words += [f"{len(source.skipped):,} skipped ({'; '.join(reasons)})"] if source.skipped else []
    return ", ".join(words)


def _size(count: int) -> str:
    steps: list[tuple[int, Callable[[float], str]]] = [
        (10**9, lambda value: f"{value:.1f} GB"),
        (10**6, lambda value: f"{value:.1f} MB"),
        (10**3, lambda value: f"{value:.0f} kB"),
    ]
    return next((shown(count / step) for step, shown in steps if count >= step), f"{count} bytes")
