"""What can be said of vectors without labels: how many directions they use, and whether they collapsed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.evaluation.rotation import moments
from selftaught.evaluation.spectra import alpha_req, rankme, variances
from selftaught.evaluation.sphere import uniformity

__all__ = ["MOST_ITEMS", "LabelFree", "label_free"]

MOST_ITEMS = 25_600  # as in the paper of RankMe; more change the figure little
_COLLAPSED, _DEAD, _FLAT = 1e-3, 1e-6, 1e-5
_FEW_DIRECTIONS = 0.9  # share of flat ones


@dataclass(frozen=True)
class LabelFree:
    """Figures that need no labels. What healthy values are stands with each function.

    Args:
        rankme: how many directions the vectors use, from 1 to the width; see `rankme`.
        width: how many features there are.
        dead: share of the features that do not vary. Healthy: 0, or no more than at the encoder's start.
        collapsed: whether all vectors are one, or nearly so (complete collapse).
        flat: share of the principal directions whose variance is below a hundred-thousandth of the largest; None where
            it was not measured. Healthy: no more than at the encoder's start.
        alpha_req: how fast the variance falls; see `alpha_req`.
        uniformity: how evenly directions are spread; see `uniformity`.
        silhouettes: by number of clusters, how well apart k-means finds them; see `silhouettes`.
        alignment: how far apart views of one item are; see `alignment`. Needs views.
        lidar: how many directions tell items apart in spite of the views; see `lidar`. Needs views.

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
    flat: float | None = None
    alpha_req: float | None = None
    uniformity: float | None = None
    silhouettes: Mapping[int, float] = field(default_factory=dict[int, float])
    alignment: float | None = None
    lidar: float | None = None

    @property
    def few_directions(self) -> bool:
        """Whether dimensions collapsed while the vectors still differ: nine directions in ten or more are flat."""
        return not self.collapsed and self.flat is not None and self.flat >= _FEW_DIRECTIONS

    def as_json(self) -> dict[str, Any]:
        """The figures by name; null where one was not measured or cannot be said."""
        found = asdict(self)
        found["silhouettes"] = {str(clusters): score for clusters, score in self.silhouettes.items()}
        return found | {"few_directions": self.few_directions}


def label_free(vectors: Float[Tensor, "n d"], *, seed: int = 0) -> LabelFree:
    """Every figure that needs neither labels nor views nor clusters, on at most 25,600 of the vectors.

    A feature is dead if its standard deviation is below a millionth of the vectors' root mean square. The vectors
    have collapsed to one (complete collapse) if they stray from their mean by less than a thousandth of their length.
    A principal direction is flat if its variance is below a hundred-thousandth of the largest; if nine in ten are, the
    dimensions have collapsed, which a loss can hide as the vectors still differ.

    Args:
        vectors: one a row.
        seed: picks the vectors where there are too many.

    Source:
        Jing et al. 2021, https://arxiv.org/abs/2110.09348, for the two kinds of collapse and the spectrum that shows
        the second; the thresholds are ours.

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
    return LabelFree(
        rankme(vectors),
        vectors.shape[1],
        float(dead),
        bool(collapsed),
        flat=_flat(vectors),
        alpha_req=None if bool(collapsed) else alpha_req(vectors),
        uniformity=uniformity(vectors, seed=seed) if len(vectors) > 1 else None,
    )


def _flat(vectors: Float[Tensor, "n d"]) -> float:
    """Of the directions that so many vectors can vary in."""
    values = variances(vectors)[: len(vectors) - 1]
    return float((values <= _FLAT * values[:1]).double().mean()) if len(values) else 1.0
