"""Weighted nearest neighbours: what the vectors know without any fitting."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Track, UserError, silent
from selftaught.evaluation.exact_search import nearest

__all__ = ["NEIGHBOURS", "TEMPERATURE", "weighted_knn"]

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
    if k < 1 or temperature <= 0:
        raise UserError(f"expected k >= 1 and temperature > 0, got k={k} and temperature={temperature}")
    if len(train) == 0 or len(train_labels) != len(train):
        raise UserError(f"expected one label a training vector and at least one, got {len(train_labels)}, {len(train)}")
    lowest, highest = int(train_labels.min()), int(train_labels.max())
    classes = highest + 1 if classes is None else classes
    if lowest < 0 or highest >= classes:
        raise UserError(f"expected labels in 0..{classes - 1}, got {lowest}..{highest}")
    near, index = nearest(F.normalize(test, dim=1), F.normalize(train, dim=1), min(k, len(train)), track=track)
    weights = ((near - near[:, :1]).double() / temperature).exp()  # the nearest weighs 1: nothing overflows
    scores = torch.zeros(len(test), classes, dtype=torch.float64, device=test.device)
    return scores.scatter_add_(1, train_labels[index], weights / weights.sum(1, keepdim=True))
