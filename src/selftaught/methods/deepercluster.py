"""DeeperCluster: tell how an image is turned and in which group it is, and then its cluster inside that group.

Paper    Caron et al. 2019, https://arxiv.org/abs/1905.01278
Needs    images with an upright; many of them a cluster; the vectors of the whole data set before every third epoch
Differs  all four turns of an image are in a batch, as in rotation's paper; the clustered vectors are the encoder's own;
         all groups are learned by one process, where each of the paper's processes had one
"""

import math
from collections.abc import Callable, Mapping
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import Encoder, Method, Step, TurnedImages, UserError
from selftaught.objectives import answer_surprise, uniform_over_clusters
from selftaught.parts import GroupedClusters
from selftaught.views import QuarterTurns

__all__ = ["DeeperCluster"]

_TURNS, _CLASSIFIER_DEVIATION = 4, 0.01
_LOSSES = ("super_class", "own_cluster")


@final
class DeeperCluster(Method[TurnedImages]):
    """An encoder, groups of items and clusters inside them, and two linear classifiers that are new with the clusters.

    A super-class is a turn and a group, told by one classifier; every super-class has a second one of its own for the
    clusters of its group. Groups are found once, clusters every few epochs, and all clusters are drawn equally often.

    Args:
        encoder: what is kept after training.
        items: how many there are in the data set.
        groups: how many; the paper's 16 make 64 super-classes.
        clusters: how many in every group; if none is given, one for 128 items, at least 2.
        pca_width: to how many components the vectors are reduced at most.
        epochs_a_clustering: for how many epochs clusters and classifiers stay.

    Raises:
        UserError: a value out of its range, or a view of an item that is not in the data set.

    Example:
        >>> import torch
        >>> from selftaught.core import TurnedImages
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import DeeperCluster
        >>> method = DeeperCluster(SmallResNet(image_size=16), items=8, groups=2, clusters=2)
        >>> sorted(method.step(TurnedImages.example(8, torch.Generator())).losses), method.to_super_class.out_features
        (['own_cluster', 'super_class'], 8)
    """

    views_type = TurnedImages
    view_maker = QuarterTurns
    default_encoder = "small_resnet"
    kinds = ("images",)
    epochs_begun: Int[Tensor, ""]

    def __init__(
        self,
        encoder: Encoder,
        *,
        items: int,
        groups: int = 16,
        clusters: int | None = None,
        pca_width: int = 256,
        epochs_a_clustering: int = 3,
    ) -> None:
        super().__init__()
        if epochs_a_clustering < 1:
            raise UserError(f"epochs_a_clustering: expected at least 1, got {epochs_a_clustering}")
        self.encoder, self.epochs_a_clustering = encoder, epochs_a_clustering
        self.sorted = GroupedClusters(items, groups=groups, clusters=clusters, pca_width=pca_width)
        self.to_super_class = nn.Linear(encoder.width, _TURNS * groups)
        self.to_cluster = nn.Linear(encoder.width, _TURNS * groups * self.sorted.clusters)
        self._renew_classifiers()
        self.register_buffer("epochs_begun", torch.zeros((), dtype=torch.long))

    def step(self, views: TurnedImages) -> Step:
        """Tell super-class and cluster of all four copies of every image, in one batch (equation 4)."""
        both = self._scores(views)
        right = torch.stack([scores.argmax(1) == own for scores, own in both]).all(0)
        losses = {name: answer_surprise(*each).mean() for name, each in zip(_LOSSES, both, strict=True)}
        return Step(losses, metrics={"accuracy": right.double().mean(), "clusters_in_use": self.sorted.in_use()})

    def chance(self, views: TurnedImages) -> Mapping[str, float]:
        """A guess names one turn and the largest cluster of all; as losses: all super-classes, all clusters alike."""
        largest = int(self.sorted.number.bincount().max()) / len(self.sorted.number)
        alike = math.log(self.to_super_class.out_features), math.log(self.sorted.clusters)
        return {"accuracy": largest / _TURNS, **dict(zip(_LOSSES, alike, strict=True))}

    def energy(self, views: TurnedImages) -> Float[Tensor, " n"]:
        """Minus the log-probability of an image's super-class and cluster, the mean over its four copies."""
        both = [answer_surprise(scores, own) for scores, own in self._scores(views)]
        return torch.stack(both).sum(0).unflatten(0, (-1, _TURNS)).mean(1)

    @torch.no_grad()
    def before_epoch(self, features: Callable[[], Float[Tensor, "items width"]]) -> Float[Tensor, " items"]:
        """Find the groups once and their clusters every few epochs, with new classifiers; draw all clusters alike."""
        if int(self.epochs_begun) % self.epochs_a_clustering == 0:
            self._renew_classifiers()
            self.sorted.sort(features(), anew=int(self.epochs_begun) == 0)
        self.epochs_begun.add_(1)
        return uniform_over_clusters(self.sorted.number)

    @torch.no_grad()
    def _renew_classifiers(self) -> None:
        for classifier in (self.to_super_class, self.to_cluster):
            nn.init.normal_(classifier.weight, std=_CLASSIFIER_DEVIATION)
            nn.init.zeros_(classifier.bias)

    def _scores(self, views: TurnedImages) -> list[tuple[Float[Tensor, "four_n _"], Int[Tensor, " four_n"]]]:
        vectors = self.encoder(views.images.flatten(0, 1))
        group, cluster = (places[:, None].expand(-1, _TURNS).flatten() for places in self.sorted.of(views.index))
        super_class = group * _TURNS + views.turns.flatten()
        each = self.to_cluster(vectors).unflatten(1, (-1, self.sorted.clusters))  # (four_n, super-classes, clusters)
        return [(self.to_super_class(vectors), super_class), (each[torch.arange(len(each)), super_class], cluster)]
