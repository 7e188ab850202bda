"""The groups that k-means sorts all items into, kept by row of the data set."""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import UserError, from_first
from selftaught.parts.kmeans import kmeans

__all__ = ["Clusterings"]


@final
class Clusterings(nn.Module):
    """One clustering of all items or several, each from another start.

    They are a buffer, so that a checkpoint holds them. Until items are sorted, item i stands in cluster i modulo the
    number of clusters. All processes hold those of the first, should their vectors differ in a last bit.

    Args:
        items: how many the data set has.
        clusters: of each clustering, from 2 to as many as there are items.
        count: how many clusterings.
        iterations: how often the centres of k-means move.

    Raises:
        UserError: a value out of its range.

    Example:
        >>> import torch
        >>> from selftaught.parts import Clusterings
        >>> clusterings = Clusterings(4, clusters=2, count=3)
        >>> clusterings.sort(torch.tensor([[0.0], [9.0], [0.1], [9.1]]))
        >>> first, second, third, fourth = clusterings.assignments.T
        >>> torch.equal(first, third), torch.equal(first, second)
        (True, False)
    """

    assignments: Int[Tensor, "count items"]

    def __init__(self, items: int, *, clusters: int, count: int = 1, iterations: int = 20) -> None:
        super().__init__()
        if not 2 <= clusters <= items:
            raise UserError(f"clusters: expected between 2 and as many as there are items, {items}, got {clusters}")
        if count < 1 or iterations < 1:
            raise UserError(f"expected clusterings, kmeans_iterations above 0, got {count} and {iterations}")
        self.items, self.clusters, self.iterations = items, clusters, iterations
        self.register_buffer("assignments", (torch.arange(items) % clusters).repeat(count, 1))

    def of(self, index: Int[Tensor, " n"]) -> Int[Tensor, "count n"]:
        """The clusters of some items.

        Raises:
            UserError: an item is not in the data set.
        """
        if len(index) and int(index.max()) >= self.items:
            raise UserError(f"expected views of the {self.items} items that were sorted, got row {int(index.max())}")
        return self.assignments[:, index]

    @torch.no_grad()
    def sort(self, points: Float[Tensor, "items d"]) -> None:
        """Sort all items anew."""
        for kept in self.assignments:
            found = kmeans(points, self.clusters, iterations=self.iterations).assignments.to(kept.device)
            kept.copy_(from_first(found))
