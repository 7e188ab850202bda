"""`explore`: a table of vectors, their places on a map and the items themselves, for a viewer of large data sets."""

import io
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from selftaught.core import Source, Track, silent
from selftaught.evaluation.neighbours import nearest_rows
from selftaught.extraction import extract
from selftaught.report import project_many
from selftaught.runs.embedding import check_table, item_columns, open_parts, write_table
from selftaught.runs.kinds import Kind, kind_named
from selftaught.runs.mapping import cluster_column
from selftaught.runs.opening import Run, load_encoder
from selftaught.training import resolve_device, resolve_precision

__all__ = ["explore", "viewer_command"]

_NEAR = 10
_PICTURE_PIXELS = 96
_ROWS = 256  # items looked at together
_MEDIA = ("text", "image", "audio")


def explore(
    run: str | Path | Run,
    data: Any,
    out: str | Path | None = None,
    *,
    label: str | None = None,
    text_column: str | None = None,
    encoding: str | None = None,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    strict: bool = False,
    tell: Callable[[str], object] = len,
    track: Track = silent,
) -> Path:
    """Write a parquet table that a viewer of embeddings opens: a row an item.

    It has the columns `key`, `split` (where the data come in two) and `label`, the other columns of the data,
    `cluster`, the item itself as `text`, `image` or `audio`, `projection_x` and `projection_y`, the nearest
    `neighbors`, and `embedding`.

    Args:
        run: a run, or a folder that holds an encoder.
        data: as for `pretrain`.
        out: a file that ends in .parquet; None for `explore.parquet` in the run's folder, which is written anew.
        label: the column of the labels; None for the usual one.
        text_column: the column of the texts, where it is not the usual one.
        encoding: of text files, where it is not UTF-8.
        device: auto, cpu, cuda or mps.
        seed: of the projection and of the clusters.
        overwrite: replace the file.
        strict: stop at an item that cannot be read, instead of leaving it out.
        tell: is told what was found, with what had to be left out; nobody is by default.
        track: who watches.

    Returns:
        The file.

    Raises:
        UserError: the file exists or ends otherwise, there is no encoder, or there are no data.

    Example:
        >>> from selftaught.runs import explore
        >>> explore("missing", "fashion-mnist-10k", "map.csv")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: map.csv: expected a file that ends in .parquet
    """
    folder = run.path if isinstance(run, Run) else Path(run)
    path = check_table(out or folder / "explore.parquet", overwrite=overwrite or out is None, suffixes=(".parquet",))
    model = load_encoder(run)
    chosen, kind = resolve_device(device), kind_named(model.kind)
    options = {"text_column": text_column, "encoding": encoding}
    parts = open_parts(model, data, str(folder), options=options, label=label, strict=strict, tell=tell, track=track)
    precision = resolve_precision("auto", chosen)
    read = [
        extract(model.encoder, model.preprocessing, source, device=chosen, precision=precision, track=track)
        for source in parts.values()
    ]
    vectors = torch.cat(read)
    tell(f"placing {len(vectors):,} vectors on a map")
    places = project_many(vectors.numpy(), seed)
    near = nearest_rows(vectors, vectors, k=_NEAR + 1, track=track)  # the item itself among them
    first = next(iter(parts.values()))
    columns: dict[str, Any] = {name: column.tolist() for name, column in item_columns(parts).items()}
    columns |= _further(parts, taken=columns)
    columns["cluster"] = cluster_column(first, vectors.numpy(), seed)["k-means cluster"].astype(str).tolist()
    columns |= _items(parts, kind)
    columns |= {"projection_x": places[:, 0].tolist(), "projection_y": places[:, 1].tolist()}
    columns["neighbors"] = [
        {"ids": ids, "distances": [1 - cosine for cosine in cosines]}
        for ids, cosines in zip(near.rows.tolist(), near.similarity.tolist(), strict=True)
    ]
    write_table(path, columns | {"embedding": vectors.numpy().astype(np.float32)})
    return path


def viewer_command(path: Path) -> list[str] | None:
    """The command that shows such a table in embedding-atlas; None where that is not installed.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.exploring import viewer_command
        >>> viewer_command(Path("runs/none/explore.parquet"))
        Traceback (most recent call last):
        FileNotFoundError: runs/none/explore.parquet
    """
    from pyarrow import parquet

    found = set(parquet.read_schema(path).names)
    if find_spec("embedding_atlas") is None:
        return None
    command = [sys.executable, "-m", "embedding_atlas.cli", str(path), "--x", "projection_x", "--y", "projection_y"]
    command += ["--neighbors", "neighbors"]
    return command + [word for name in _MEDIA if name in found for word in (f"--{name}", name)]


def _further(parts: Mapping[str, Source], taken: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The columns of the data that all parts have."""
    sources = list(parts.values())
    names = [name for name in sources[0].columns if all(name in source.columns for source in sources)]
    return {
        f"{name}_of_data" if name in taken else name: [
            value for source in sources for value in source.columns[name].tolist()
        ]
        for name in names
    }


def _items(parts: Mapping[str, Source], kind: Kind) -> dict[str, list[Any]]:
    """What a person looks at or listens to."""
    shown: dict[str, list[Any]] = {name: [] for name in _MEDIA}
    for source in parts.values():
        for start in range(0, len(source), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(source)))
            sounds = kind.sounds(source, rows)
            for place, each in enumerate(kind.show(source, rows)):
                shown["text"].append(each if isinstance(each, str) else None)
                shown["image"].append(None if isinstance(each, str) else {"bytes": _small(each)})
                shown["audio"].append({"bytes": sounds[place]} if place in sounds else None)
    return {name: values for name, values in shown.items() if any(value is not None for value in values)}


def _small(picture: np.ndarray) -> bytes:
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(picture[..., 0] if picture.shape[2] < 3 else picture[..., :3]))
    image.thumbnail((_PICTURE_PIXELS, _PICTURE_PIXELS))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
