"""From the nodes of a graph as they were read to what an encoder of nodes takes."""

from dataclasses import dataclass
from typing import final

from selftaught.core import Graph, Nodes, Preparation, UserError
from selftaught.parts import normalise_rows

__all__ = ["GraphPreprocessing"]


@final
@dataclass(frozen=True)
class GraphPreprocessing(Preparation):
    """Check the width of the features, and normalise their rows: what evaluation and use do to every graph.

    Args:
        features: how many numbers are known of each node.
        normalise_rows: divide each node's features by the sum of their absolute values, as in training.

    Raises:
        UserError: a graph with another number of features.

    Example:
        >>> import torch
        >>> from selftaught.core import Graph, Nodes
        >>> from selftaught.encoders import GraphPreprocessing
        >>> nodes = Nodes(Graph(torch.tensor([[1.0, 3.0]]), torch.zeros(2, 0, dtype=torch.long)), torch.tensor([0]))
        >>> GraphPreprocessing(features=2)(nodes).graph.features
        tensor([[0.2500, 0.7500]])
    """

    features: int
    normalise_rows: bool = True

    def __call__(self, batch: Nodes) -> Nodes:
        """The same nodes, in a graph as the encoder takes it, on the device where it is."""
        graph = batch.graph
        if graph.features.shape[1] != self.features:
            raise UserError(f"expected a graph with {self.features:,} features a node, got {graph.features.shape[1]:,}")
        if not self.normalise_rows:
            return batch
        return Nodes(Graph(normalise_rows(graph.features), graph.edge_index), batch.rows)
