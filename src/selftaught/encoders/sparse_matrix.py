"""Matrices that are mostly zero, and products with them that hold nothing for an entry."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

__all__ = ["SparseMatrix", "normalised_adjacency"]


class _Product(torch.autograd.Function):
    # embedding_bag sums weighted rows without ever holding one an entry; its own backward pass would.
    @staticmethod
    def forward(ctx: Any, dense: Tensor, matrix: "SparseMatrix") -> Tensor:
        ctx.matrix = matrix
        return _weighted_sums(matrix, dense)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return _weighted_sums(ctx.matrix.transposed, gradients[0]), None


def _weighted_sums(matrix: "SparseMatrix", dense: Tensor) -> Tensor:
    weights, dense = matrix.entries.to(dense.dtype), dense.detach().contiguous()  # or a slower kernel is taken
    return F.embedding_bag(matrix.columns, dense, matrix.starts, mode="sum", per_sample_weights=weights)


@final
@dataclass(frozen=True, eq=False)
class SparseMatrix:
    """A constant matrix, compressed by rows: row i has its entries from `starts[i]` up to `starts[i + 1]`.

    Args:
        columns: in which column each entry stands.
        starts: where each row starts.
        entries: row by row.
        width: how many columns there are.

    Example:
        >>> import torch
        >>> from selftaught.encoders.sparse_matrix import SparseMatrix
        >>> matrix = SparseMatrix.of(torch.tensor([[0.0, 2.0], [3.0, 0.0], [0.0, 0.0]]))
        >>> matrix.times(torch.tensor([[1.0], [10.0]])).T
        tensor([[20.,  3.,  0.]])
    """

    columns: Int[Tensor, " entries"]
    starts: Int[Tensor, " height"]
    entries: Float[Tensor, " entries"]
    width: int

    @classmethod
    def of(cls, dense: Float[Tensor, "height width"]) -> "SparseMatrix":
        """The same matrix without its zeros."""
        rows, columns = dense.nonzero(as_tuple=True)
        return _compressed(rows, columns, dense[rows, columns], *dense.shape)

    def times(self, dense: Float[Tensor, "width d"]) -> Float[Tensor, "height d"]:
        """The matrix times a dense one, differentiable by that; in at least single precision, also under autocast."""
        with torch.autocast(dense.device.type, enabled=False):
            return _Product.apply(dense if dense.dtype == torch.float64 else dense.float(), self)

    def rows(self, chosen: Int[Tensor, " n"]) -> tuple["SparseMatrix", Int[Tensor, " needed"]]:
        """Some rows of the matrix with only the columns that have entries there, and which columns those are."""
        counts = self._counts()[chosen]
        starts = counts.cumsum(0) - counts
        places = torch.arange(int(counts.sum()), device=chosen.device)
        places += (self.starts[chosen] - starts).repeat_interleave(counts)
        needed, columns = self.columns[places].unique(return_inverse=True)
        return SparseMatrix(columns, starts, self.entries[places], len(needed)), needed

    @cached_property
    def transposed(self) -> "SparseMatrix":
        """What the backward pass multiplies by; the matrix itself where it is symmetric."""
        counts = self._counts()
        rows = torch.arange(len(counts), device=counts.device).repeat_interleave(counts)
        other = _compressed(self.columns, rows, self.entries, self.width, len(counts))
        pairs = zip(
            (self.starts, self.columns, self.entries), (other.starts, other.columns, other.entries), strict=True
        )
        return self if all(torch.equal(mine, theirs) for mine, theirs in pairs) else other

    def _counts(self) -> Int[Tensor, " height"]:
        return torch.diff(self.starts, append=self.starts.new_tensor([len(self.columns)]))


def normalised_adjacency(edge_index: Int[Tensor, "2 edges"], nodes: int) -> SparseMatrix:
    """D^-1/2 (A + I) D^-1/2, by which a graph convolution averages over neighbours; D are the degrees of A + I.

    Args:
        edge_index: from which node to which; a node averages over those that have an edge to it. An edge that stands
            there twice counts twice; a self-loop is the one that is added.
        nodes: how many there are.

    Source:
        Kipf & Welling 2016, https://arxiv.org/abs/1609.02907, equation 2.

    Example:
        >>> import torch
        >>> from selftaught.encoders.sparse_matrix import normalised_adjacency
        >>> pair = normalised_adjacency(torch.tensor([[0, 1], [1, 0]]), 3)
        >>> pair.times(torch.tensor([[2.0], [4.0], [8.0]])).T
        tensor([[3., 3., 8.]])
    """
    source, target = edge_index.long()
    loops = torch.arange(nodes, device=edge_index.device)
    apart = source != target
    source, target = torch.cat([source[apart], loops]), torch.cat([target[apart], loops])
    degrees = torch.bincount(target, minlength=nodes)
    return _compressed(target, source, (degrees[source].double() * degrees[target]).rsqrt(), nodes, nodes)


def _compressed(rows: Tensor, columns: Tensor, entries: Tensor, height: int, width: int) -> SparseMatrix:
    order = (rows * width + columns).argsort(stable=True)  # columns in order, so that equal matrices look equal
    counts = torch.bincount(rows, minlength=height)
    return SparseMatrix(columns[order], counts.cumsum(0) - counts, entries[order], width)
