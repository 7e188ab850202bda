"""From the arrays of a graph, wherever they come from, to the nodes to learn from and those kept out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped

from selftaught.core import Graph, UserError
from selftaught.data.graph_edges import counted, tidy_edges
from selftaught.data.graph_source import GraphSource
from selftaught.data.source import Splits

__all__ = ["SPLITS", "RawGraph", "graph_splits"]

SPLITS = ("train", "val", "test")


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class RawGraph:
    """The arrays of a graph, unchecked.

    Args:
        name: how messages call it.
        what: what kind of thing it was read from, for people.
        features: a row for each node.
        edges: from which node to which, as row numbers.
        labels: each node's class.
        classes: the names of the classes that `labels` counts, where they have names.
        masks: which nodes are in the parts train, val and test, by these names.
        keys: each node's own name; None for its row number.
        feature_names: for messages.
        notes: what else there is to say.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.graph_assembly import RawGraph, graph_splits
        >>> raw = RawGraph(name="path", what="graph", features=np.eye(3), edges=np.array([[0, 1], [1, 2]]))
        >>> graph_splits(raw).found
        'graph of 3 nodes, 2 edges, 3 features; 2 edges given in one direction, taken in both'
    """

    name: str
    what: str
    features: Shaped[np.ndarray, "..."]
    edges: Shaped[np.ndarray, "..."]
    labels: Shaped[np.ndarray, "..."] | None = None
    classes: tuple[str, ...] | None = None
    masks: Mapping[str, Shaped[np.ndarray, "..."]] = field(default_factory=dict[str, np.ndarray])
    keys: Sequence[str] | None = None
    feature_names: Sequence[str] | None = None
    notes: Sequence[str] = ()


def graph_splits(raw: RawGraph, *, labelled: bool = True, directed: bool = False) -> Splits[GraphSource]:
    """Check a graph, and part its nodes as its masks say.

    Without masks the nodes to learn from are all that have a label. Nodes without a label are in no part, but among
    everything. Where there is no test part, val takes its place. Each node's part stands in the column `split`.

    Args:
        raw: the arrays.
        labelled: keep classes where there are any; with False nothing ever looks at them.
        directed: keep the direction of edges that run one way only.

    Raises:
        UserError: something has the wrong shape or type, is missing, or contradicts something else.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.graph_assembly import RawGraph, graph_splits
        >>> masks = {"train": np.array([True, True, False]), "test": np.array([False, False, True])}
        >>> edges = np.array([[0, 1, 1, 2], [1, 0, 2, 1]])
        >>> splits = graph_splits(RawGraph(name="path", what="graph", features=np.eye(3), edges=edges, masks=masks))
        >>> splits.found
        'graph of 3 nodes, 2 edges, 3 features; to learn from: 2 nodes, kept out: 1 node (test)'
    """
    features = _checked_features(raw)
    nodes = len(features)
    edges = tidy_edges(raw.edges, nodes, raw.name, directed=directed)
    notes = [*raw.notes, *edges.notes]
    labels, classes = _class_numbers(raw, nodes, notes) if labelled and raw.labels is not None else (None, None)
    masks = _checked_masks(raw, nodes, notes)
    everything = GraphSource(
        name=raw.name,
        keys=[str(row) for row in range(nodes)] if raw.keys is None else raw.keys,
        rows=np.arange(nodes),
        labels=labels,
        classes=classes,
        columns={"split": _split_column(masks, nodes)} if masks else {},
        graph=Graph(torch.from_numpy(features), torch.from_numpy(edges.index)),
    )
    known = np.ones(nodes, dtype=np.bool_) if labels is None else labels >= 0
    kept_out = next((part for part in ("test", "val") if part in masks), None)
    train = _part(everything, masks.get("train", np.ones(nodes, dtype=np.bool_)) & known, "train" if masks else None)
    test = None if kept_out is None else _part(everything, masks[kept_out] & known, kept_out)
    sizes = [counted(nodes, "node"), counted(edges.count, "edge"), counted(features.shape[1], "feature")]
    if labels is not None:
        sizes.append(counted(len(classes) if classes else len(np.unique(labels[known])), "class", "classes"))
    parts = [f"to learn from: {train.counted()}"] if len(train) < nodes or test is not None else []
    parts += [f"kept out: {test.counted()} ({kept_out})"] if test is not None else []
    if kept_out == "test" and "val" in masks:
        parts.append(f"in neither: {int((masks['val'] & known).sum()):,} (val)")
    found = "; ".join([f"{raw.what} of {', '.join(sizes)}", *([", ".join(parts)] if parts else []), *notes])
    if not known.all():  # a class of -1 would be taken for one
        everything = replace(everything, labels=None, classes=None)
    return Splits(train, test, found, everything)


def _part(source: GraphSource, mask: Bool[np.ndarray, " nodes"], name: str | None) -> GraphSource:
    if not mask.any():
        raise UserError(f"{source.name}: no node of the part {name or 'train'} has a label")
    part = source.take(mask)
    return part if name is None else replace(part, name=f"{source.name}/{name}")


def _checked_features(raw: RawGraph) -> Float[np.ndarray, "nodes d"]:
    features = raw.features
    if features.ndim != 2 or not features.size:
        raise UserError(f"{raw.name}: expected features of shape (nodes, features), got {features.shape}")
    if features.dtype.kind not in "fiub":
        raise UserError(f"{raw.name}: expected features that are numbers, got {features.dtype}")
    with np.errstate(over="ignore"):
        features = np.ascontiguousarray(features, dtype=np.float32)
    finite = np.isfinite(features)
    if not finite.all():
        row, column = (int(place) for place in np.unravel_index(int(finite.argmin()), finite.shape))
        node = f"node {row}" if raw.keys is None else f"node '{raw.keys[row]}'"
        feature = f"feature {column}" if raw.feature_names is None else f"'{raw.feature_names[column]}'"
        others = int((~finite).sum()) - 1
        more = f", and so are {others:,} others" if others else ""
        raise UserError(f"{raw.name}: {feature} of {node} is {features[row, column]}{more}: expected finite numbers")
    return features


def _class_numbers(
    raw: RawGraph, nodes: int, notes: list[str]
) -> tuple[Int[np.ndarray, " nodes"] | None, tuple[str, ...] | None]:
    """Classes counted from 0, -1 where a node has none; nothing where the labels are no classes."""
    labels, classes = np.asarray(raw.labels), raw.classes
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if len(labels) != nodes:
        raise UserError(f"{raw.name}: {nodes:,} nodes but {len(labels):,} labels")
    whole = labels.dtype.kind in "iub"
    if labels.dtype.kind == "f":
        whole = bool((np.isnan(labels) | (labels == np.round(labels))).all())
    if labels.ndim != 1 or not (whole or labels.dtype.kind == "U"):
        notes.append("labels left out: they are not one class a node")
        return None, None
    if labels.dtype.kind == "U":
        names, numbers = np.unique(labels, return_inverse=True)
        first = int(len(names) > 0 and names[0] == "")  # an empty name sorts first, and is none
        labels, classes = numbers - first, tuple(names[first:].tolist())
    missing = np.isnan(labels) if labels.dtype.kind == "f" else np.zeros(nodes, dtype=np.bool_)
    missing |= labels < 0
    if missing.all():
        notes.append("no node has a label")
        return None, None
    if missing.any():
        notes.append(f"{int(missing.sum()):,} without a label, in no part")
    return np.where(missing, -1, labels).astype(np.int64), classes


def _checked_masks(raw: RawGraph, nodes: int, notes: list[str]) -> dict[str, Bool[np.ndarray, " nodes"]]:
    masks: dict[str, np.ndarray] = {}
    for part, given in raw.masks.items():
        mask = given
        if mask.ndim == 2 and mask.shape[0] == nodes and mask.shape[1] > 1:
            notes.append(f"the first of {mask.shape[1]} splits taken for {part}")
            mask = mask[:, 0]
        if mask.shape != (nodes,) or not np.isin(mask, (0, 1)).all():
            raise UserError(f"{raw.name}: expected the {part} mask as one truth value for each of {nodes:,} nodes")
        if mask.any():
            masks[part] = mask.astype(np.bool_)
    for one, other in (("train", "test"), ("train", "val"), ("val", "test")):
        shared = int((masks[one] & masks[other]).sum()) if one in masks and other in masks else 0
        if shared:
            raise UserError(
                f"{raw.name}: {counted(shared, 'node')} in {one} as well as in {other}: expected parts apart"
            )
    if masks and "train" not in masks:
        raise UserError(f"{raw.name}: has a mask for {' and '.join(masks)}, and none for train")
    return masks


def _split_column(masks: Mapping[str, Bool[np.ndarray, " nodes"]], nodes: int) -> Shaped[np.ndarray, " nodes"]:
    column = np.full(nodes, "", dtype="U5")
    for part, mask in masks.items():
        column[mask] = part
    return column
