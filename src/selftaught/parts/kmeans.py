"""Sort vectors into groups by what they are near to."""

from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import UserError

__all__ = ["Clusters", "kmeans", "whitened"]

_ROWS_AT_ONCE = 2**24  # distances held at a time
_SMALLEST_VARIANCE = 1e-9  # of a kept direction, as a part of the largest
_BATCH, _BATCH_A_CLUSTER = 2**17, 32  # points that a move looks at where there are more than twice as many
_NUDGE = 1e-3  # of a split cluster's two centres, as a part of their coordinates


class Clusters(NamedTuple):
    """What k-means found.

    Args:
        assignments: the nearest centre of every vector.
        centres: the mean of each cluster, before the last assignment.
        inertia: the summed squared distances of the vectors from their centres.

    Example:
        >>> import torch
        >>> from selftaught.parts import kmeans
        >>> kmeans(torch.tensor([[0.0], [1.0], [9.0]]), 2).inertia
        0.5
    """

    assignments: Int[Tensor, " n"]
    centres: Float[Tensor, "k d"]
    inertia: float


def whitened(vectors: Float[Tensor, "n d"], width: int) -> Float[Tensor, "n kept"]:
    """The vectors' principal components, each over its standard deviation, then every vector scaled to unit length.

    Directions in which the vectors hardly differ (a billionth of the largest variance) are left out: scaling them up
    would show rounding errors.

    Args:
        vectors: at least two.
        width: how many components are kept at most, those of largest variance.

    Source:
        Caron et al. 2018, https://arxiv.org/abs/1807.05520, section 4.1.

    Example:
        >>> import torch
        >>> from selftaught.parts import whitened
        >>> rows = whitened(torch.tensor([[100.0, 0.1], [-100.0, 0.1], [100.0, -0.1], [-100.0, -0.1]]).double(), 2)
        >>> rows.abs().sum(0)  # both directions count alike
        tensor([2.8284, 2.8284], dtype=torch.float64)
    """
    centred = vectors.double() - vectors.double().mean(0)
    variances, directions = torch.linalg.eigh(centred.T @ centred / (len(vectors) - 1))
    variances, directions = variances.flip(0)[:width], directions.flip(1)[:, :width]
    kept = variances > _SMALLEST_VARIANCE * variances[0]
    components = centred @ directions[:, kept] / variances[kept].sqrt()
    return F.normalize(components, dim=1).to(vectors.dtype)


def kmeans(
    points: Float[Tensor, "n d"],
    clusters: int,
    *,
    iterations: int = 20,
    start: Float[Tensor, "clusters d"] | None = None,
    batch: int | None = None,
    generator: torch.Generator | None = None,
) -> Clusters:
    """Lloyd's algorithm: assign every point to its nearest centre, move every centre to the mean of its points.

    Of many points each move looks at a batch, drawn anew, and a centre is the mean of all that came to it so far; then
    all points are assigned once. What a move costs no longer grows with the points; inertia is a few per cent higher.

    A centre that no point is nearest to takes the place of another, drawn at random among clusters of several points,
    larger ones more often; both move apart a little, and so share its points.

    Args:
        points: at least as many as clusters.
        clusters: how many, at least 1.
        iterations: how often the centres move; it stops earlier when no point changes its cluster.
        start: the first centres; None draws different points.
        batch: points a move looks at; None for all, or 131,072 (and at least 32 a cluster) of more than twice as many.
        generator: of all random choices; None for torch's default one.

    Raises:
        UserError: there are fewer points than clusters, or no points in a batch.

    Source:
        Lloyd 1982, https://doi.org/10.1109/TIT.1982.1056489; batches as Sculley 2010, "Web-scale k-means clustering",
        https://doi.org/10.1145/1772690.1772862, algorithm 1, a batch at a time; empty clusters as Caron et al. 2018,
        https://arxiv.org/abs/1807.05520, section 3.3 (trivial solutions).

    Example:
        >>> import torch
        >>> from selftaught.parts import kmeans
        >>> found = kmeans(torch.tensor([[0.0], [9.0], [1.0], [10.0]]), 2, generator=torch.Generator().manual_seed(0))
        >>> found.centres.flatten().sort().values
        tensor([0.5000, 9.5000])
    """
    if not 1 <= clusters <= len(points):
        raise UserError(f"expected between 1 and {len(points)} clusters, one for each item at most, got {clusters}")
    if batch is not None and batch < 1:
        raise UserError(f"batch: expected at least 1 point, got {batch}")
    centres = start
    if centres is None:
        centres = points[torch.randperm(len(points), generator=generator)[:clusters].to(points.device)]
    batch = max(_BATCH, _BATCH_A_CLUSTER * clusters) if batch is None else batch
    move = _moved_by_all if len(points) <= 2 * batch else partial(_moved_by_batches, batch=batch)
    centres, assignments, distances = move(points, centres, iterations, generator)
    assignments = _none_empty(points, assignments, distances, clusters)
    return Clusters(assignments, centres, float(distances.double().sum()))


def _moved_by_all(
    points: Tensor, centres: Tensor, iterations: int, generator: torch.Generator | None
) -> tuple[Tensor, Tensor, Tensor]:
    assignments, distances = _nearest(points, centres)
    for _ in range(iterations):
        centres, _ = _means(points, assignments, centres, centres.new_zeros(len(centres)), generator)
        before = assignments
        assignments, distances = _nearest(points, centres)
        if torch.equal(before, assignments):
            break
    return centres, assignments, distances


def _moved_by_batches(
    points: Tensor, centres: Tensor, iterations: int, generator: torch.Generator | None, *, batch: int
) -> tuple[Tensor, Tensor, Tensor]:
    came = centres.new_zeros(len(centres))
    for _ in range(iterations):
        part = points[torch.randint(len(points), (batch,), generator=generator).to(points.device)]
        centres, came = _means(part, _nearest(part, centres)[0], centres, came, generator)
    return centres, *_nearest(points, centres)


def _nearest(points: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest centre of every point, and its squared distance; a part of the points at a time."""
    lengths = centres.square().sum(1)
    found = [
        (part.square().sum(1, keepdim=True) + lengths - 2 * part @ centres.T).clamp(min=0).min(1)
        for part in points.split(max(1, _ROWS_AT_ONCE // len(centres)))
    ]
    return torch.cat([each.indices for each in found]), torch.cat([each.values for each in found])


def _means(
    points: Tensor, assignments: Tensor, centres: Tensor, came: Tensor, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The mean of each cluster's points and of those that `came` before, of which a centre is the mean; how many."""
    counts = came + assignments.bincount(minlength=len(centres))
    sums = (came[:, None] * centres).index_add_(0, assignments, points)
    means = sums / counts.clamp(min=1)[:, None]
    shares = (counts - 1).clamp(min=0).double().cpu()
    for empty in (counts == 0).nonzero().flatten().tolist():
        if not bool((shares > 0).any()):
            break
        full = int(torch.multinomial(shares, 1, generator=generator))
        nudge = _NUDGE * torch.where(torch.arange(means.shape[1], device=means.device) % 2 == 0, 1.0, -1.0)
        means[empty] = means[full] * (1 + nudge)
        means[full] = means[full] * (1 - nudge)
        shares[full] = shares[empty] = shares[full] / 2
        counts[full] = counts[empty] = counts[full] / 2
    return means, counts


def _none_empty(points: Tensor, assignments: Tensor, distances: Tensor, clusters: int) -> Tensor:
    """After the last move a cluster may be empty again: it gets the point that lies farthest from its own centre."""
    counts = assignments.bincount(minlength=clusters)
    assignments, distances = assignments.clone(), distances.clone()
    for empty in (counts == 0).nonzero().flatten().tolist():
        distances[counts[assignments] < 2] = -1  # never the last point of a cluster
        farthest = int(distances.argmax())
        counts[assignments[farthest]] -= 1
        counts[empty] += 1
        assignments[farthest] = empty
    return assignments
