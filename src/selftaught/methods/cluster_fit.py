"""ClusterFit: sort all items once by what a trained encoder sees, and teach a new encoder to tell where each was put.

Paper    Yan et al. 2019, https://arxiv.org/abs/1912.03330
Needs    another run, whose encoder it looks through once, before the first epoch: --features-of
Differs  nothing in the method; the default optimiser is AdamW
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from selftaught.core import AssignedView, Encoder, Method, Preparation, Step, UserError
from selftaught.encoders import load_encoder
from selftaught.objectives import cluster_surprise
from selftaught.parts import Clusterings
from selftaught.views import AssignedCrops

__all__ = ["ClusterFit"]

_ITEMS_A_CLUSTER = 80  # 16,000 clusters of the 1.28 million images of ImageNet


@final
class ClusterFit(Method[AssignedView]):
    """A new encoder, a linear classifier, and the cluster of every item by the vectors of another encoder.

    The other encoder is neither trained nor kept. What it overfitted to its own task is lost in the clusters. The
    energy is about items of the data set, by their row in it: others were never sorted.

    Args:
        encoder: what is trained, from its own start, and kept.
        items: how many there are in the data set.
        features_of: the run, or the folder that holds an encoder, by whose vectors items are sorted.
        clusters: how many; if none is given, one for 80 items, as in the paper, at least 2.
        kmeans_iterations: how often the centres move.

    Raises:
        UserError: a value out of its range, or a view of an item that is not in the data set; before the first epoch,
            if there is no such run.

    Example:
        >>> import torch
        >>> from selftaught.core import AssignedView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import ClusterFit
        >>> method = ClusterFit(SmallResNet(image_size=16), items=8, clusters=2, features_of="runs/rotation")
        >>> method.before_epoch(lambda: torch.arange(8.0)[:, None])  # what that run's encoder says of all items
        >>> method.step(AssignedView.example(8, torch.Generator())).losses.keys()
        dict_keys(['own_cluster'])
    """

    views_type = AssignedView
    view_maker = AssignedCrops
    default_encoder = "small_resnet"
    kinds = ("images",)
    found: Bool[Tensor, ""]

    def __init__(
        self,
        encoder: Encoder,
        *,
        items: int,
        features_of: str | None = None,
        clusters: int | None = None,
        kmeans_iterations: int = 20,
    ) -> None:
        super().__init__()
        wanted = max(items // _ITEMS_A_CLUSTER, 2) if clusters is None else clusters
        self.encoder, self.features_of = encoder, features_of
        self.clusterings = Clusterings(items, clusters=wanted, iterations=kmeans_iterations)
        self.classifier = nn.Linear(encoder.width, wanted)
        self.register_buffer("found", torch.tensor(data=False))

    def looks_through(self) -> tuple[Encoder, Preparation]:
        """The other run's encoder, and what it was trained to see."""
        if self.features_of is None:
            raise UserError("cluster_fit sorts by the vectors of a trained encoder: expected --features-of RUN")
        inside = Path(self.features_of) / "encoder"
        other = load_encoder(inside if inside.is_dir() else Path(self.features_of))
        return other.encoder, other.preprocessing

    def before_epoch(self, features: Callable[[], Float[Tensor, "items width"]]) -> None:
        """Sort all items, once."""
        if not bool(self.found):
            self.clusterings.sort(features())
            self.found.fill_(value=True)

    def step(self, views: AssignedView) -> Step:
        """Tell the cluster of every item from one view of it."""
        scores, own = self._scores(views)
        right = (scores.detach().argmax(1) == own).double().mean()
        return Step(losses={"own_cluster": cluster_surprise(scores, own).mean()}, metrics={"accuracy": right})

    def chance(self, views: AssignedView) -> Mapping[str, float]:
        """A guess names the largest cluster for all items of the data set; as a loss: all clusters alike."""
        sizes = self.clusterings.assignments[0].bincount()
        return {"accuracy": int(sizes.max()) / int(sizes.sum()), "own_cluster": math.log(self.clusterings.clusters)}

    def energy(self, views: AssignedView) -> Float[Tensor, " n"]:
        """Minus the log-probability of each item's own cluster."""
        return cluster_surprise(*self._scores(views))

    def _scores(self, views: AssignedView) -> tuple[Float[Tensor, "n k"], Int[Tensor, " n"]]:
        own = self.clusterings.of(views.index)[0]
        return self.classifier(self.encoder(views.view)), own
