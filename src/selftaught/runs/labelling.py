"""The columns that an evaluation is asked for: one of classes as labels, all others as targets."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from selftaught.core import Source, UserError
from selftaught.data import Splits
from selftaught.evaluation import Target, as_labels, read_target

__all__ = ["column_names", "labelled_parts", "two_parts"]


def column_names(label: str | None) -> tuple[str, ...]:
    """The columns in "a,b", none of them twice.

    Raises:
        UserError: a name is empty.

    Example:
        >>> from selftaught.runs.labelling import column_names
        >>> column_names("speaker, age")
        ('speaker', 'age')
    """
    names = () if label is None else tuple(dict.fromkeys(name.strip() for name in label.split(",")))
    if "" in names:
        raise UserError(f"label: expected names of columns with commas between, got '{label}'")
    return names


def labelled_parts(
    names: Sequence[str], read: Callable[[str | None], tuple[Source, Source | None]], *, seed: int
) -> tuple[Source, Source | None, list[Target]]:
    """Training and test items with the first column of classes for labels, and the other columns as targets.

    A column that the items carry beside their labels is judged by what it holds; one that they do not is asked of the
    data, and refused there if it holds no classes.

    Args:
        names: of the columns; none takes the usual labels.
        read: opens the data with a column for labels, or with the usual one.
        seed: of items that are kept out.

    Raises:
        UserError: there is no such column.

    Example:
        >>> import dataclasses
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.runs.labelling import labelled_parts
        >>> images = open_images(np.zeros((10, 12, 12), np.uint8)).train
        >>> images = dataclasses.replace(images, columns={"side": np.array(["a", "b"] * 5), "age": np.arange(10) / 2})
        >>> train, _, targets = labelled_parts(["age", "side"], lambda label: (images, None), seed=0)
        >>> train.classes, [target.name for target in targets]
        (('a', 'b'), ['age'])
    """
    if not names:
        return *read(None), []
    train, test = read(None)
    asked = [name for name in names if name not in train.columns]
    labels: str | None = None
    if asked:
        labels = asked[0]
        labelled, tested = read(labels)
        if len(asked) > 1:
            read(asked[1])
            raise UserError(
                f"label: of {', '.join(asked)} only one can be asked for at a time: the data keep no others"
            )
    else:
        labelled, tested = replace(train, labels=None, classes=None), test
        if test is not None:
            tested = replace(test, labels=None, classes=None)
        for name in names:
            found = as_labels(name, train, test)
            if found is not None:
                labels, (labelled, tested) = name, found
                break
    targets = [read_target(name, labelled, tested, seed=seed) for name in names if name != labels]
    return labelled, tested, targets


def two_parts(splits: Splits[Any], others: Splits[Any] | None) -> tuple[Source, Source | None]:
    """What is learned from and what is tested on: a second set of data where there is one.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.runs.labelling import two_parts
        >>> splits = open_images(np.zeros((4, 12, 12), np.uint8))
        >>> two_parts(splits, splits)[1] is splits.train
        True
    """
    return splits.train, splits.test if others is None else others.test or others.train
