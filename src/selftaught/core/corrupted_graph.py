"""A graph, and the same graph with its features on the wrong nodes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.core.items import Graph, Nodes
from selftaught.core.views import Views

__all__ = ["CorruptedGraph"]


@final
@dataclass(frozen=True)
class CorruptedGraph(Views):
    """Nodes of a graph, beside the same nodes of a corrupted copy of it.

    The items are the nodes that are asked about. The graph is always whole: `take` chooses among the items and leaves
    the graph around them as it is.

    Args:
        rows: which node of the graph each item is.
        features: a row for every node of the graph.
        edge_index: from which node to which, one column an edge; both graphs have these edges.
        permutation: whose features each node has in the corrupted graph.
        from_corrupted: whether `Method.energy` is asked about the item's node in the corrupted graph, beside what is
            said of the true one. Training asks about both.

    Example:
        >>> import torch
        >>> from selftaught.core import CorruptedGraph
        >>> views = CorruptedGraph.example(4, torch.Generator())
        >>> half = views.take(slice(2, 4))
        >>> len(half), len(half.everyone()) == len(views.everyone())
        (2, True)
    """

    rows: Int[Tensor, " n"]
    features: Float[Tensor, "nodes d"]
    edge_index: Int[Tensor, "2 edges"]
    permutation: Int[Tensor, " nodes"]
    from_corrupted: Bool[Tensor, " n"]

    def everyone(self) -> Nodes:
        """Every node of the true graph, in its order."""
        return Nodes(Graph(self.features, self.edge_index), torch.arange(len(self.features), device=self.rows.device))

    def corrupted(self) -> Nodes:
        """The items' nodes in the corrupted graph: the same edges, each node with another's features."""
        return Nodes(Graph(self.features.index_select(0, self.permutation), self.edge_index), self.rows)

    def take(self, rows: Tensor | slice) -> "CorruptedGraph":
        """Some of the items, in the same whole graph."""
        return replace(self, index=self.index[rows], rows=self.rows[rows], from_corrupted=self.from_corrupted[rows])

    def mismatched(self) -> Mapping[str, "CorruptedGraph"]:
        """Each item's node in the corrupted graph, beside the summary of the true one."""
        return {"corrupted features": replace(self, from_corrupted=torch.ones_like(self.from_corrupted))}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "CorruptedGraph":
        """`n` of the nodes of a random undirected graph with 16 features, which has half as many nodes again."""
        nodes = n + (n + 1) // 2
        chain = torch.stack([torch.arange(nodes - 1), torch.arange(1, nodes)])
        chords = torch.randint(nodes, (2, nodes), generator=generator)
        edges = torch.cat([chain, chords[:, chords[0] != chords[1]]], dim=1)
        edges = torch.cat([edges, edges.flip(0)], dim=1).unique(dim=1)
        return cls(
            index=torch.arange(n),
            rows=torch.randperm(nodes, generator=generator)[:n],
            features=torch.rand(nodes, 16, generator=generator),
            edge_index=edges,
            permutation=torch.randperm(nodes, generator=generator),
            from_corrupted=torch.zeros(n, dtype=torch.bool),
        )
