"""The columns of a Hugging Face data set that hold images and classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, final

import numpy as np
from jaxtyping import Int, Shaped

from selftaught.core import UserError, nearest, unknown_name
from selftaught.data.decode import BrokenImage, Decoded, decode, longest
from selftaught.data.survey import Surveyed, Wanted, survey

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["other_columns", "survey_table"]

_IMAGE_COLUMNS = ("image", "img", "images", "picture", "photo")
_NUMBERS_AND_WORDS = ("int", "uint", "float", "bool", "string", "large_string")
_LABEL_COLUMNS = ("label", "labels", "class", "target", "y")


def survey_table(table: "Dataset", wanted: Wanted, *, name: str) -> Surveyed:
    """A source of one split of a Hugging Face data set.

    The images are the first column of type `Image`, or else a column called image, img, images, picture or photo that
    holds encoded files. The classes are the first column of type `ClassLabel`, or else whole numbers or words in a
    column called label, labels, class, target or y.

    Args:
        table: the split.
        wanted: what the user asked for.
        name: how messages call it.

    Raises:
        UserError: no column of images, or none that can be read.

    Example:
        >>> import datasets
        >>> from selftaught.data.columns import survey_table
        >>> from selftaught.data.survey import Wanted
        >>> survey_table(datasets.Dataset.from_dict({"text": ["no", "image"]}), Wanted(), name="texts")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: texts has no column of images; its columns: text (string)
    """
    column = _image_column(table, name)
    labels, classes = _labels(table, wanted.label, name) if wanted.labelled else (None, None)
    reader = _ColumnReader(_undecoded(table, column), longest(wanted.image_size))
    keys = [str(row) for row in range(len(table))]
    columns = other_columns(table, column) if wanted.labelled else {}
    return survey(reader, keys, wanted, name=name, labels=labels, classes=classes, columns=columns)


def other_columns(table: "Dataset", item: str) -> dict[str, Shaped[np.ndarray, " n"]]:
    """What else a table says of every item: numbers, words (those of classes by their names), or lists of either.

    Args:
        table: the split.
        item: the column that holds the items themselves.

    Example:
        >>> import datasets
        >>> from selftaught.data.columns import other_columns
        >>> table = datasets.Dataset.from_dict({"image": [b"", b""], "age": [3.5, 4.0], "tags": [["a"], []]})
        >>> {name: column.tolist() for name, column in other_columns(table, "image").items()}
        {'age': [3.5, 4.0], 'tags': [['a'], []]}
    """
    import datasets

    found: dict[str, np.ndarray] = {}
    plain = table.with_format(None)
    for name, feature in cast("Mapping[str, Any]", table.features).items():
        of_list = getattr(feature, "feature", None)
        inner = feature if of_list is None else of_list
        kept = isinstance(inner, datasets.ClassLabel) or (
            isinstance(inner, datasets.Value) and inner.dtype.startswith(_NUMBERS_AND_WORDS)
        )
        if name == item or not kept:
            continue
        values: list[Any] = plain.select_columns([name])[:][name]
        if isinstance(inner, datasets.ClassLabel):
            values = [_named(value, inner.names) for value in values]
        all_single = of_list is None and None not in values
        found[name] = np.asarray(values) if all_single else np.fromiter(values, dtype=object, count=len(values))
    return found


def _named(value: Any, names: list[str]) -> Any:
    """The name of a class, or of each in a list; None for -1, which stands for none."""
    if isinstance(value, list):
        return [_named(each, names) for each in cast("list[Any]", value)]
    return None if value is None or value < 0 else names[value]


@final
@dataclass(frozen=True)
class _ColumnReader:
    """Reads encoded images out of a column of `{"bytes", "path"}`, or of bytes."""

    column: "Dataset"
    longest_side: int | None
    parallel: bool = True

    def __call__(self, row: int) -> Decoded:
        (cell,) = self.column[row].values()
        encoded = cell if isinstance(cell, bytes) or cell is None else cell.get("bytes") or cell.get("path")
        if not encoded:
            raise BrokenImage("the cell is empty")
        return decode(encoded if isinstance(encoded, bytes) else Path(encoded), self.longest_side)


def _image_column(table: "Dataset", name: str) -> str:
    """The first column of type Image, or else one of a usual name that holds encoded files."""
    import datasets

    features: Mapping[str, Any] = table.features
    for column, feature in features.items():
        if isinstance(feature, datasets.Image):
            return column
    for column in _IMAGE_COLUMNS:
        feature = features.get(column)
        in_struct = isinstance(feature, Mapping) and "bytes" in feature
        if in_struct or (isinstance(feature, datasets.Value) and feature.dtype in ("binary", "large_binary")):
            return column
    listed = ", ".join(f"{column} ({_type_name(feature)})" for column, feature in features.items())
    near = nearest("image", features)
    hint = f"; rename '{near}' to 'image' if it holds encoded image files" if near else ""
    raise UserError(f"{name} has no column of images; its columns: {listed}{hint}")


def _undecoded(table: "Dataset", column: str) -> "Dataset":
    import datasets

    only = table.with_format(None).select_columns([column])
    is_image = isinstance(only.features[column], datasets.Image)
    return only.cast_column(column, datasets.Image(decode=False)) if is_image else only


def _labels(
    table: "Dataset", label: str | None, name: str
) -> tuple[Int[np.ndarray, " n"] | None, tuple[str, ...] | None]:
    """The first column of classes, or else one of a usual name; None where all are missing (-1), as on test sets."""
    import datasets

    features: Mapping[str, Any] = table.features
    with_names = [column for column, feature in features.items() if isinstance(feature, datasets.ClassLabel)]
    if label is not None and label not in features:
        raise unknown_name(f"column of {name}", label, features)
    usual = [*with_names, *(column for column in _LABEL_COLUMNS if column in features)]
    candidates = usual if label is None else [label]
    for column in candidates:
        values = np.asarray(table.with_format(None)[column])
        if values.ndim == 1 and values.dtype.kind == "U":
            classes, labels = np.unique(values, return_inverse=True)
            return labels.astype(np.int64), tuple(classes.tolist())
        if values.ndim == 1 and values.dtype.kind in "iu" and (values >= 0).all():
            return values.astype(np.int64), tuple(features[column].names) if column in with_names else None
    if label is not None:
        raise UserError(f"{name}: expected words, or whole numbers from 0, in the column '{label}' of labels")
    return None, None


def _type_name(feature: object) -> str:
    import datasets

    return feature.dtype if isinstance(feature, datasets.Value) else type(feature).__name__
