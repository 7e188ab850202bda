"""The nodes of one graph, as items."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Int

from selftaught.core import Graph, Nodes, Source

__all__ = ["GraphSource"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class GraphSource(Source):
    """Nodes of a graph, which stays whole around them, whichever of them are taken.

    Args:
        graph: all of it.

    Example:
        >>> import torch
        >>> from selftaught.core import Graph
        >>> from selftaught.data import open_graph
        >>> source = open_graph(Graph(torch.eye(3), torch.tensor([[0, 1], [1, 2]]))).train
        >>> some = source.take([2, 0]).batch([0])
        >>> some.rows, len(some.graph.features)
        (tensor([2]), 3)
    """

    kind = "graph"
    nouns = ("node", "nodes")
    in_one_batch = True

    graph: Graph

    def read(self, stored: Int[np.ndarray, " n"]) -> Nodes:
        """These nodes of the graph."""
        return Nodes(self.graph, torch.from_numpy(stored.astype(np.int64)))

    def facts(self) -> dict[str, Any]:
        """How large the whole graph is: nodes, edges by direction, numbers known of a node."""
        nodes, features = self.graph.features.shape
        return {"nodes": nodes, "directed_edges": self.graph.edge_index.shape[1], "features": features}
