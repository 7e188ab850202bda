"""Retrieval: does a search by similarity bring items of the query's class?"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.core import Track, UserError, silent
from selftaught.evaluation.exactness import exact_products

__all__ = ["Retrieval", "retrieve"]

_AT = (1, 5, 10)
_MOST_QUERIES, _TOGETHER = 1000, 2**23  # similarities held at a time


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """What a search among training items brings for each query.

    Args:
        found: by k, of each query, whether one of the k nearest is of its class; the mean is recall@k.
        precision: the average precision of each query; the mean is mAP.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import retrieve
        >>> labels = torch.tensor([0, 1])
        >>> retrieve(torch.eye(2), labels, torch.eye(2), labels).as_json()["map"]
        1.0
    """

    found: dict[int, Bool[Tensor, " queries"]]
    precision: Float[Tensor, " queries"]

    def as_json(self) -> dict[str, Any]:
        """The means by name, and how many queries there were."""
        recalls = {f"recall@{k}": float(each.double().mean()) for k, each in self.found.items()}
        return recalls | {"map": float(self.precision.mean()), "queries": len(self.precision)}


@exact_products()
def retrieve(
    train: Float[Tensor, "n d"],
    train_labels: Int[Tensor, " train_labels"],
    test: Float[Tensor, "o d"],
    test_labels: Int[Tensor, " test_labels"],
    *,
    seed: int = 0,
    track: Track = silent,
) -> Retrieval:
    """Ask with each test item, of more than 1,000 with a sample, for training items by cosine similarity.

        recall@k = share of queries with one of their class among the k nearest
        AP       = mean over the training items of the query's class of:  precision among all that are at least as near

    Equally near items share one place in AP, so that a collapsed encoder gets the share of the class and no luck; in
    recall@k the one that stands first counts. A query whose class no training item has is never answered rightly.

    Args:
        train: what is searched.
        train_labels: the classes.
        test: what is asked with.
        test_labels: the classes.
        seed: of the sample.
        track: shows progress.

    Raises:
        UserError: sizes disagree, or there is nothing to search or to ask with.

    Source:
        Jegou et al. 2011, https://doi.org/10.1109/TPAMI.2010.57, for recall@k; Manning et al. 2008, "Introduction to
        Information Retrieval", section 8.4, for AP. Ties as in scikit-learn's `average_precision_score`.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import retrieve
        >>> train = torch.tensor([[1.0, 0.0], [1.0, 0.5], [0.0, 1.0]])
        >>> found = retrieve(train, torch.tensor([0, 1, 0]), torch.tensor([[1.0, 0.0]]), torch.tensor([0]))
        >>> round(float(found.precision[0]), 4)  # places 1 and 3: (1 / 1 + 2 / 3) / 2
        0.8333
    """
    if len(train) != len(train_labels) or len(test) != len(test_labels) or not len(train) or not len(test):
        sizes = f"{len(train_labels)} for {len(train)} and {len(test_labels)} for {len(test)}"
        raise UserError(f"expected one label for each training and test vector, and at least one of each, got {sizes}")
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(test), generator=generator)[:_MOST_QUERIES].to(test.device)
    queries, wanted = F.normalize(test[chosen], dim=1), test_labels[chosen]
    bank = F.normalize(train, dim=1).T
    rows = max(_TOGETHER // len(train), 1)
    found: dict[int, list[Tensor]] = {k: [] for k in _AT}
    precision: list[Tensor] = []
    starts = range(0, len(queries), rows)
    for start in track(starts, "searching", len(starts)):
        near, order = (queries[start : start + rows] @ bank).sort(dim=1, descending=True, stable=True)
        same = train_labels[order] == wanted[start : start + rows, None]  # (rows, n)
        for k, parts in found.items():
            parts.append(same[:, :k].any(1))
        precision.append(_average_precision(near, same))
    return Retrieval(
        found={k: torch.cat(parts).cpu() for k, parts in found.items()}, precision=torch.cat(precision).cpu()
    )


def _average_precision(near: Float[Tensor, "q n"], same: Bool[Tensor, "q n"]) -> Float[Tensor, " q"]:
    as_near = torch.searchsorted(-near, -near, right=True)  # (q, n): how many are at least as near
    hits = same.cumsum(1).gather(1, as_near - 1)
    total = same.sum(1)
    return (hits / as_near.double() * same).sum(1) / total.clamp_min(1)
