"""The edges of a graph as they should be: each once, none from a node to itself, in both directions."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Int, Shaped

from selftaught.core import UserError

__all__ = ["TidyEdges", "counted", "tidy_edges"]


@final
@dataclass(frozen=True, eq=False)
class TidyEdges:
    """Edges, and what was done to them.

    Args:
        index: from which node to which, one column an edge, in the order of their sources.
        count: how many there are, an edge in both directions being one.
        notes: what was changed and what is unusual, a few words each.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.graph_edges import tidy_edges
        >>> tidy_edges(np.array([[0, 1], [1, 0]]), 2, "a graph").count
        1
    """

    index: Int[np.ndarray, "2 edges"]
    count: int
    notes: list[str]


def tidy_edges(edges: Shaped[np.ndarray, "..."], nodes: int, name: str, *, directed: bool = False) -> TidyEdges:
    """Check edges; take out self-loops and repetitions; let every edge run both ways.

    Self-loops go because graph networks give every node exactly one themselves. Costs a few sorts, also for millions
    of edges.

    Args:
        edges: from which node to which, as row numbers, one column an edge.
        nodes: how many there are.
        name: how messages call the graph.
        directed: keep the direction of edges that run one way only.

    Raises:
        UserError: wrong shape or type, no edge at all, or an edge that names a node which is not there.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.graph_edges import tidy_edges
        >>> tidy_edges(np.array([[0, 1, 1], [1, 1, 2]]), 4, "a graph").notes
        ['1 self-loop left out', '2 edges given in one direction, taken in both', '1 node without any edge']
    """
    if edges.ndim != 2 or edges.shape[0] != 2:
        hint = ": turn it round" if edges.ndim == 2 and edges.shape[1] == 2 else ""
        raise UserError(
            f"{name}: expected edges of shape (2, edges), from which node to which, got {edges.shape}{hint}"
        )
    if edges.dtype.kind not in "iu":
        raise UserError(f"{name}: expected edges as whole numbers, the rows of their nodes, got {edges.dtype}")
    if not edges.size:
        raise UserError(f"{name}: holds no edges; a method for graphs learns from them")
    wrong = (edges < 0) | (edges >= nodes)
    if wrong.any():
        which = int(wrong.any(0).argmax())
        source, target = edges[:, which].tolist()
        raise UserError(
            f"{name}: edge {which} runs from node {source} to node {target}, and there are only nodes 0 to {nodes - 1}"
            f"{_more(int(wrong.any(0).sum()) - 1)}"
        )
    source, target = edges.astype(np.int64)
    apart = source != target
    loops = int((~apart).sum())
    there = _distinct(source[apart] * nodes + target[apart])  # one number an edge
    repeated = int(apart.sum()) - len(there)
    back = np.sort(there % nodes * nodes + there // nodes)
    both_ways = len(np.intersect1d(there, back, assume_unique=True))
    one_way = len(there) - both_ways
    kept = there if directed else _distinct(np.concatenate([there, back]))
    index = np.stack([kept // nodes, kept % nodes])
    alone = nodes - int(np.bincount(index.ravel(), minlength=nodes).astype(np.bool_).sum())
    taken = "left so" if directed else "taken in both"
    notes = [
        *([f"{counted(loops, 'self-loop')} left out"] if loops else []),
        *([f"{counted(repeated, 'repeated edge')} left out"] if repeated else []),
        *([f"{counted(one_way, 'edge')} given in one direction, {taken}"] if one_way else []),
        *([f"{counted(alone, 'node')} without any edge"] if alone else []),
    ]
    return TidyEdges(index, one_way + both_ways // 2, notes)


def _distinct(values: Int[np.ndarray, " n"]) -> Int[np.ndarray, " m"]:
    # What np.unique does; its hash table takes ten times as long.
    values = np.sort(values)
    return values[np.diff(values, prepend=-1) > 0]


def counted(number: int, noun: str, several: str | None = None) -> str:
    """A number of things in words.

    Example:
        >>> from selftaught.data.graph_edges import counted
        >>> counted(1, "node"), counted(2000, "class", "classes")
        ('1 node', '2,000 classes')
    """
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"


def _more(number: int) -> str:
    return f" ({counted(number, 'other edge')} like it)" if number else ""
