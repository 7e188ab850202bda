"""Weighted nearest neighbours: what the vectors know without any fitting."""

from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Track, UserError, silent
from selftaught.evaluation.exact_search import nearest

__all__ = ["NEIGHBOURS", "TEMPERATURE", "Near", "nearest_rows", "votes", "weighted_knn"]

NEIGHBOURS, TEMPERATURE = 20, 0.07


def weighted_knn(
    train: Float[Tensor, "n d"],
    train_labels: Int[Tensor, " labels"],
    test: Float[Tensor, "o d"],
    *,
    k: int = NEIGHBOURS,
    temperature: float = TEMPERATURE,
    classes: int | None = None,
    track: Track = silent,
) -> Float[Tensor, "o classes"]:
    """How much of the neighbours' vote each class gets.

        score_c = sum over the k nearest training vectors i of class c:  exp(cos(x, x_i) / temperature)

    and the scores of an item sum to 1. Exact; among equally near vectors the one that stands first counts.

    Args:
        train: vectors of any length; a zero vector is at cosine 0 from all.
        train_labels: their classes, in [0, classes).
        test: vectors to classify.
        k: neighbours that vote, >= 1; all of the training vectors where there are fewer.
        temperature: > 0, in units of cosine similarity.
        classes: how many classes; one more than the largest label if None.
        track: shows progress.

    Returns:
        Scores in [0, 1] in float64; `argmax(1)` is the prediction.

    Raises:
        UserError: `k`, `temperature` or the labels are out of range.

    Source:
        Wu et al. 2018, https://arxiv.org/abs/1805.01978, section 3.4.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import weighted_knn
        >>> train = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
        >>> weighted_knn(train, torch.tensor([0, 1, 1]), torch.tensor([[0.1, 3.0]]), k=2).tolist()
        [[0.0, 1.0]]
    """
    if len(train) == 0 or len(train_labels) != len(train):
        raise UserError(f"expected one label a training vector and at least one, got {len(train_labels)}, {len(train)}")
    near = nearest_rows(train, test, k=k, track=track)
    return votes(near, train_labels, temperature=temperature, classes=classes)


class Near(NamedTuple):
    """The training vectors nearest to each test vector, nearest first.

    Args:
        similarity: cosines.
        rows: of the training vectors.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.neighbours import nearest_rows
        >>> nearest_rows(torch.eye(3), torch.tensor([[0.1, 3.0, 0.0]]), k=1).rows.tolist()
        [[1]]
    """

    similarity: Float[Tensor, "o k"]
    rows: Int[Tensor, "o k"]


def nearest_rows(
    train: Float[Tensor, "n d"], test: Float[Tensor, "o d"], *, k: int = NEIGHBOURS, track: Track = silent
) -> Near:
    """The `k` training vectors nearest by cosine, or all where there are fewer.

    Exact; among equally near vectors the one that stands first comes first.

    Args:
        train: vectors of any length; a zero vector is at cosine 0 from all.
        test: vectors to find neighbours of.
        k: how many, >= 1.
        track: shows progress.

    Raises:
        UserError: `k` is out of range, or there are no training vectors.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.neighbours import nearest_rows
        >>> nearest_rows(torch.eye(2), torch.tensor([[0.0, 2.0]]), k=9).rows.tolist()
        [[1, 0]]
    """
    if k < 1 or len(train) == 0:
        raise UserError(f"expected k >= 1 and at least one training vector, got k={k} and {len(train)}")
    return Near(*nearest(F.normalize(test, dim=1), F.normalize(train, dim=1), min(k, len(train)), track=track))


def votes(
    near: Near, train_labels: Int[Tensor, " labels"], *, temperature: float = TEMPERATURE, classes: int | None = None
) -> Float[Tensor, "o classes"]:
    """How much of the neighbours' vote each class gets; see `weighted_knn`.

    Raises:
        UserError: `temperature` or the labels are out of range.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.neighbours import Near, votes
        >>> near = Near(torch.tensor([[0.5, 0.5]]), torch.tensor([[0, 2]]))
        >>> votes(near, torch.tensor([0, 0, 1])).tolist()
        [[0.5, 0.5]]
    """
    lowest, highest = int(train_labels.min()), int(train_labels.max())
    classes = highest + 1 if classes is None else classes
    if temperature <= 0 or lowest < 0 or highest >= classes:
        got = f"{lowest}..{highest} and temperature={temperature}"
        raise UserError(f"expected labels in 0..{classes - 1} and temperature > 0, got {got}")
    # The nearest weighs 1: nothing overflows.
    weights = ((near.similarity - near.similarity[:, :1]).double() / temperature).exp()
    scores = weights.new_zeros(len(weights), classes)
    return scores.scatter_add_(1, train_labels[near.rows], weights / weights.sum(1, keepdim=True))
