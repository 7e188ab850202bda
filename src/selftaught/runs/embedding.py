"""`embed`: one vector an item, or one a position, in a table."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from selftaught.core import Source, Track, UserError, silent
from selftaught.data import Splits, check_kind
from selftaught.encoders import PretrainedEncoder
from selftaught.extraction import extract, extract_positions
from selftaught.runs.kinds import kind_named
from selftaught.runs.opening import Run, load_encoder
from selftaught.training import keep_freed_memory, resolve_device, resolve_precision

__all__ = ["check_table", "embed", "item_columns", "open_parts", "write_table"]

_SUFFIXES = (".parquet", ".npz")


def embed(
    run: str | Path | Run,
    data: Any,
    out: str | Path,
    *,
    positions: bool = False,
    label: str | None = None,
    text_column: str | None = None,
    encoding: str | None = None,
    device: str = "auto",
    overwrite: bool = False,
    strict: bool = False,
    tell: Callable[[str], object] = len,
    track: Track = silent,
) -> Path:
    """Write the vector of every item, with its key and its label if there are labels.

    Parquet has the columns `key`, `split` (train or test, where the data come in two), `label` and `embedding`; `.npz`
    has arrays of these names. With `positions` there is a row for every patch, token or frame, and a column `position`.

    Args:
        run: a run, or a folder that holds an encoder.
        data: as for `pretrain`.
        out: a file that ends in .parquet or .npz.
        positions: write the vectors of the positions inside each item.
        label: the column of the labels; None for the usual one.
        text_column: the column of the texts, where it is not the usual one.
        encoding: of text files, where it is not UTF-8.
        device: auto, cpu, cuda or mps.
        overwrite: replace the file.
        strict: stop at an item that cannot be read, instead of leaving it out.
        tell: is told what was found, with what had to be left out; nobody is by default.
        track: who watches.

    Returns:
        The file.

    Raises:
        UserError: the file exists or ends otherwise, there is no encoder, it has no positions, or there are no data.

    Example:
        >>> from selftaught.runs import embed
        >>> embed("missing", "fashion-mnist-10k", "vectors.csv")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: vectors.csv: expected a file that ends in .parquet or .npz
    """
    path = check_table(out, overwrite=overwrite)
    model = load_encoder(run)
    chosen = resolve_device(device)
    keep_freed_memory()
    options = {"text_column": text_column, "encoding": encoding}
    named = str(run.path if isinstance(run, Run) else run)
    parts = open_parts(model, data, named, options=options, label=label, strict=strict, tell=tell, track=track)
    precision = resolve_precision("auto", chosen)
    read = extract_positions if positions else extract
    found = [
        read(model.encoder, model.preprocessing, source, device=chosen, precision=precision, track=track)
        for source in parts.values()
    ]
    columns = item_columns(parts)
    vectors = np.concatenate([np.asarray(each[0] if positions else each) for each in found])
    if positions:
        counts = np.concatenate([np.asarray(each[1]) for each in found])
        columns = {name: np.repeat(column, counts) for name, column in columns.items()}
        columns["position"] = np.concatenate([np.arange(count) for count in counts])
    write_table(path, columns | {"embedding": vectors.astype(np.float32)})
    return path


def open_parts(
    model: PretrainedEncoder,
    data: Any,
    by: str,
    *,
    options: Mapping[str, str | None],
    label: str | None,
    strict: bool,
    tell: Callable[[str], object],
    track: Track,
) -> dict[str, Source]:
    """The items that an encoder is to read: by part, or all as "everything" where the data do not come in two.

    Args:
        model: whose kind of data is expected, and which sees them as it was trained to.
        data: as for `pretrain`.
        by: what messages call the encoder.
        options: of reading, such as `text_column`; what is None stays.
        label: the column of the labels; None for the usual one.
        strict: stop at an item that cannot be read, instead of leaving it out.
        tell: is told what was found, with what had to be left out.
        track: who watches.

    Raises:
        UserError: there are no such data.

    Example:
        >>> from selftaught.core import silent
        >>> from selftaught.encoders import PretrainedEncoder, Preprocessing, SmallResNet
        >>> from selftaught.runs.embedding import open_parts
        >>> model = PretrainedEncoder(SmallResNet(channels=1), Preprocessing(28, 1, (0.5,), (0.5,)))
        >>> how = {"options": {}, "label": None, "strict": False, "tell": print, "track": silent}
        >>> {name: len(part) for name, part in open_parts(model, "fashion-mnist-10k", "x", **how).items()}
        found a ...
        {'train': 8000, 'test': 2000}
    """
    kind = kind_named(model.kind)
    check_kind(data, kind.name, by)
    seen = kind.with_reading(kind.as_seen(model.preprocessing, strict=strict), options)
    splits = kind.open(data, seen, label=label, labelled=True, track=track)
    tell(f"found a {splits.found}")
    for note in kind.left_out(model.preprocessing, splits.unlabelled):
        tell(note)
    return _parts(splits)


def _parts(splits: Splits[Any]) -> dict[str, Source]:
    if splits.everything is not None:
        return {"everything": splits.everything}
    return {"train": splits.train} | ({} if splits.test is None else {"test": splits.test})


def check_table(out: str | Path, *, overwrite: bool, suffixes: Sequence[str] = _SUFFIXES) -> Path:
    """Make sure that the table may be written.

    Args:
        out: the file.
        overwrite: it may be there already.
        suffixes: how it may end.

    Raises:
        UserError: it exists, its folder does not, or it ends otherwise.

    Example:
        >>> from selftaught.runs.embedding import check_table
        >>> check_table("no-such-folder/vectors.npz", overwrite=False)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no-such-folder/vectors.npz: there is no folder ...
    """
    path = Path(out)
    if path.suffix.lower() not in suffixes:
        raise UserError(f"{path}: expected a file that ends in {' or '.join(suffixes)}")
    if path.exists() and (path.is_dir() or not overwrite):
        raise UserError(f"{path} exists: choose another --out, or give --overwrite")
    if not path.absolute().parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.absolute().parent}")
    return path


def item_columns(parts: Mapping[str, Source]) -> dict[str, np.ndarray]:
    """The key of every item, its part where there are several, and its label if there are labels.

    Example:
        >>> from selftaught.data import open_texts
        >>> from selftaught.runs.embedding import item_columns
        >>> item_columns({"everything": open_texts(["rain", "snow"]).train})["key"].tolist()
        ['0', '1']
    """
    sources = parts.values()
    columns = {"key": np.array([key for source in sources for key in source.keys], dtype=np.str_)}
    if len(parts) > 1:
        columns["split"] = np.array([name for name, source in parts.items() for _ in source.keys], dtype=np.str_)
    if all(source.labels is not None for source in sources):
        columns["label"] = np.concatenate([_names(source) for source in sources])
    return columns


def _names(source: Source) -> np.ndarray:
    labels = np.asarray(source.labels)
    if source.classes is None:
        return labels
    return np.where(labels < 0, "", np.array(source.classes, dtype=np.str_)[labels])


def write_table(path: Path, columns: Mapping[str, Any]) -> None:
    """Write a table whole or not at all; `embedding` holds a vector in each row.

    Args:
        path: ends in .parquet or .npz.
        columns: by name, arrays or, for parquet, also lists.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from selftaught.runs.embedding import write_table
        >>> path = Path(tempfile.mkdtemp()) / "vectors.npz"
        >>> write_table(path, {"key": np.array(["a"]), "embedding": np.ones((1, 4), np.float32)})
        >>> np.load(path)["embedding"].shape
        (1, 4)
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        if path.suffix.lower() == ".npz":
            np.savez(aside, allow_pickle=False, **columns)
        else:
            _write_parquet(aside, columns)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _write_parquet(path: Path, columns: Mapping[str, Any]) -> None:
    import pyarrow
    from pyarrow import parquet

    vectors = columns["embedding"]
    ends = pyarrow.array(np.arange(len(vectors) + 1, dtype=np.int32) * vectors.shape[1])
    others = {name: column for name, column in columns.items() if name != "embedding"}
    table = pyarrow.table(
        {name: column if isinstance(column, list) else column.tolist() for name, column in others.items()}
        | {"embedding": pyarrow.ListArray.from_arrays(ends, pyarrow.array(vectors.ravel()))}
    )
    parquet.write_table(table, path)
