"""Which items a probe learns from and which it is tested on, and what their labels mean."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from selftaught.core import Source, UserError, nearest
from selftaught.evaluation.budgets import stratified_folds

__all__ = ["LabelledRows", "split_rows"]

_FOLDS = 5  # one of them is the test set


@dataclass(frozen=True)
class LabelledRows:
    """Rows of the training and test vectors with their labels.

    Args:
        train: rows to learn from.
        train_labels: their classes.
        test: rows to be tested on; of the training source where there is no other.
        test_labels: their classes, in the numbers of the training source; -1 for a class that it lacks.
        notes: what was done and not asked for, in sentences.
        apart: whether `test` counts the rows of a test source.
        rule: how the test items were set apart, in words.

    Example:
        >>> import dataclasses
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.evaluation.splitting import split_rows
        >>> images = np.zeros((10, 16, 16), dtype=np.uint8)
        >>> source = dataclasses.replace(open_images(images).train, labels=np.arange(10) % 2)
        >>> rows = split_rows(source, None, seed=0)
        >>> len(rows.train), rows.test_labels.tolist()
        (8, [0, 1])
    """

    train: Int[np.ndarray, " n"]
    train_labels: Int[np.ndarray, " n"]
    test: Int[np.ndarray, " o"]
    test_labels: Int[np.ndarray, " o"]
    notes: tuple[str, ...]
    apart: bool
    rule: str = ""


def split_rows(train: Source, test: Source | None, *, seed: int, split_by: str | None = None) -> LabelledRows | str:
    """The labelled rows of both sources, or why there are none.

    Rows with a negative label count as unlabelled. Without labelled test items, a stratified fifth of the labelled
    training items is kept for the test; a class of one item stays in the training part. Where the sources name
    their classes differently, names and not numbers decide.

    Args:
        train: to learn from.
        test: to be tested on.
        seed: of the split.
        split_by: a column of the training source; where there are no test items, whole groups of equal values are kept
            for the test, drawn until they hold a fifth of the labelled items, as speakers that no probe has heard.

    Returns:
        The rows, or a clause that says why the labels do not do.

    Raises:
        UserError: there is no such column, or it holds one value.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.evaluation.splitting import split_rows
        >>> source = open_images(np.zeros((8, 16, 16), dtype=np.uint8)).train
        >>> split_rows(source, None, seed=0)
        'the images have no labels'
    """
    many = train.nouns[1]
    if train.labels is None or not (train.labels >= 0).any():
        return f"the {many} have no labels"
    rows = np.flatnonzero(train.labels >= 0)
    labels = train.labels[rows].astype(np.int64)
    if len(np.unique(labels)) < 2:
        return f"all labelled {many} are of one class, and labels of at least two are needed"
    notes = [] if len(rows) == len(train) else [f"{len(train) - len(rows):,} training {many} without a label left out"]
    test_labels = None if test is None else _in_numbers_of(train, test)
    if test_labels is not None and (test_labels != _UNLABELLED).any():
        kept = np.flatnonzero(test_labels != _UNLABELLED)
        notes += (
            []
            if len(kept) == len(test_labels)
            else [f"{len(test_labels) - len(kept):,} test {many} without a label left out"]
        )
        unknown = int((~np.isin(test_labels[kept], labels)).sum())
        notes += (
            [f"{unknown:,} test {many} of classes without a training {train.nouns[0]} count as wrong"]
            if unknown
            else []
        )
        return LabelledRows(
            rows, labels, kept, test_labels[kept], tuple(notes), apart=True, rule="test items of the data"
        )
    missing = f"no test {many}" if test is None else f"the test {many} have no labels"
    if split_by is not None:
        tested, groups = _groups_apart(train, rows, split_by, seed)
        rule = f"those whose {split_by} is {groups}"
        notes.append(f"{missing}: {rule} were kept for the test")
    else:
        tested = stratified_folds(labels, _FOLDS, (seed, len(labels))) == 0
        rule = f"a seeded, stratified fifth of the labelled {many}"
        notes.append(f"{missing}: {rule} was kept for the test")
    if not tested.any():
        return f"there are too few labelled {many} to keep a fifth of them for the test"
    kept = (rows[~tested], labels[~tested], rows[tested], labels[tested])
    return LabelledRows(*kept, tuple(notes), apart=False, rule=rule)


def _groups_apart(
    train: Source, rows: Int[np.ndarray, " n"], column: str, seed: int
) -> tuple[Bool[np.ndarray, " n"], str]:
    """Which of the rows are kept for the test, and the groups they are of, in words."""
    if column not in train.columns:
        near = nearest(column, train.columns)
        known = ", ".join(train.columns) or "none"
        raise UserError(
            f"no column '{column}' to split by: " + (f"did you mean '{near}'? " if near else "") + f"({known})"
        )
    values = train.columns[column][rows]
    names = np.unique(values)
    if len(names) < 2:
        raise UserError(f"--split-by {column}: expected at least two values, and all {train.nouns[1]} have one")
    kept: list[object] = []
    tested = np.zeros(len(rows), dtype=bool)
    for name in np.random.default_rng(seed).permutation(names):
        if tested.sum() * _FOLDS >= len(rows):
            break
        kept.append(name)
        tested |= values == name
    return tested, ", ".join(sorted(map(str, kept)))


_UNLABELLED = -2  # -1 is a class that the training images lack


def _in_numbers_of(train: Source, test: Source) -> Int[np.ndarray, " o"] | None:
    if test.labels is None:
        return None
    given = test.labels.astype(np.int64)
    if train.classes is None or test.classes is None or train.classes == test.classes:
        return np.where(given < 0, _UNLABELLED, given)
    number = {name: index for index, name in enumerate(train.classes)}
    renumbered = np.array([number.get(name, -1) for name in test.classes])
    return np.where(given < 0, _UNLABELLED, renumbered[np.maximum(given, 0)])
