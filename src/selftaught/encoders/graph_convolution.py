"""A graph convolutional network: each node's vector is made of its own features and its neighbours'."""

from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import Encoder, Graph, Nodes, UserError
from selftaught.encoders.sparse_matrix import SparseMatrix, normalised_adjacency

__all__ = ["GraphConvolution"]

_SPARSE = 0.05  # share of numbers other than zero up to which features are multiplied as a sparse matrix


@final
class GraphConvolution(Encoder):
    """Layers that average over neighbours, with a PReLU behind each.

    With the adjacency matrix A of a graph, a self-loop at every node, and D the degrees of A + I:

        H <- PReLU( D^-1/2 (A + I) D^-1/2  H W + b )

    Where only some nodes are asked for, only the part of the graph that reaches them is computed: the answer is that
    of the whole graph, and many small questions stay cheap.

    Args:
        features: how many numbers are known of each node.
        width: of the vectors.
        layers: how many steps along the edges a node looks.

    Raises:
        UserError: a number below 1, or a graph with another number of features.

    Source:
        Kipf & Welling 2016, https://arxiv.org/abs/1609.02907, equation 2; Velickovic et al. 2018,
        https://arxiv.org/abs/1809.10341, equation 3: one layer of 512 with PReLU.

    Example:
        >>> import torch
        >>> from selftaught.core import Graph, Nodes
        >>> from selftaught.encoders import GraphConvolution
        >>> graph = Graph(torch.rand(3, 8), torch.tensor([[0, 1], [1, 0]]))
        >>> GraphConvolution(features=8, width=16)(Nodes(graph, torch.tensor([2, 0]))).shape
        torch.Size([2, 16])
    """

    def __init__(self, *, features: int, width: int = 512, layers: int = 1) -> None:
        super().__init__()
        for name, value in {"features": features, "width": width, "layers": layers}.items():
            if value < 1:
                raise UserError(f"{name}: expected at least 1, got {value}")
        self.features, self.width, self.layers = features, width, layers
        widths = [features, *[width] * layers]
        self.weights = nn.ParameterList(torch.empty(*shape) for shape in zip(widths[1:], widths[:-1], strict=True))
        self.biases = nn.ParameterList(torch.zeros(width) for _ in range(layers))
        self.activations = nn.ModuleList(nn.PReLU() for _ in range(layers))
        for weight in self.weights:
            nn.init.xavier_uniform_(weight)
        self._last: tuple[Tensor, SparseMatrix] | None = None

    def forward(self, items: Nodes) -> Float[Tensor, "n width"]:
        """One vector for each node that is asked for.

        Raises:
            UserError: the graph has another number of features.
        """
        graph, rows = items.graph, items.rows
        if graph.features.shape[1] != self.features:
            raise UserError(f"expected a graph with {self.features:,} features a node, got {graph.features.shape[1]:,}")
        adjacency = self._adjacency(graph)
        if len(rows) >= adjacency.width:
            hidden = graph.features
            for layer in range(self.layers):
                hidden = self._layer(layer, hidden, adjacency)
            return hidden.index_select(0, rows)  # its backward pass is faster than that of hidden[rows]
        return self._of_neighbourhood(graph.features, adjacency, rows)

    def _of_neighbourhood(
        self, features: Float[Tensor, "nodes d"], adjacency: SparseMatrix, rows: Int[Tensor, " n"]
    ) -> Float[Tensor, "n width"]:
        blocks: list[SparseMatrix] = []
        for _ in range(self.layers):  # from the answer back to the features
            block, rows = adjacency.rows(rows)
            blocks.append(block)
        hidden = features.index_select(0, rows)
        for layer, block in enumerate(reversed(blocks)):
            hidden = self._layer(layer, hidden, block)
        return hidden

    def _layer(
        self, layer: int, hidden: Float[Tensor, "sources d"], adjacency: SparseMatrix
    ) -> Float[Tensor, "targets width"]:
        weight = self.weights[layer]
        if hidden.shape[1] <= self.width:  # average whichever is narrower: the result is the same
            hidden = F.linear(adjacency.times(hidden), weight)
        else:
            hidden = adjacency.times(_linear(hidden, weight))
        return self.activations[layer](hidden.to(weight.dtype) + self.biases[layer])

    def _adjacency(self, graph: Graph) -> SparseMatrix:
        nodes, edges = len(graph.features), graph.edge_index
        if self._last is not None:
            known, adjacency = self._last
            if adjacency.width == nodes and known.device == edges.device and torch.equal(known, edges):
                return adjacency
        adjacency = normalised_adjacency(edges, nodes)
        self._last = edges.clone(), adjacency
        return adjacency

    def __getstate__(self) -> dict[str, Any]:
        """Neither copies nor files take along what is quickly made again."""
        return {**super().__getstate__(), "_last": None}


def _linear(rows: Float[Tensor, "n d"], weight: Float[Tensor, "width d"]) -> Float[Tensor, "n width"]:
    # Bags of words are nearly all zeros; on a CPU, passing over them is many times faster than multiplying by them.
    if rows.requires_grad or rows.device.type != "cpu" or int(rows.count_nonzero()) > _SPARSE * rows.numel():
        return F.linear(rows, weight)
    return SparseMatrix.of(rows).times(weight.T)
