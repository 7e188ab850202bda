"""`embed`: one vector an image, in a table."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from selftaught.core import Track, UserError, silent
from selftaught.data import ImageSource, open_images
from selftaught.extraction import extract
from selftaught.runs.opening import Run, load_encoder
from selftaught.training import resolve_device, resolve_precision

__all__ = ["check_table", "embed"]

_SUFFIXES = (".parquet", ".npz")


def embed(
    run: str | Path | Run,
    data: Any,
    out: str | Path,
    *,
    device: str = "auto",
    overwrite: bool = False,
    strict: bool = False,
    track: Track = silent,
) -> Path:
    """Write the vector of every image, with its key and its label if there are labels.

    Parquet has the columns `key`, `split` (train or test, where the data come in two), `label` and `embedding`; `.npz`
    has arrays of these names.

    Args:
        run: a run, or a folder that holds an encoder.
        data: as for `pretrain`.
        out: a file that ends in .parquet or .npz.
        device: auto, cpu, cuda or mps.
        overwrite: replace the file.
        strict: stop at an image that cannot be read, instead of leaving it out.
        track: who watches.

    Returns:
        The file.

    Raises:
        UserError: the file exists or ends otherwise, there is no encoder, or there are no images.

    Example:
        >>> from selftaught.runs import embed
        >>> embed("missing", "fashion-mnist-10k", "vectors.csv")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: vectors.csv: expected a file that ends in .parquet or .npz
    """
    path = check_table(out, overwrite=overwrite)
    model = load_encoder(run)
    chosen = resolve_device(device)
    preparation = model.preprocessing
    splits = open_images(
        data, channels=preparation.channels, image_size=preparation.image_size, strict=strict, track=track
    )
    encoder = model.encoder.to(chosen)
    parts = {"train": splits.train} | ({} if splits.test is None else {"test": splits.test})
    precision = resolve_precision("auto", chosen)
    vectors = [
        extract(encoder, preparation, source, device=chosen, precision=precision, track=track)
        for source in parts.values()
    ]
    columns = _columns(parts, np.concatenate([each.numpy() for each in vectors]))
    _write(path, columns)
    return path


def check_table(out: str | Path, *, overwrite: bool) -> Path:
    """Make sure that the table may be written.

    Raises:
        UserError: it exists, its folder does not, or it ends otherwise.

    Example:
        >>> from selftaught.runs.embedding import check_table
        >>> check_table("no-such-folder/vectors.npz", overwrite=False)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no-such-folder/vectors.npz: there is no folder ...
    """
    path = Path(out)
    if path.suffix.lower() not in _SUFFIXES:
        raise UserError(f"{path}: expected a file that ends in {' or '.join(_SUFFIXES)}")
    if path.exists() and (path.is_dir() or not overwrite):
        raise UserError(f"{path} exists: choose another --out, or give --overwrite")
    if not path.absolute().parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.absolute().parent}")
    return path


def _columns(parts: dict[str, ImageSource], vectors: Float[np.ndarray, "n width"]) -> dict[str, np.ndarray]:
    sources = parts.values()
    columns = {"key": np.array([key for source in sources for key in source.keys], dtype=np.str_)}
    if len(parts) > 1:
        columns["split"] = np.array([name for name, source in parts.items() for _ in source.keys], dtype=np.str_)
    if all(source.labels is not None for source in sources):
        columns["label"] = np.concatenate([_names(source) for source in sources])
    return columns | {"embedding": vectors.astype(np.float32)}


def _names(source: ImageSource) -> np.ndarray:
    labels = np.asarray(source.labels)
    return labels if source.classes is None else np.array(source.classes, dtype=np.str_)[labels]


def _write(path: Path, columns: dict[str, Any]) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        if path.suffix.lower() == ".npz":
            np.savez(aside, allow_pickle=False, **columns)
        else:
            _write_parquet(aside, columns)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _write_parquet(path: Path, columns: dict[str, np.ndarray]) -> None:
    import pyarrow
    from pyarrow import parquet

    vectors = columns["embedding"]
    ends = pyarrow.array(np.arange(len(vectors) + 1, dtype=np.int32) * vectors.shape[1])
    table = pyarrow.table(
        {name: column.tolist() for name, column in columns.items() if name != "embedding"}
        | {"embedding": pyarrow.ListArray.from_arrays(ends, pyarrow.array(vectors.ravel()))}
    )
    parquet.write_table(table, path)
