"""The figures that are taken of an encoder while it trains."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.evaluation.neighbours import weighted_knn
from selftaught.evaluation.without_labels import label_free

__all__ = ["effective_rank", "spread_of_directions", "take_figures"]

_OF_VECTORS = ("rankme", "spread", "dead_features", "alpha_req", "uniformity", "flat")


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


def take_figures(
    vectors: Float[Tensor, "n d"],
    embeddings: Float[Tensor, "n e"] | None = None,
    labels: Int[Tensor, " n"] | None = None,
) -> dict[str, float]:
    """Every figure of some vectors; of vectors with inf or nan every figure is nan.

    `find_symptom` reads spread, dead features and those of embeddings; what else is here is logged and shown, and may
    choose the best encoder. What cannot be said, as alpha-ReQ of fewer than 6 directions, is left out.

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
        ['dead_features', 'embedding_rank', 'embedding_spread', 'flat', 'rankme', 'spread', 'uniformity']
    """
    names = [*_OF_VECTORS]
    names += [] if embeddings is None else ["embedding_spread", "embedding_rank"]
    names += [] if labels is None else ["knn_accuracy"]
    seen = [vectors] if embeddings is None else [vectors, embeddings]
    if not all(bool(each.isfinite().all()) for each in seen):
        return dict.fromkeys(names, math.nan)
    free = label_free(vectors)
    taken = {"rankme": free.rankme, "spread": spread_of_directions(vectors), "dead_features": free.dead}
    unsure = {"alpha_req": free.alpha_req, "uniformity": free.uniformity, "flat": free.flat}
    figures = taken | {name: value for name, value in unsure.items() if value is not None}
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
