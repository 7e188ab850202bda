"""The one way in for graphs: a file, tables of nodes and edges, or an object of PyTorch Geometric."""

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Num
from numpy.lib.npyio import NpzFile
from torch import Tensor
from torch.utils.data import Dataset

from selftaught.core import Graph, Track, UserError, nearest, silent, unknown_name
from selftaught.data.graph_assembly import SPLITS, RawGraph, graph_splits
from selftaught.data.graph_source import GraphSource
from selftaught.data.graph_tables import read_tables
from selftaught.data.source import Splits

__all__ = ["open_graph"]

_CSR = ("x_data", "x_indices", "x_indptr", "x_shape")
_UNREADABLE = (OSError, ValueError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error)
_EXPECTED = "expected an .npz file with edge_index and x, or a folder with edges.csv and nodes.csv (or .parquet)"


def open_graph(
    data: object,
    *,
    label: str | None = None,
    labelled: bool = True,
    features: Sequence[str] | None = None,
    directed: bool = False,
    track: Track = silent,
) -> Splits[GraphSource]:
    """Open one graph. Its nodes are the items.

    An `.npz` file holds `edge_index` (2, edges), the features as `x` (nodes, features) or as the parts of a compressed
    sparse matrix `x_data`, `x_indices`, `x_indptr`, `x_shape`; and may hold classes `y` and the truth values
    `train_mask`, `val_mask`, `test_mask`. A `Data` of PyTorch Geometric has the same names. For tables see
    `graph_tables.read_tables`. Pre-training learns from all nodes (`everything`), and never from their classes.

    Args:
        data: a `.npz` file; a folder with a table of edges and one of nodes, or the table of nodes; a `Data` of PyTorch
            Geometric, or a data set that holds one; a `core.Graph`; a source or splits, which come back.
        label: the array, attribute or column of the classes; None for y, or a column of a usual name.
        labelled: keep classes where there are any; with False nothing ever looks at them.
        features: the columns of the node table to learn from; None for all that are numbers and nothing else.
        directed: keep the direction of edges that run one way only, instead of letting them run both ways.
        track: shows how far reading has come.

    Raises:
        UserError: there are no such data, they are no graph, or they contradict themselves.

    Example:
        >>> import numpy as np
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data import open_graph
        >>> path = Path(tempfile.mkdtemp()) / "path.npz"
        >>> np.savez(path, x=np.eye(3), edge_index=np.array([[0, 1], [1, 2]]), y=np.array([0, 1, 0]))
        >>> open_graph(path).found
        '.npz file of 3 nodes, 2 edges, 3 features, 2 classes; 2 edges given in one direction, taken in both'
    """
    if isinstance(data, Splits):
        return cast("Splits[GraphSource]", data)
    if isinstance(data, GraphSource):
        return Splits(data, None, f"source of {data.counted()}")
    if isinstance(data, str | Path):
        raw = _read_path(str(data), label=label, features=features, track=track)
    elif features is not None:
        raise UserError("features: only a table of nodes has columns to choose from")
    else:
        raw = _of_object(data, label)
    return graph_splits(raw, labelled=labelled, directed=directed)


def _read_path(name: str, *, label: str | None, features: Sequence[str] | None, track: Track) -> RawGraph:
    path = Path(name).expanduser()
    if path.is_dir() or (path.is_file() and path.suffix.lower() in (".csv", ".parquet")):
        return read_tables(path, label=label, features=features, track=track)
    if path.is_file() and path.suffix.lower() == ".npz":
        if features is not None:
            raise UserError("features: only a table of nodes has columns to choose from")
        return _read_npz(path, label)
    if path.is_file():
        raise UserError(f"'{path}' is no graph: {_EXPECTED}")
    beside = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
    close = nearest(path.name, beside)
    raise UserError(
        f"no file or folder '{name}': " + (f"did you mean '{path.parent / close}'?" if close else _EXPECTED)
    )


def _read_npz(path: Path, label: str | None) -> RawGraph:
    try:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, NpzFile):
            raise UserError(f"'{path}' is a single array and no graph: {_EXPECTED}")
        with archive:
            arrays: dict[str, Any] = {name: archive[name] for name in archive.files}
    except _UNREADABLE as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"'{path}' cannot be read as .npz: {' '.join(str(error).split())}") from error
    listed = ", ".join(arrays) or "none"
    if "edge_index" not in arrays:
        raise UserError(f"'{path}' is no graph: expected an array edge_index, its arrays are: {listed}")
    if "x" in arrays:
        features = arrays["x"]
    elif all(part in arrays for part in _CSR):
        features = _dense(path.stem, *(arrays[part] for part in _CSR))
    else:
        raise UserError(f"'{path}' has no features: expected x, or {', '.join(_CSR)}; its arrays are: {listed}")
    if label is not None and label not in arrays:
        raise unknown_name("array of labels", label, arrays)
    return RawGraph(
        name=path.stem,
        what=".npz file",
        features=features,
        edges=arrays["edge_index"],
        labels=arrays.get(label or "y"),
        masks={part: arrays[f"{part}_mask"] for part in SPLITS if f"{part}_mask" in arrays},
    )


def _dense(
    name: str,
    data: Num[np.ndarray, "..."],
    indices: Num[np.ndarray, "..."],
    starts: Num[np.ndarray, "..."],
    shape: Num[np.ndarray, "..."],
) -> Num[np.ndarray, "nodes d"]:
    """A compressed sparse matrix in full."""
    if shape.shape != (2,) or starts.shape != (int(shape[0]) + 1,) or data.ndim != 1 or data.shape != indices.shape:
        parts = ", ".join(str(part.shape) for part in (data, indices, starts, shape))
        raise UserError(f"{name}: {', '.join(_CSR)} do not fit together: their shapes are {parts}")
    counts, (height, width) = np.diff(starts.astype(np.int64)), (int(side) for side in shape)
    inside = not len(indices) or (indices.min() >= 0 and indices.max() < width)
    if starts[0] != 0 or (counts < 0).any() or counts.sum() != len(data) or not inside:
        raise UserError(f"{name}: {', '.join(_CSR)} do not fit together: x_indptr or x_indices point outside")
    full = np.zeros(height * width, dtype=np.float32)
    np.add.at(full, np.repeat(np.arange(height), counts) * width + indices, data.astype(np.float32))
    return full.reshape(height, width)


def _of_object(data: object, label: str | None) -> RawGraph:
    if isinstance(data, Graph):
        held: Mapping[str, Any] = {"x": data.features, "edge_index": data.edge_index}
        return _of_tensors(held, "graph", label)
    graph: Any = data
    if isinstance(data, Dataset | list | tuple):  # before its attributes: a data set of PyG has those of its graphs
        graphs: Any = data
        if len(graphs) != 1:
            raise UserError(f"expected one graph, the items being its nodes, got {len(graphs):,} graphs")
        graph = graphs[0]
    names = ("x", "edge_index", label or "y", *(f"{part}_mask" for part in SPLITS))
    held = {name: value for name in names if (value := getattr(graph, name, None)) is not None}
    kind = type(graph).__name__
    for name in ("edge_index", "x"):
        if not isinstance(held.get(name), Tensor):
            raise UserError(f"{kind} is no graph with features: expected tensors edge_index and x, got no {name}")
    if label is not None and label not in held:
        raise UserError(f"{kind} has no attribute '{label}' to take the classes from")
    return _of_tensors(held, kind, label)


def _of_tensors(held: Mapping[str, Any], what: str, label: str | None) -> RawGraph:
    arrays = {
        name: np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value) for name, value in held.items()
    }
    return RawGraph(
        name="graph",
        what=what if what == "graph" else f"{what} object",
        features=arrays["x"],
        edges=arrays["edge_index"],
        labels=arrays.get(label or "y"),
        masks={part: arrays[f"{part}_mask"] for part in SPLITS if f"{part}_mask" in arrays},
    )
