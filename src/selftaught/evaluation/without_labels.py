"""What can be said of vectors without labels: how many directions they use, and whether they collapsed."""

import math
from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.evaluation.rotation import moments

__all__ = ["MOST_ITEMS", "LabelFree", "label_free", "rankme"]

MOST_ITEMS = 25_600  # as in the paper; more change the figure little
_COLLAPSED, _DEAD = 1e-3, 1e-6


@dataclass(frozen=True)
class LabelFree:
    """Figures that need no labels.

    Args:
        rankme: how many directions the vectors use, from 1 to the width; see `rankme`.
        width: how many features there are.
        dead: share of the features that do not vary.
        collapsed: whether all vectors are one, or nearly so.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import label_free
        >>> label_free(torch.ones(10, 4)).collapsed
        True
    """

    rankme: float
    width: int
    dead: float
    collapsed: bool

    def as_json(self) -> dict[str, float | int | bool]:
        """The figures by name."""
        return asdict(self)


def rankme(vectors: Float[Tensor, "n d"]) -> float:
    """The smooth rank of a matrix of vectors: the exponential of the entropy of its singular values.

        RankMe(Z) = exp(-sum_k p_k log p_k),   p_k = sigma_k(Z) / |sigma(Z)|_1 + 1e-7

    Args:
        vectors: one a row, in any units; not centred, as in the paper.

    Returns:
        1 if all vectors lie on one line, `d` if all directions are used alike; 0 if all are zero.

    Source:
        Garrido et al. 2023, https://arxiv.org/abs/2210.02885, eq. 1. The paper takes it of the embeddings that the loss
        compares; here it is taken of the features that are kept.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import rankme
        >>> round(rankme(torch.eye(5)), 3)
        5.0
    """
    values = torch.linalg.svdvals(torch.linalg.qr(vectors.double(), mode="r").R)
    total = float(values.sum())
    if total == 0:
        return 0.0
    return math.exp(-sum(p * math.log(p) for p in (values / total + 1e-7).tolist()))


def label_free(vectors: Float[Tensor, "n d"], *, seed: int = 0) -> LabelFree:
    """Every figure that needs no labels, on at most 25,600 of the vectors.

    A feature is dead if its standard deviation is below a millionth of the vectors' root mean square; the vectors
    have collapsed if they stray from their mean by less than a thousandth of their length.

    Args:
        vectors: one a row.
        seed: picks the vectors where there are too many.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import label_free
        >>> label_free(torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 2.0]])).dead == 1 / 3
        True
    """
    if len(vectors) > MOST_ITEMS:
        generator = torch.Generator().manual_seed(seed)
        vectors = vectors[torch.randperm(len(vectors), generator=generator)[:MOST_ITEMS].to(vectors.device)]
    mean, deviation = moments(vectors)
    square = deviation.square().sum() + mean.square().sum()
    root = (square / vectors.shape[1]).sqrt()
    dead = (deviation <= _DEAD * root).double().mean()
    collapsed = deviation.square().sum().sqrt() <= _COLLAPSED * square.sqrt()
    return LabelFree(rankme(vectors), vectors.shape[1], float(dead), bool(collapsed))
