"""The figures that are taken of an encoder while it trains."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.evaluation.neighbours import weighted_knn
from selftaught.evaluation.without_labels import label_free, rankme

__all__ = ["FIGURES", "Figure", "effective_rank", "spread_of_directions", "take_figures"]


@final
@dataclass(frozen=True)
class Figure:
    """A figure of the encoder's vectors that needs no labels.

    Args:
        measure: takes it of vectors, one a row.
        higher_is_better: among encoders that have not collapsed, so that the best may be chosen by it.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.watching import FIGURES
        >>> round(FIGURES["rankme"].measure(torch.eye(5)), 3)
        5.0
    """

    measure: Callable[[Tensor], float]
    higher_is_better: bool = False


def spread_of_directions(vectors: Float[Tensor, "n d"]) -> float:
    """How far vectors, scaled to unit length, stray from their mean.

        spread = sqrt( mean_i |u_i - mean(u)|^2 ),   u_i = x_i / |x_i|

    Args:
        vectors: one a row, in any units; a zero vector stays zero.

    Returns:
        0 if all have one direction, 1 if the directions cancel each other, as when they are spread evenly.

    Source:
        Wang & Isola 2020, https://arxiv.org/abs/2005.10242, section 4: losses on unit vectors see directions alone.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.watching import spread_of_directions
        >>> round(spread_of_directions(torch.tensor([[3.0, 4.0], [6.0, -8.0]])), 6)
        0.8
    """
    return math.sqrt(float(_centred_directions(vectors).square().sum(1).mean()))


def effective_rank(vectors: Float[Tensor, "n d"]) -> float:
    """Along how many directions the unit vectors vary: the exponential of the entropy of their variances.

        rank = exp(-sum_k p_k log p_k),   p_k = lambda_k / sum(lambda),   lambda: eigenvalues of cov(u)

    Unlike RankMe it is centred and counts variances, not deviations: noise along many directions weighs little.

    Args:
        vectors: one a row, in any units.

    Returns:
        1 if they vary along a line, `d` if along all directions alike; 0 if they do not vary.

    Source:
        Roy & Vetterli 2007, "The effective rank", definition 1, of the covariance of the directions.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.watching import effective_rank
        >>> round(effective_rank(torch.tensor([[1.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -3.0]])), 6)
        2.0
    """
    variances = torch.linalg.svdvals(_centred_directions(vectors)).square()
    total = float(variances.sum())
    if total == 0:
        return 0.0
    return math.exp(float(torch.special.entr(variances / total).sum()))


def _dead_features(vectors: Float[Tensor, "n d"]) -> float:
    return label_free(vectors).dead


FIGURES: Mapping[str, Figure] = {
    "rankme": Figure(rankme, higher_is_better=True),
    "spread": Figure(spread_of_directions),
    "dead_features": Figure(_dead_features),
}
"""Every figure of the encoder's vectors that is taken while a run goes on, by name. `find_symptom` reads spread and
dead features; what else stands here is logged and shown, and may choose the best encoder."""


def take_figures(
    vectors: Float[Tensor, "n d"],
    embeddings: Float[Tensor, "n e"] | None = None,
    labels: Int[Tensor, " n"] | None = None,
) -> dict[str, float]:
    """Every figure of some vectors; of vectors with inf or nan every figure is nan.

    Args:
        vectors: the encoder's, one a row.
        embeddings: what the loss compares, made from them; with these there are `embedding_spread` and
            `embedding_rank`.
        labels: the classes, -1 where there is none; with these there is `knn_accuracy`: of every second item, by the
            neighbours among the others.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.watching import take_figures
        >>> sorted(take_figures(torch.eye(4), torch.ones(4, 2)))
        ['dead_features', 'embedding_rank', 'embedding_spread', 'rankme', 'spread']
    """
    names = [*FIGURES]
    names += [] if embeddings is None else ["embedding_spread", "embedding_rank"]
    names += [] if labels is None else ["knn_accuracy"]
    seen = [vectors] if embeddings is None else [vectors, embeddings]
    if not all(bool(each.isfinite().all()) for each in seen):
        return dict.fromkeys(names, math.nan)
    figures = {name: figure.measure(vectors) for name, figure in FIGURES.items()}
    if embeddings is not None:
        figures |= {"embedding_spread": spread_of_directions(embeddings), "embedding_rank": effective_rank(embeddings)}
    if labels is not None:
        known, classes = vectors[labels >= 0], labels[labels >= 0]
        scores = weighted_knn(known[::2], classes[::2], known[1::2], classes=int(labels.max()) + 1)
        figures["knn_accuracy"] = float((scores.argmax(1) == classes[1::2]).double().mean())
    return figures


def _centred_directions(vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    directions = F.normalize(vectors.double(), dim=1)
    return directions - directions.mean(0)
