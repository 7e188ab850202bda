"""Do made items look like true ones, and are all kinds of true ones among them?"""

from dataclasses import asdict, dataclass
from typing import Any, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import UserError
from selftaught.evaluation.exactness import check_finite, exact_products
from selftaught.evaluation.neighbours import weighted_knn

__all__ = ["MadeItems", "compare_made"]

_DISTANCES = 2**24  # at a time: 64 MiB
_HIT = 0.1  # of a class's share among true items


@final
@dataclass(frozen=True, kw_only=True)
class MadeItems:
    """How made items lie among true ones; each figure in [0, 1] but `density` and `class_divergence_nats`.

    Args:
        precision: how many of the made lie near a true one.
        recall: how many of the true lie near a made one.
        density: how many true ones have a made one near, over how many are expected; above 1 where the made crowd
            together where the true are dense.
        coverage: how many of the true have a made one nearer than their neighbours: what mode collapse lowers.
        classes: how many classes the true items have; None without labels.
        classes_hit: how many of them nearest neighbours find among the made, at least a tenth as often as among the
            true.
        class_divergence_nats: Kullback-Leibler divergence of the classes of the made from those of the true.

    Example:
        >>> from selftaught.evaluation import MadeItems
        >>> MadeItems(precision=1.0, recall=0.5, density=1.2, coverage=0.4).as_json()["coverage"]
        0.4
    """

    precision: float
    recall: float
    density: float
    coverage: float
    classes: int | None = None
    classes_hit: int | None = None
    class_divergence_nats: float | None = None

    def as_json(self) -> dict[str, float | int | None]:
        """The figures by their names."""
        return asdict(self)


@exact_products()
def compare_made(
    made: Float[Tensor, "m d"],
    true: Float[Tensor, "n d"],
    labels: Int[Tensor, " labels"] | None = None,
    *,
    neighbours: int = 5,
) -> MadeItems:
    """Compare vectors of made items with those of true ones by their nearest neighbours.

    An item is near another if it is no farther from it than that one's k-th nearest neighbour of its own kind. With
    B_i such a ball around true item i, and C_j around made item j:

        precision = mean_j [made_j in some B_i]        density  = sum_ij [made_j in B_i] / (k m)
        recall    = mean_i [true_i in some C_j]        coverage = mean_i [some made_j in B_i]

    Coverage does not depend on the balls of made items, and so is not raised by one that is far out. That of as many
    true items, drawn anew, is 1 - 2^-k for m = n and large n.

    Args:
        made: as many as there are; recall and coverage rise with their number, so compare equal numbers.
        true: of the same space.
        labels: classes of the true items, any integers; made items get theirs from 20 neighbours, weighted.
        neighbours: k, at least 1; fewer than there are items of either kind.

    Raises:
        UserError: there are too few items, a vector is not finite, or labels do not fit.

    Source:
        Kynkäänniemi et al. 2019, https://arxiv.org/abs/1904.06991, section 2 (precision and recall); Naeem et al.
        2020, https://arxiv.org/abs/2002.09797, section 3 (density and coverage); the classes as in Srivastava et al.
        2017, https://arxiv.org/abs/1705.07761, section 4, where one item is enough for a hit.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import compare_made
        >>> classes = torch.arange(4).repeat_interleave(25)
        >>> true = torch.eye(4)[classes] + torch.rand(100, 4, generator=torch.Generator().manual_seed(0)) / 10
        >>> found = compare_made(true[:50] + 0.001, true, classes)  # of two classes alone
        >>> found.precision, found.coverage, found.classes_hit
        (1.0, 0.5, 2)
    """
    if neighbours < 1 or min(len(made), len(true)) <= neighbours:
        counts = f"{len(made)} made and {len(true)} true items"
        raise UserError(f"expected more than neighbours = {neighbours} >= 1 items of either kind, got {counts}")
    check_finite(made, "vectors of made items")
    check_finite(true, "vectors of true items")
    if labels is not None and len(labels) != len(true):
        raise UserError(f"expected one label a true item, got {len(labels)} for {len(true)}")
    centre = true.mean(0)  # less is lost in squares
    made, true = made - centre, true - centre
    reach_of_true, reach_of_made = (_to_neighbour(each, neighbours) for each in (true, made))
    near, covered, recalled = torch.zeros(len(made), device=made.device), 0.0, 0.0
    for rows in torch.arange(len(true), device=true.device).split(max(1, _DISTANCES // len(made))):
        apart = torch.cdist(true[rows], made)  # (some, m)
        inside = apart <= reach_of_true[rows, None]
        near += inside.sum(0)
        covered += inside.any(1).sum().item()
        recalled += (apart <= reach_of_made).any(1).sum().item()
    return MadeItems(
        precision=(near > 0).double().mean().item(),
        recall=recalled / len(true),
        density=near.double().mean().item() / neighbours,
        coverage=covered / len(true),
        **({} if labels is None else _classes(made + centre, true + centre, labels)),
    )


def _to_neighbour(items: Float[Tensor, "n d"], k: int) -> Float[Tensor, " n"]:
    """Each item's distance to its k-th nearest other."""
    found: list[Tensor] = []
    for rows in torch.arange(len(items), device=items.device).split(max(1, _DISTANCES // len(items))):
        apart = torch.cdist(items[rows], items)
        apart[torch.arange(len(rows), device=rows.device), rows] = torch.inf
        found.append(apart.kthvalue(k, 1).values)
    return torch.cat(found)


def _classes(made: Tensor, true: Tensor, labels: Tensor) -> dict[str, Any]:
    values, places, counts = labels.unique(return_inverse=True, return_counts=True)
    named = weighted_knn(true, places, made, classes=len(values)).argmax(1)
    own, expected = named.bincount(minlength=len(values)).double() / len(made), counts.double() / len(labels)
    hit = int((own >= _HIT * expected).sum())
    divergence = torch.special.xlogy(own, own / expected).sum().item()
    return {"classes": len(values), "classes_hit": hit, "class_divergence_nats": divergence}
