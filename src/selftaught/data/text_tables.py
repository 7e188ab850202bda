"""Texts in tables: JSON lines, comma-separated values, rows in memory."""

import csv
import io
import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from selftaught.core import UserError
from selftaught.data.text_columns import Found, TextsWanted, choose_columns
from selftaught.data.text_lines import decoded_lines, decoded_whole, has_byte_lines
from selftaught.data.texts import KeptTexts, LineTexts, SpanTexts

__all__ = ["TABLE_ENDINGS", "find_in_csv", "find_in_json", "of_table"]

TABLE_ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")


def find_in_json(path: Path, wanted: TextsWanted) -> Found:
    r"""The texts of JSON objects, a line each, or of one JSON array of objects. Lines are read again when needed.

    Args:
        path: the file.
        wanted: what the user asked for.

    Raises:
        UserError: it is empty, or not in this encoding; a line is no JSON object; there is no column of texts.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.text_columns import TextsWanted
        >>> from selftaught.data.text_tables import find_in_json
        >>> path = Path(tempfile.mkdtemp()) / "two.jsonl"
        >>> _ = path.write_text('{"text": "one", "label": "A"}\n{"text": "two", "label": "B"}\n')
        >>> find_in_json(path, TextsWanted()).labels
        ['A', 'B']
    """
    with path.open("rb") as file:
        opening = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not opening:
        raise UserError(f"'{path}' is empty")
    if opening.startswith(b"[") or not has_byte_lines(wanted.encoding, path):
        whole = decoded_whole(path, wanted)
        listed: list[Any] = (
            _parsed(whole, path, 1)
            if whole.startswith("[")
            else [_parsed(line, path, number) for number, line in enumerate(whole.splitlines(), 1) if line.strip()]
        )
        if not all(isinstance(row, Mapping) for row in listed):
            raise UserError(f"'{path}': expected JSON objects with a field for the text, got something else among them")
        return of_table(listed, wanted, path.name)
    spans, rows = array("q"), list[Mapping[str, Any]]()
    text, label = None, None
    counts = array("q")
    for number, (start, stop, line) in enumerate(decoded_lines(path, wanted), 1):
        if not line.strip():
            continue
        row = _parsed(line, path, number)
        if not isinstance(row, Mapping):
            raise UserError(f"'{path}', line {number}: expected a JSON object, got {type(row).__name__}")
        if text is None:
            text, label = choose_columns(_with_words([row]), wanted, path.name)
        words = row.get(text)
        if words is not None and not isinstance(words, str):
            raise UserError(f"'{path}', line {number}: expected words in '{text}', got {type(words).__name__}")
        spans.extend((start, stop))
        counts.append(len((words or "").strip().encode()))
        rows.append({column: value for column, value in row.items() if column != text and _plain(value)})
    if text is None:
        raise UserError(f"'{path}' is empty")
    lines = SpanTexts(path, np.fromiter(spans, np.int64).reshape(-1, 2), wanted.encoding)
    return replace(
        _others(rows, label, path.name), reader=LineTexts(lines, text), byte_counts=np.fromiter(counts, np.int64)
    )


def find_in_csv(path: Path, wanted: TextsWanted) -> Found:
    r"""The texts of a table with a line of column names; kept in memory.

    Args:
        path: the file; tabs divide the columns of a .tsv.
        wanted: what the user asked for.

    Raises:
        UserError: it is empty, or not in this encoding; there is no column of texts.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.text_columns import TextsWanted
        >>> from selftaught.data.text_tables import find_in_csv
        >>> path = Path(tempfile.mkdtemp()) / "two.csv"
        >>> _ = path.write_text('text,page\n"one, or more",3\ntwo,4\n')
        >>> find_in_csv(path, TextsWanted()).columns["page"].tolist()
        [3, 4]
    """
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    csv.field_size_limit(1 << 30)
    reader = csv.DictReader(io.StringIO(decoded_whole(path, wanted), newline=""), delimiter=delimiter, restval="")
    rows = [{column: value for column, value in row.items() if column is not None} for row in reader]
    if not reader.fieldnames:
        raise UserError(f"'{path}' is empty")
    cells = {column: [row[column] for row in rows] for column in reader.fieldnames}
    numbers = {column: _numbers(values) for column, values in cells.items()}
    with_words = {column: any(isinstance(value, str) for value in values) for column, values in numbers.items()}
    text, _ = choose_columns(with_words, wanted, path.name)
    columns = {**numbers, text: cells[text]}
    listed = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return of_table(listed, replace(wanted, text_column=text), path.name, columns=list(columns))


def of_table(
    rows: Sequence[Mapping[str, Any]], wanted: TextsWanted, name: str, *, columns: Sequence[str] | None = None
) -> Found:
    """The texts of rows in memory.

    Args:
        rows: a value for each column.
        wanted: what the user asked for.
        name: how messages call the table.
        columns: every column; those of the first rows if None.

    Raises:
        UserError: there is no column of texts.

    Example:
        >>> from selftaught.data.text_columns import TextsWanted
        >>> from selftaught.data.text_tables import of_table
        >>> of_table([{"text": "one"}, {"text": None}], TextsWanted(), "two").byte_counts.tolist()
        [3, 0]
    """
    words = {**dict.fromkeys(columns or (), False), **_with_words(rows[:1000])}
    text, label = choose_columns(words, wanted, name)
    texts = [value if isinstance(value := row.get(text), str) else "" if value is None else str(value) for row in rows]
    rest = [{column: value for column, value in row.items() if column != text and _plain(value)} for row in rows]
    counts = np.array([len(text.strip().encode()) for text in texts], dtype=np.int64)
    return replace(_others(rest, label, name), reader=KeptTexts(texts), byte_counts=counts)


def _others(rows: Sequence[Mapping[str, Any]], label: str | None, name: str) -> Found:
    """Labels and all other columns of rows; the texts are still to be put in."""
    names = dict.fromkeys(column for row in rows for column in row if column != label)
    return Found(
        name=name,
        reader=KeptTexts(()),
        byte_counts=np.zeros(len(rows), np.int64),
        labels=None if label is None else [row.get(label) for row in rows],
        columns={column: _column([row.get(column) for row in rows]) for column in names},
    )


def _column(values: Sequence[Any]) -> np.ndarray:
    same = all(type(value) is type(values[0]) for value in values) and isinstance(values[0], bool | int | float)
    return np.array(values) if same else np.array(values, dtype=object)


def _numbers(cells: Sequence[str]) -> list[Any]:
    """The cells of a column of a table as whole numbers, or else as numbers, where all that are not empty are."""
    for kind in (int, float):
        try:
            return [kind(cell) if cell else None for cell in cells] if any(cells) else list(cells)
        except ValueError:
            continue
    return list(cells)


def _with_words(rows: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    names = dict.fromkeys(column for row in rows for column in row)
    return {name: any(isinstance(row.get(name), str) for row in rows) for name in names}


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _parsed(text: str, path: Path, number: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(f"'{path}', line {number}: no JSON: {error}") from error
