"""k-means on the directions of vectors: against classes where there are labels, by silhouette where there are none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.core import UserError
from selftaught.evaluation.exactness import exact_products
from selftaught.evaluation.intervals import resamples
from selftaught.parts import Clusters, kmeans

__all__ = ["ClusterScore", "agreement_of_counts", "cluster_agreement", "cluster_vectors", "silhouettes"]

_STARTS, _ITERATIONS = 3, 50
_FITTED, _SILHOUETTE_ITEMS = 20_000, 1000
_COUNTS = (2, 5, 10, 20, 50)
_ITEMS_A_CLUSTER = 5  # at least, on average
_SAME = 1e-12  # squared distance that is rounding
_NO_ENTROPY, _NO_PAIRS = 1e-12, 1e-9  # rounding, too


@dataclass(frozen=True, kw_only=True)
class ClusterScore:
    """How far groups that were found without labels are the classes.

    Args:
        clusters: how many groups there are.
        mutual_information: NMI, from 0 (independent) to 1 (the same).
        adjusted_rand: ARI, 0 for groups drawn at random, 1 for the same, at least -0.5.
        right: of each item, whether its group is matched with its class; the mean is the accuracy.
        groups: of each item, from 0.
        labels: its class, from 0.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import cluster_agreement
        >>> cluster_agreement(torch.tensor([1, 1, 0, 0]), torch.tensor([0, 0, 1, 1])).accuracy
        1.0
    """

    clusters: int
    mutual_information: float
    adjusted_rand: float
    right: Bool[Tensor, " n"]
    groups: Int[Tensor, " n"]
    labels: Int[Tensor, " n"]

    @property
    def accuracy(self) -> float:
        """The share of items whose group is matched with their class."""
        return float(self.right.double().mean())

    def resampled(self, *, seed: int = 0) -> dict[str, Float[Tensor, " resamples"]]:
        """NMI and ARI on each resample of the items; see `resamples`.

        Args:
            seed: of the resamples.
        """
        cells, place = torch.stack([self.groups, self.labels]).unique(dim=1, return_inverse=True)
        drawn = [
            torch.zeros(len(counts), cells.shape[1], dtype=torch.float64).index_add_(1, place, counts)
            for counts in resamples(len(self.labels), seed=seed)
        ]
        nmi, ari = agreement_of_counts(torch.cat(drawn), cells[0], cells[1])
        return {"NMI": nmi, "ARI": ari}

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "clusters": self.clusters,
            "nmi": self.mutual_information,
            "ari": self.adjusted_rand,
            "accuracy": self.accuracy,
        }


def cluster_agreement(groups: Int[Tensor, " n"], labels: Int[Tensor, " labels"]) -> ClusterScore:
    """NMI, ARI, and the accuracy under the matching of groups with classes that makes it highest.

    A group is matched with one class at most, and a class with one group.

    Args:
        groups: a number for each item.
        labels: its class, any integers.

    Raises:
        UserError: sizes disagree, or there are no items.

    Source:
        Strehl and Ghosh 2002 with the arithmetic mean of the entropies for NMI, Hubert and Arabie 1985 for ARI, both
        as in scikit-learn; Kuhn 1955 for the matching, as in scipy.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import cluster_agreement
        >>> found = cluster_agreement(torch.tensor([5, 5, 5, 7]), torch.tensor([0, 0, 1, 1]))
        >>> found.accuracy, found.right.tolist()
        (0.75, [True, True, False, True])
    """
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    if len(groups) != len(labels) or len(groups) == 0:
        raise UserError(f"expected a group and a class for each item, got {len(groups)} and {len(labels)}")
    names, group = np.unique(groups.cpu().numpy(), return_inverse=True)
    classes, label = np.unique(labels.cpu().numpy(), return_inverse=True)
    together = np.zeros((len(names), len(classes)), dtype=np.int64)
    np.add.at(together, (group, label), 1)
    rows, columns = linear_sum_assignment(-together)
    partner = np.full(len(names), -1)
    partner[rows] = columns
    return ClusterScore(
        clusters=len(names),
        mutual_information=float(normalized_mutual_info_score(label, group)),
        adjusted_rand=float(adjusted_rand_score(label, group)),
        right=torch.from_numpy(partner[group] == label),
        groups=torch.from_numpy(group),
        labels=torch.from_numpy(label),
    )


def agreement_of_counts(
    counts: Float[Tensor, "tables cells"], groups: Int[Tensor, " cells"], labels: Int[Tensor, " cells"]
) -> tuple[Float[Tensor, " tables"], Float[Tensor, " tables"]]:
    """NMI and ARI of many tables at once, as `cluster_agreement` has them of one.

    Args:
        counts: how many items each cell of each table holds.
        groups: of each cell, from 0.
        labels: the class of each cell, from 0.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.clustering import agreement_of_counts
        >>> places = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
        >>> nmi, ari = agreement_of_counts(torch.tensor([[5.0, 0, 0, 5], [4, 4, 4, 4]]).double(), *places)
        >>> nmi.tolist(), ari[0].item()
        ([1.0, 0.0], 1.0)
    """

    def summed(places: Int[Tensor, " cells"]) -> Float[Tensor, "tables sums"]:
        return counts.new_zeros(len(counts), int(places.max()) + 1).index_add_(1, places, counts)

    def entropy(table: Float[Tensor, "tables sums"]) -> Float[Tensor, " tables"]:
        share = table / table.sum(1, keepdim=True)
        return -torch.special.xlogy(share, share).sum(1)

    def pairs(table: Float[Tensor, "tables sums"]) -> Float[Tensor, " tables"]:
        return (table * (table - 1) / 2).sum(1)

    of_groups, of_labels = summed(groups), summed(labels)
    mean = (entropy(of_groups) + entropy(of_labels)) / 2
    shared = (2 * mean - entropy(counts)).clamp_min(0)  # what rounding leaves below 0 is none
    alike = mean <= _NO_ENTROPY  # one group and one class
    expected = pairs(of_groups) * pairs(of_labels) / pairs(counts.sum(1, keepdim=True)).clamp_min(1)
    above, most = pairs(counts) - expected, (pairs(of_groups) + pairs(of_labels)) / 2 - expected
    return torch.where(alike, 1.0, shared / mean), torch.where(most.abs() <= _NO_PAIRS, 1.0, above / most)


@exact_products()
def cluster_vectors(
    train: Float[Tensor, "n d"], test: Float[Tensor, "o d"], clusters: int, *, seed: int = 0
) -> Int[Tensor, " o"]:
    """The group of every test vector, of groups found by k-means among training vectors of unit length.

    Of more than 20,000 training vectors a sample is used. The best of three k-means++ starts counts.

    Args:
        train: vectors to find groups among, at least as many as clusters.
        test: vectors to sort.
        clusters: how many groups.
        seed: of sample and starts.

    Source:
        Arthur and Vassilvitskii 2007, "k-means++: the advantages of careful seeding", for the starts.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.clustering import cluster_vectors
        >>> vectors = torch.eye(2).repeat(5, 1)
        >>> groups = cluster_vectors(vectors, vectors, 2)
        >>> bool((groups[::2] != groups[1::2]).all())
        True
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(train), generator=generator)[:_FITTED].to(train.device)
    centres = _best(F.normalize(train[chosen], dim=1), clusters, seed).centres
    lengths = centres.square().sum(1)
    return torch.cat([(lengths - 2 * F.normalize(rows, dim=1) @ centres.T).argmin(1) for rows in test.split(8192)])


@exact_products()
def silhouettes(vectors: Float[Tensor, "n d"], *, seed: int = 0) -> Mapping[int, float]:
    """How well apart k-means finds 2, 5, 10, 20 and 50 groups of items, on 1,000 vectors of unit length.

    Of an item, a is the mean distance to the others of its group and b that to the nearest other group:

        silhouette = mean of (b - a) / max(a, b)

    Healthy: above 0.1 for some number of groups, and higher there than at the encoder's start; the number with the
    highest value is a guess at how many kinds of item there are. Near 0 groups overlap. Continuous data have no groups,
    and good features of them no high silhouette.

    Args:
        vectors: one a row.
        seed: of sample and starts.

    Returns:
        The mean silhouette in [-1, 1] by number of groups, of those that leave five items a group.

    Source:
        Rousseeuw 1987, https://doi.org/10.1016/0377-0427(87)90125-7, as in scikit-learn.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import silhouettes
        >>> silhouettes(torch.eye(2).repeat(6, 1))
        {2: 1.0}
    """
    from sklearn.metrics import silhouette_score

    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(vectors), generator=generator)[:_SILHOUETTE_ITEMS].to(vectors.device)
    points = F.normalize(vectors[chosen].double(), dim=1)
    squares = (2 - 2 * points @ points.T).clamp_min(0).fill_diagonal_(0)
    distances = torch.where(squares < _SAME, 0, squares).sqrt().cpu().numpy()
    found: dict[int, float] = {}
    for clusters in _COUNTS:
        if clusters * _ITEMS_A_CLUSTER <= len(points):
            groups = _best(points.float(), clusters, seed, starts=1).assignments.cpu().numpy()
            found[clusters] = float(silhouette_score(distances, groups, metric="precomputed"))
    return found


def _best(points: Float[Tensor, "n d"], clusters: int, seed: int, *, starts: int = _STARTS) -> Clusters:
    from sklearn.cluster import kmeans_plusplus

    host = points.cpu().numpy()
    found: list[Clusters] = []
    for start in range(starts):
        first, _ = kmeans_plusplus(host, clusters, random_state=seed + start)
        generator = torch.Generator().manual_seed(seed + start)
        centres = torch.from_numpy(first).to(points)
        found.append(kmeans(points, clusters, iterations=_ITERATIONS, start=centres, generator=generator))
    return min(found, key=lambda each: each.inertia)
