"""The one way in for texts: whatever the user calls data, as texts to learn from and texts kept out."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from selftaught.core import Track, UserError, nearest, silent
from selftaught.data.hugging_face_loading import (
    hub_short_name,
    is_saved_dataset,
    load_hub,
    load_parquet,
    load_saved,
    parts_of,
)
from selftaught.data.listing import part_of
from selftaught.data.source import Splits
from selftaught.data.text_columns import Found, TextsWanted, assemble, choose_columns, split_texts
from selftaught.data.text_files import TEXT_ENDINGS, find_in_files, find_in_text
from selftaught.data.text_tables import TABLE_ENDINGS, find_in_csv, find_in_json, of_table
from selftaught.data.texts import ColumnTexts, TextSource

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

__all__ = ["open_texts"]

_PARQUET = (".parquet", ".pq")
_WORDS = ("string", "large_string")
_PLAIN = ("int", "uint", "float", "bool", *_WORDS)
_ROWS_AT_ONCE = 10_000


def open_texts(
    data: "str | Path | Sequence[str] | TextSource | Splits[TextSource] | Dataset | DatasetDict",
    *,
    text_column: str | None = None,
    label: str | None = None,
    encoding: str = "utf-8",
    labelled: bool = True,
    strict: bool = False,
    track: Track = silent,
) -> Splits[TextSource]:
    """Open texts of any origin.

    A `.txt` file holds documents with blank lines between them, and is read from a memory map, so that it may be
    larger than memory. A `.jsonl`, `.json`, `.csv`, `.tsv` or `.parquet` file holds a text a row. Of a folder, files
    called train and test (with any of these endings) are the parts; without them every file is one text, in classes
    if there are sub-folders, in parts if those are called train and test. Texts of white space only are left out, and
    so are texts without a class where others have one; `skipped` counts them.

    Args:
        data: a file; a folder; `hub:NAME` of the Hugging Face hub; a folder that `save_to_disk` wrote; texts in a list;
            a `datasets.Dataset`; a source, which comes back.
        text_column: which column holds the texts; if None, `text`, or else the only one with words.
        label: which column holds the classes; if None, one called label, labels, class, target or y.
        encoding: of files.
        labelled: keep classes where there are any; with False nothing ever looks at them.
        strict: a text that would be left out is an error.
        track: shows how far the check of the files has come.

    Raises:
        UserError: there are no such data, they hold no texts, or are in another encoding.

    Example:
        >>> from selftaught.data import open_texts
        >>> splits = open_texts(["In the beginning.", "", "Amen."])
        >>> splits.found
        'list of 2 texts, 22 bytes, 1 skipped (the text is empty)'
    """
    wanted = TextsWanted(
        text_column=text_column, label=label, encoding=encoding, labelled=labelled, strict=strict, track=track
    )
    if isinstance(data, Splits):
        return data
    if isinstance(data, TextSource):
        return split_texts("source", data)
    if isinstance(data, str | Path):
        return _open_named(str(data), wanted)
    datasets = sys.modules.get("datasets")
    if datasets is not None and isinstance(data, datasets.Dataset | datasets.DatasetDict):
        return _open_loaded(data, wanted, name="data set", what="Hugging Face data set")
    items = cast("object", data)
    if isinstance(items, Sequence) and all(isinstance(item, str) for item in items):
        rows = [{"text": text} for text in cast("Sequence[str]", items)]
        found = of_table(rows, replace(wanted, text_column=None, label=None), "list", columns=["text"])
        return split_texts("list", assemble(found, wanted))
    raise UserError(
        f"{type(data).__name__} is no set of texts: expected a file, a folder, hub:NAME, a list of strings or a "
        "Hugging Face data set"
    )


def _open_named(name: str, wanted: TextsWanted) -> Splits[TextSource]:
    if name.startswith("hub:"):
        hub = name.removeprefix("hub:")
        return _open_loaded(load_hub(hub), wanted, name=hub_short_name(hub), what=f"hub data set {hub}")
    path = Path(name).expanduser()
    if path.is_dir():
        return _open_folder(path, wanted)
    if path.suffix.lower() in _PARQUET and path.is_file():
        return _open_loaded(load_parquet(path), wanted, name=path.stem, what="parquet file")
    if path.is_file():
        return split_texts("file", assemble(_found(path, wanted), wanted))
    beside = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
    close = nearest(path.name, beside)
    hint = f": did you mean '{path.parent / close}'?" if close else ""
    raise UserError(f"no file or folder '{name}'{hint}")


def _found(path: Path, wanted: TextsWanted) -> Found:
    ending = path.suffix.lower()
    if ending in TEXT_ENDINGS:
        return find_in_text(path, wanted)
    if ending in (".csv", ".tsv"):
        return find_in_csv(path, wanted)
    if ending in TABLE_ENDINGS:
        return find_in_json(path, wanted)
    known = ", ".join((*TEXT_ENDINGS, *TABLE_ENDINGS, *_PARQUET))
    raise UserError(f"'{path}' is no set of texts: expected a folder, or a file that ends in {known}")


def _open_folder(folder: Path, wanted: TextsWanted) -> Splits[TextSource]:
    if is_saved_dataset(folder):
        return _open_loaded(load_saved(folder), wanted, name=folder.name, what="saved data set")
    visible = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    files = [entry for entry in visible if entry.suffix.lower() in (*TEXT_ENDINGS, *TABLE_ENDINGS)]
    parts = {entry.stem: entry for entry in files if entry.is_file() and part_of(entry.stem)}
    if any(part_of(stem) == "train" for stem in parts):
        return _of_parts({stem: assemble(_found(path, wanted), wanted) for stem, path in parts.items()}, "folder")
    folders = {entry.name: entry for entry in visible if entry.is_dir() and part_of(entry.name)}
    if any(part_of(name) == "train" for name in folders):
        return _of_parts({name: _of_files(path, wanted, part=True) for name, path in folders.items()}, "folder")
    if not any(path.suffix.lower() in TEXT_ENDINGS for path in folder.rglob("*")) and any(folder.rglob("*.parquet")):
        return _open_loaded(load_parquet(folder), wanted, name=folder.name, what="parquet folder")
    return split_texts("folder", _of_files(folder, wanted))


def _of_files(folder: Path, wanted: TextsWanted, *, part: bool = False) -> TextSource:
    """Every file a text; classes are sub-folders, if every file is in one, and, but in a part, not all in the same."""
    inside = [path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in TEXT_ENDINGS]
    inside = [path for path in inside if not any(part.startswith(".") for part in path.parts)]
    files = sorted(str(path) for path in inside)
    if not files:
        raise UserError(f"folder '{folder}' holds no texts: expected files that end in {', '.join(TEXT_ENDINGS)}")
    names = [Path(file).parts[0] for file in files]
    classes = all(len(Path(file).parts) > 1 for file in files) and (part or len(set(names)) > 1)
    return assemble(find_in_files(folder, files, names if classes else None, wanted), wanted)


def _of_parts(parts: Mapping[str, TextSource], what: str) -> Splits[TextSource]:
    train, test = parts_of(parts)
    unused = sorted(set(parts) - {train, test})
    notes = [f"not used: {', '.join(unused)}"] if unused else []
    return split_texts(what, parts[train], None if test is None else parts[test], notes)


def _open_loaded(loaded: Any, wanted: TextsWanted, *, name: str, what: str) -> Splits[TextSource]:
    splits: Mapping[str, Any] = loaded if isinstance(loaded, Mapping) else {"train": loaded}
    if not splits:
        raise UserError(f"{name}: holds no texts")
    used = [split for split in parts_of(splits) if split is not None]
    sources = {split: assemble(_of_dataset(splits[split], wanted, name), wanted) for split in used}
    unused = sorted(set(splits) - set(used))
    train, *test = sources.values()
    notes = [f"not used: {', '.join(unused)}"] if unused else []
    return split_texts(what, train, test[0] if test else None, notes)


def _of_dataset(table: "Dataset", wanted: TextsWanted, name: str) -> Found:
    """The texts of a Hugging Face data set, which stay where they are."""
    import datasets

    table = table.with_format(None)
    kinds = {column: str(getattr(feature, "dtype", "")) for column, feature in table.features.items()}
    with_names = [column for column, kind in table.features.items() if isinstance(kind, datasets.ClassLabel)]
    if wanted.label is None and with_names:
        wanted = replace(wanted, label=with_names[0])
    text, label = choose_columns({column: kind in _WORDS for column, kind in kinds.items()}, wanted, name)
    if kinds[text] not in _WORDS:
        raise UserError(f"{name}: expected words in column '{text}', got {kinds[text] or 'something else'}")
    column = table.select_columns([text])
    counts = np.empty(len(table), dtype=np.int64)
    starts = range(0, len(table), _ROWS_AT_ONCE)
    for start in wanted.track(starts, f"checking {name}", len(starts)):
        texts = column[start : start + _ROWS_AT_ONCE][text]
        counts[start : start + len(texts)] = [len((words or "").strip().encode()) for words in texts]
    others = [each for each, kind in kinds.items() if each not in (text, label) and kind.startswith(_PLAIN)]
    return Found(
        name=name,
        reader=ColumnTexts(column),
        byte_counts=counts,
        labels=None if label is None or not wanted.labelled else list(table[label]),
        classes=tuple(table.features[label].names) if label in with_names else None,
        columns={each: _array(list(table[each])) for each in others},
    )


def _array(values: list[Any]) -> np.ndarray:
    words = any(value is None or isinstance(value, str) for value in values)
    return np.array(values, dtype=object) if words else np.array(values)
