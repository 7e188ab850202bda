"""Columns that a probe may be asked for: classes, numbers, or several labels an item."""

from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
from jaxtyping import Bool, Int, Shaped

from selftaught.core import Source, UserError, unknown_name
from selftaught.evaluation.budgets import stratified_folds

__all__ = ["Target", "as_labels", "read_target"]

_FOLDS = 5
_Kind = Literal["classes", "numbers", "several labels"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A column that is to be told from the vectors.

    Args:
        name: of the column.
        kind: decided by what the column holds: fractions are numbers, lists are several labels, and words and whole
            numbers are classes.
        train: rows of the training source that have a value.
        test: rows of the test source that have one, or rows kept out of the training source.
        apart: whether `test` counts the rows of the test source.
        values: of the training rows: class numbers, numbers, or a truth value for each label.
        test_values: of the test rows; -1 is a class that the training items lack.
        names: of the classes, or of the labels.

    Example:
        >>> import dataclasses
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.evaluation import read_target
        >>> images = open_images(np.zeros((10, 12, 12), np.uint8)).train
        >>> source = dataclasses.replace(images, columns={"age": np.arange(10) / 2})
        >>> target = read_target("age", source, None)
        >>> target.kind, len(target.train), len(target.test)
        ('numbers', 8, 2)
    """

    name: str
    kind: _Kind
    train: Int[np.ndarray, " n"]
    test: Int[np.ndarray, " o"]
    apart: bool
    values: Shaped[np.ndarray, "n ..."]
    test_values: Shaped[np.ndarray, "o ..."]
    names: tuple[str, ...]


def read_target(name: str, train: Source, test: Source | None, *, seed: int = 0) -> Target:
    """A column of a source as a target. Items without a value are left out.

    Args:
        name: of the column.
        train: the items to learn from.
        test: those to be tested on; without any, or where they lack the column, a seeded fifth is kept out.
        seed: of that fifth.

    Raises:
        UserError: there is no such column, or too few items have a value.

    Example:
        >>> import dataclasses
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.evaluation import read_target
        >>> images = open_images(np.zeros((10, 12, 12), np.uint8)).train
        >>> words = np.array(["left", "right"] * 5)
        >>> read_target("side", dataclasses.replace(images, columns={"side": words}), None).names
        ('left', 'right')
    """
    if name not in train.columns:
        raise unknown_name("column", name, train.columns)
    column = train.columns[name]
    kind, rows = _kind(column), _present(column)
    other = None if test is None else test.columns.get(name)
    apart = other is not None and bool(_present(other).any())
    known = np.flatnonzero(rows)
    if len(known) < _FOLDS:
        raise UserError(f"column '{name}': expected at least {_FOLDS} {train.nouns[1]} with a value, got {len(known)}")
    if apart and other is not None:
        tested = np.flatnonzero(_present(other))
        values, test_values = column[known], other[tested]
    else:
        even = np.zeros(len(known), dtype=np.int64)
        groups = _numbered(column[known], _names(column[known])) if kind == "classes" else even
        kept = stratified_folds(groups, _FOLDS, (seed, len(known))) == 0
        known, tested = known[~kept], known[kept]
        values, test_values = column[known], column[tested]
    names: tuple[str, ...] = ()
    if kind == "numbers":
        values, test_values = values.astype(np.float64), test_values.astype(np.float64)
    elif kind == "classes":
        names = _names(values)
        values, test_values = _numbered(values, names), _numbered(test_values, names)
    else:
        names = tuple(sorted({str(label) for labels in values for label in labels}))
        values, test_values = _marked(values, names), _marked(test_values, names)
    return Target(
        name=name,
        kind=kind,
        train=known,
        test=tested,
        apart=apart,
        values=values,
        test_values=test_values,
        names=names,
    )


def as_labels(name: str, train: Source, test: Source | None) -> tuple[Source, Source | None] | None:
    """The same sources with the classes of a column for labels; None where the column holds no classes.

    Args:
        name: of the column.
        train: has it.
        test: may have it.

    Example:
        >>> import dataclasses
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.evaluation.targets import as_labels
        >>> images = open_images(np.zeros((4, 12, 12), np.uint8)).train
        >>> train, _ = as_labels("side", dataclasses.replace(images, columns={"side": np.array(list("baab"))}), None)
        >>> train.labels.tolist(), train.classes
        ([1, 0, 0, 1], ('a', 'b'))
    """
    column = train.columns[name]
    if _kind(column) != "classes":
        return None
    names = _names(column[_present(column)])

    def labelled(source: Source) -> Source:
        column = source.columns.get(name)
        if column is None:
            return replace(source, labels=None, classes=None)
        own = tuple(sorted({*names, *_names(column[_present(column)])}))
        numbers = np.where(_present(column), _numbered(column, own), -1)
        return replace(source, labels=numbers, classes=own)

    return labelled(train), None if test is None else labelled(test)


def _kind(column: Shaped[np.ndarray, " n"]) -> _Kind:
    if column.dtype.kind == "f":
        return "numbers"
    if column.dtype.kind != "O":
        return "classes"
    values = [value for value in cast("list[object]", column.tolist()) if value is not None]
    if values and all(isinstance(value, list | tuple | set | frozenset | np.ndarray) for value in values):
        return "several labels"
    plain = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return "numbers" if plain and any(isinstance(value, float) for value in values) else "classes"


def _present(column: Shaped[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    if column.dtype.kind == "f":
        return np.isfinite(column)
    if column.dtype.kind in "iu":
        return column >= 0
    if column.dtype.kind != "O":
        return np.ones(len(column), dtype=bool)
    return np.array([value is not None and value != "" and value == value for value in column.tolist()])


def _names(values: Shaped[np.ndarray, " n"]) -> tuple[str, ...]:
    return tuple(sorted({str(value) for value in values.tolist()}))


def _numbered(values: Shaped[np.ndarray, " n"], names: tuple[str, ...]) -> Int[np.ndarray, " n"]:
    number = {name: place for place, name in enumerate(names)}
    return np.array([number.get(str(value), -1) for value in values.tolist()], dtype=np.int64)


def _marked(values: Shaped[np.ndarray, " n"], names: tuple[str, ...]) -> Bool[np.ndarray, "n labels"]:
    return np.array([[name in {str(label) for label in labels} for name in names] for labels in values], dtype=bool)
