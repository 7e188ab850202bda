"""DeepCluster: sort all items by what the encoder sees, and learn to tell where each was put.

Paper    Caron et al. 2018, https://arxiv.org/abs/1807.05520
Needs    many items a cluster; the vectors of the whole data set before every epoch
Differs  the clustered vectors are the encoder's own, not those of two more layers on top; whitening leaves out
         directions of hardly any variance; Sobel is an option of views; the optimiser's state outlives classifiers
"""

import math
from collections.abc import Callable, Mapping
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import AssignedView, Encoder, Method, Step, UserError, from_first
from selftaught.objectives import cluster_surprise, share_in_use, uniform_over_clusters
from selftaught.parts import kmeans, whitened
from selftaught.views import AssignedCrops

__all__ = ["DeepCluster"]

_ITEMS_A_CLUSTER, _MOST_CLUSTERS = 128, 10_000  # 10,000 clusters of the 1.28 million images of ImageNet
_CLASSIFIER_DEVIATION = 0.01


@final
class DeepCluster(Method[AssignedView]):
    """An encoder, the cluster of every item, and a linear classifier that is new in every epoch.

    Before every epoch the vectors of all items are reduced, whitened, scaled to unit length and sorted by k-means,
    and all clusters are then drawn equally often. Until then item i is in cluster i modulo their number. Energies are
    of items of the data set, by row.

    Args:
        encoder: what is kept after training.
        items: how many there are in the data set.
        clusters: how many; if none is given, one for 128 items, as in the paper, from 2 to 10,000.
        pca_width: to how many components the vectors are reduced at most.
        kmeans_iterations: how often the centres move before every epoch.

    Raises:
        UserError: a value out of its range, or a view of an item that is not in the data set.

    Example:
        >>> import torch
        >>> from selftaught.core import AssignedView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import DeepCluster
        >>> method = DeepCluster(SmallResNet(image_size=16), items=8, clusters=2, pca_width=4)
        >>> views = AssignedView.example(8, torch.Generator())
        >>> weights = method.before_epoch(lambda: method.encoder(views.view).detach())
        >>> round(weights[method.assignments == 0].sum().item(), 4), sorted(method.step(views).losses)
        (1.0, ['own_cluster'])
    """

    views_type = AssignedView
    view_maker = AssignedCrops
    default_encoder = "small_resnet"
    kinds = ("images",)
    assignments: Int[Tensor, " items"]

    def __init__(
        self,
        encoder: Encoder,
        *,
        items: int,
        clusters: int | None = None,
        pca_width: int = 256,
        kmeans_iterations: int = 20,
    ) -> None:
        super().__init__()
        wanted = min(max(items // _ITEMS_A_CLUSTER, 2), _MOST_CLUSTERS) if clusters is None else clusters
        if not 2 <= wanted <= items:
            raise UserError(f"clusters: expected between 2 and as many as there are items, {items}, got {wanted}")
        if pca_width < 1 or kmeans_iterations < 1:
            raise UserError(f"expected pca_width, kmeans_iterations above 0, got {pca_width} and {kmeans_iterations}")
        self.encoder = encoder
        self.clusters, self.pca_width, self.kmeans_iterations = wanted, pca_width, kmeans_iterations
        self.classifier = nn.Linear(encoder.width, wanted)
        self._renew_classifier()
        self.register_buffer("assignments", torch.arange(items) % wanted)

    def step(self, views: AssignedView) -> Step:
        """Tell the cluster of every item from one view of it."""
        scores, own = self._scores(views)
        in_use = share_in_use(self.assignments.bincount(minlength=self.clusters).double())
        shown = {"accuracy": (scores.detach().argmax(1) == own).double().mean(), "clusters_in_use": in_use}
        return Step(losses={"own_cluster": cluster_surprise(scores, own).mean()}, metrics=shown)

    def chance(self, views: AssignedView) -> Mapping[str, float]:
        """A guess names the largest cluster for all items of the data set; as a loss: all clusters alike."""
        largest = int(self.assignments.bincount().max())
        return {"accuracy": largest / len(self.assignments), "own_cluster": math.log(self.clusters)}

    def energy(self, views: AssignedView) -> Float[Tensor, " n"]:
        """Minus the log-probability of each item's own cluster."""
        return cluster_surprise(*self._scores(views))

    @torch.no_grad()
    def before_epoch(self, features: Callable[[], Float[Tensor, "items width"]]) -> Float[Tensor, " items"]:
        """Sort all items anew, forget the classifier, and ask for every cluster equally often."""
        self._renew_classifier()  # first: how many numbers k-means draws depends on the vectors
        points = whitened(features(), self.pca_width)
        found = kmeans(points, self.clusters, iterations=self.kmeans_iterations).assignments.to(self.assignments.device)
        # All processes take the first one's clusters, should their vectors differ in a last bit.
        self.assignments.copy_(from_first(found))
        return uniform_over_clusters(self.assignments)

    @torch.no_grad()
    def _renew_classifier(self) -> None:
        nn.init.normal_(self.classifier.weight, std=_CLASSIFIER_DEVIATION)
        nn.init.zeros_(self.classifier.bias)

    def _scores(self, views: AssignedView) -> tuple[Float[Tensor, "n k"], Int[Tensor, " n"]]:
        known = len(self.assignments)
        if len(views) and int(views.index.max()) >= known:
            raise UserError(f"expected views of the {known} items that were sorted, got row {int(views.index.max())}")
        return self.classifier(self.encoder(views.view)), self.assignments[views.index]
