"""Groups of all items, and clusters inside each group, kept by row of the data set."""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import UserError, from_first
from selftaught.objectives import share_in_use
from selftaught.parts.kmeans import kmeans, whitened

__all__ = ["GroupedClusters"]

_ITEMS_A_CLUSTER = 128


@final
class GroupedClusters(nn.Module):
    """Two levels of k-means: all items into groups, and each group's items into clusters of its own.

    They are buffers, so that a checkpoint holds them. Until items are sorted, they are dealt out by row. A group of
    fewer items than clusters has as many clusters as items. All processes hold those of the first, should their vectors
    differ in a last bit.

    Args:
        items: how many the data set has.
        groups: how many, at least 1.
        clusters: of each group; if none is given, one for 128 items, at least 2.
        pca_width: to how many components the vectors are reduced and whitened at most.
        iterations: how often the centres of k-means move.

    Raises:
        UserError: a value out of its range.

    Source:
        Caron et al. 2019, https://arxiv.org/abs/1905.01278, section 3.3 (scaling up to large numbers of targets).

    Example:
        >>> import torch
        >>> from selftaught.parts import GroupedClusters
        >>> found = GroupedClusters(8, groups=2, clusters=2, pca_width=1)
        >>> found.sort(torch.tensor([[0.0], [1.0], [9.0], [10.0], [0.2], [1.2], [9.2], [10.2]]), anew=True)
        >>> found.count, int(found.number.max()) < found.count
        (4, True)
    """

    group: Int[Tensor, " items"]
    cluster: Int[Tensor, " items"]

    def __init__(
        self, items: int, *, groups: int, clusters: int | None = None, pca_width: int = 256, iterations: int = 20
    ) -> None:
        super().__init__()
        wanted = max(items // (_ITEMS_A_CLUSTER * max(groups, 1)), 2) if clusters is None else clusters
        if groups < 1 or wanted < 2 or groups * wanted > items:
            asked = f"{groups} groups of {wanted} clusters"
            raise UserError(f"expected 1 group or more of 2 clusters or more, at most {items} in all, got {asked}")
        if pca_width < 1 or iterations < 1:
            raise UserError(f"expected pca_width and iterations above 0, got {pca_width} and {iterations}")
        self.items, self.groups, self.clusters = items, groups, wanted
        self.pca_width, self.iterations = pca_width, iterations
        self.register_buffer("group", torch.arange(items) % groups)
        self.register_buffer("cluster", torch.arange(items) // groups % wanted)

    @property
    def number(self) -> Int[Tensor, " items"]:
        """Of each item's cluster among those of all groups, from 0 to `count` - 1."""
        return self.group * self.clusters + self.cluster

    @property
    def count(self) -> int:
        """How many clusters all groups have together."""
        return self.groups * self.clusters

    def in_use(self) -> Float[Tensor, ""]:
        """How many clusters there would be, as a share of all, if those in use were used alike."""
        return share_in_use(self.number.bincount(minlength=self.count).double())

    def of(self, index: Int[Tensor, " n"]) -> tuple[Int[Tensor, " n"], Int[Tensor, " n"]]:
        """The groups of some items, and their clusters inside these.

        Raises:
            UserError: an item is not in the data set.
        """
        if len(index) and int(index.max()) >= self.items:
            raise UserError(f"expected views of the {self.items} items that were sorted, got row {int(index.max())}")
        return self.group[index], self.cluster[index]

    @torch.no_grad()
    def sort(self, vectors: Float[Tensor, "items d"], *, anew: bool) -> None:
        """Sort the items of every group, and before that all items into groups if they are to be found anew.

        Args:
            vectors: of all items.
            anew: find the groups, too.
        """
        points = whitened(vectors, self.pca_width)
        if anew:
            self.group.copy_(from_first(kmeans(points, self.groups, iterations=self.iterations).assignments))
        found = torch.zeros(self.items, dtype=torch.long, device=points.device)
        for group in range(self.groups):
            rows = (self.group == group).nonzero()[:, 0].to(points.device)
            if len(rows):
                clusters = min(self.clusters, len(rows))
                found[rows] = kmeans(points[rows], clusters, iterations=self.iterations).assignments
        self.cluster.copy_(from_first(found))
