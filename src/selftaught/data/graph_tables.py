"""A graph as two tables: `edges` with the columns source and target, `nodes` with a column id and one a feature."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, Num, Shaped

from selftaught.core import Track, UserError, silent, unknown_name
from selftaught.data.graph_assembly import SPLITS, RawGraph

__all__ = ["read_tables"]

_ENDINGS = (".csv", ".parquet")
_IDS = ("id", "node", "node_id", "name")
_SOURCES, _TARGETS = ("source", "src", "from"), ("target", "dst", "to")
_LABELS = ("label", "labels", "class", "y", "target")
_PARTS = ("split", "part")
_PART_WORDS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}


def read_tables(
    path: Path, *, label: str | None = None, features: Sequence[str] | None = None, track: Track = silent
) -> RawGraph:
    r"""Read a table of edges and one of nodes, each as `.csv` or `.parquet`.

    Columns of the edges: source (or src, from) and target (or dst, to), which hold ids of nodes. Columns of the nodes:
    id (or node, node_id, name); optional classes in label (or labels, class, y, target); optional parts in split (or
    part), as the words train, val and test, or in train_mask, val_mask and test_mask. The others are the features;
    those that hold no numbers are left out, which the notes say.

    Args:
        path: the folder of `edges` and `nodes`, or the table of nodes beside which `edges` lies.
        label: the column of the classes; None for one of a usual name.
        features: the columns to learn from; None for all that are numbers.
        track: shows how far reading has come.

    Raises:
        UserError: a table or column is missing or cannot be read, an id is empty or stands there twice, or an edge
            names a node that is not there.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.graph_tables import read_tables
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "nodes.csv").write_text("id,height,label\nann,1.5,a\nbob,1.75,b\n")
        >>> _ = (folder / "edges.csv").write_text("source,target\nann,bob\n")
        >>> raw = read_tables(folder)
        >>> raw.edges.tolist(), raw.features.tolist(), raw.classes
        ([[0], [1]], [[1.5], [1.75]], ('a', 'b'))
    """
    nodes_path, edges_path = _paths(path)
    wanted = (nodes_path, _IDS), (edges_path, (*_SOURCES, *_TARGETS))
    nodes, edges = (_read(one, texts) for one, texts in track(wanted, "reading tables", 2))
    id_column, label_column = _find(nodes, _IDS, nodes_path, "ids"), _label_column(nodes, label, nodes_path)
    ids = _as_text(nodes.column(id_column))
    _check_ids(ids, nodes_path, id_column)
    ends = [_find(edges, _SOURCES, edges_path, "sources"), _find(edges, _TARGETS, edges_path, "targets")]
    masks, part_columns, notes = _masks(nodes, nodes_path)
    special = {id_column, *part_columns} | {name for name in nodes.column_names if name.lower() in _LABELS}
    chosen, left_out = _feature_columns(nodes, features, special | {label_column or id_column}, nodes_path)
    notes += [f"columns not used: {', '.join(left_out)}"] if left_out else []
    unused = [name for name in edges.column_names if name not in ends]
    notes += [f"columns of edges not used: {', '.join(unused)}"] if unused else []
    labels, classes = _labels(nodes.column(label_column)) if label_column else (None, None)
    return RawGraph(
        name=nodes_path.parent.resolve().name if nodes_path.stem == "nodes" else nodes_path.stem,
        what="pair of tables",
        features=_numbers(nodes, chosen),
        edges=np.stack([_rows_of(edges.column(end), ids, edges_path, end, nodes_path) for end in ends]),
        labels=labels,
        classes=classes,
        masks=masks,
        keys=ids.to_pylist(),
        feature_names=chosen,
        notes=notes,
    )


def _paths(path: Path) -> tuple[Path, Path]:
    folder = path if path.is_dir() else path.parent
    found = {
        stem: next((folder / (stem + ending) for ending in _ENDINGS if (folder / (stem + ending)).is_file()), None)
        for stem in ("nodes", "edges")
    }
    nodes, edges = found["nodes"] if path.is_dir() else path, found["edges"]
    if nodes is None or edges is None:
        stem = "nodes" if nodes is None else "edges"
        raise UserError(f"'{folder}' has no table of {stem}: expected {stem}.csv or {stem}.parquet in it")
    if nodes.stem == "edges":
        raise UserError(f"'{path}' is the table of edges: expected the folder, or the table of nodes")
    return nodes, edges


def _read(path: Path, texts: Sequence[str]) -> Any:
    """A table; some of its columns as text, whatever they look like."""
    from pyarrow import ArrowException, csv, parquet, string

    try:
        if path.suffix.lower() == ".parquet":
            return parquet.read_table(path)
        with csv.open_csv(path) as reader:
            names = reader.schema.names
        types = {name: string() for name in names if name.lower() in texts}
        return csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types))
    except (OSError, ValueError, ArrowException) as error:
        raise UserError(f"'{path}' cannot be read as {path.suffix}: {' '.join(str(error).split())}") from error


def _find(table: Any, names: Sequence[str], path: Path, what: str) -> str:
    by_lower = {name.lower(): name for name in reversed(table.column_names)}
    for name in names:
        if name in by_lower:
            return by_lower[name]
    listed = ", ".join(table.column_names)
    raise UserError(f"'{path}' has no column of {what}: expected {' or '.join(names)}, its columns are: {listed}")


def _label_column(nodes: Any, label: str | None, path: Path) -> str | None:
    if label is not None and label not in nodes.column_names:
        raise unknown_name(f"column of {path.name}", label, nodes.column_names)
    by_lower = {name.lower(): name for name in reversed(nodes.column_names)}
    return label or next((by_lower[name] for name in _LABELS if name in by_lower), None)


def _compute() -> Any:
    return import_module("pyarrow.compute")  # whose functions are made when it is imported, unseen by type checkers


def _as_text(column: Any) -> Any:
    from pyarrow import string

    compute = _compute()
    return compute.utf8_trim_whitespace(compute.cast(column.combine_chunks(), string()))


def _check_ids(ids: Any, path: Path, column: str) -> None:
    compute = _compute()
    empty = np.asarray(compute.fill_null(compute.equal(ids, ""), fill_value=True))
    if empty.any():
        raise UserError(f"'{path}': row {int(empty.argmax()) + 1} has no {column}")
    counts = compute.value_counts(ids)
    twice = np.asarray(counts.field("counts")) > 1
    if twice.any():
        which = counts.field("values")[int(twice.argmax())].as_py()
        raise UserError(f"'{path}': node '{which}' stands there more than once; every {column} names one node")


def _rows_of(column: Any, ids: Any, path: Path, end: str, nodes_path: Path) -> Int[np.ndarray, " edges"]:
    """The rows of the nodes that a column of edges names."""
    compute = _compute()
    names = _as_text(column)
    rows = compute.index_in(names, value_set=ids)
    missing = np.asarray(compute.is_null(rows))
    if missing.any():
        which = int(missing.argmax())
        others = int(missing.sum()) - 1
        more = f", like {others:,} other edges" if others else ""
        raise UserError(
            f"'{path}': the {end} of edge {which + 1} is node '{names[which].as_py()}', "
            f"which is not in {nodes_path.name}{more}"
        )
    return np.asarray(rows).astype(np.int64)


def _masks(nodes: Any, path: Path) -> tuple[dict[str, Shaped[np.ndarray, " nodes"]], list[str], list[str]]:
    """The parts, the columns that say them, and what else was found there."""
    compute = _compute()
    by_lower = {name.lower(): name for name in reversed(nodes.column_names)}
    named = {part: by_lower[f"{part}_mask"] for part in SPLITS if f"{part}_mask" in by_lower}
    column = next((by_lower[name] for name in _PARTS if name in by_lower), None)
    used = [*named.values(), *([column] if column else [])]
    if column is None:
        return {part: _truth(nodes.column(name), name, path) for part, name in named.items()}, used, []
    words = np.asarray(compute.utf8_lower(compute.fill_null(_as_text(nodes.column(column)), "")).to_pylist(), dtype="U")
    masks = {part: np.isin(words, known) for part, known in _PART_WORDS.items()}
    strange = sorted(set(words.tolist()) - {"", *(word for known in _PART_WORDS.values() for word in known)})
    notes = [f"{column} also says {', '.join(strange[:3])}, in no part"] if strange else []
    if not any(mask.any() for mask in masks.values()):
        raise UserError(f"'{path}': the column {column} names no part: expected the words train, val and test")
    return {part: mask for part, mask in masks.items() if mask.any()}, used, notes


def _truth(column: Any, name: str, path: Path) -> Num[np.ndarray, " nodes"]:
    from pyarrow import types

    compute = _compute()
    if not (types.is_boolean(column.type) or types.is_integer(column.type)):
        raise UserError(f"'{path}': the column {name} holds {column.type}: expected true and false, or 1 and 0")
    return np.asarray(compute.fill_null(compute.cast(column, "int64"), 0))


def _feature_columns(
    nodes: Any, wanted: Sequence[str] | None, special: set[str], path: Path
) -> tuple[list[str], list[str]]:
    from pyarrow import types

    numeric = [
        field.name
        for field in nodes.schema
        if types.is_integer(field.type) or types.is_floating(field.type) or types.is_boolean(field.type)
    ]
    for name in wanted or ():
        if name not in nodes.column_names:
            raise unknown_name(f"column of {path.name}", name, nodes.column_names)
        if name not in numeric:
            raise UserError(f"'{path}': the column {name} holds no numbers, it holds {nodes.schema.field(name).type}")
    chosen = list(wanted) if wanted else [name for name in numeric if name not in special]
    if not chosen:
        listed = ", ".join(nodes.column_names)
        raise UserError(f"'{path}' has no features: expected columns of numbers, its columns are: {listed}")
    return chosen, [name for name in nodes.column_names if name not in chosen and name not in special]


def _numbers(nodes: Any, columns: Sequence[str]) -> Num[np.ndarray, "nodes d"]:
    from pyarrow import float32

    compute = _compute()
    features = np.empty((len(nodes), len(columns)), dtype=np.float32)
    for place, name in enumerate(columns):  # an empty cell becomes nan, and is refused by its name
        features[:, place] = compute.cast(nodes.column(name), float32(), safe=False).to_numpy()
    return features


def _labels(column: Any) -> tuple[Shaped[np.ndarray, " nodes"] | None, tuple[str, ...] | None]:
    """Classes from 0, -1 where there is none; the names of those that have names."""
    from pyarrow import types

    compute = _compute()
    if types.is_integer(column.type) or types.is_floating(column.type) or types.is_boolean(column.type):
        return np.asarray(compute.cast(column, "float64", safe=False).to_numpy()), None
    encoded = compute.fill_null(_as_text(column), "").dictionary_encode()
    names = np.asarray(encoded.dictionary.to_pylist(), dtype="U")
    order = names.argsort()
    ranks = np.empty(len(names), dtype=np.int64)
    ranks[order] = np.arange(len(names)) - int("" in names)  # an empty name sorts first, and is none
    return ranks[np.asarray(encoded.indices)], tuple(name for name in names[order].tolist() if name)
