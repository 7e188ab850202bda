"""DeeperCluster: equation 4 with a classifier for every super-class, and wrong versions that the check rejects."""

import math
from functools import partial

import pytest
import torch
from descent import build, descend
from oracles import answers as oracle
from torch.nn import functional as F

from selftaught.core import TurnedImages, UserError
from selftaught.methods import DeeperCluster

ITEMS, GROUPS, CLUSTERS, EPOCHS = 40, 3, 2, 2


def make(encoder, kind=DeeperCluster, **options):
    return kind(
        encoder, items=ITEMS, **{"groups": GROUPS, "clusters": CLUSTERS, "epochs_a_clustering": EPOCHS, **options}
    )


def views(count=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    example = TurnedImages.example(count, generator)
    rows = torch.randperm(ITEMS, generator=generator)[:count]
    return TurnedImages(rows, example.images.double(), example.turns)


def vectors(seed):
    return torch.randn(ITEMS, 16, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def told(method, asked):
    """By image and turn, what equation 4 says of it, with a matrix of its own for every super-class."""
    top = method.to_super_class
    lower = method.to_cluster.weight.view(4 * GROUPS, CLUSTERS, -1), method.to_cluster.bias.view(4 * GROUPS, CLUSTERS)
    seen = method.encoder(torch.cat(list(asked.images))).unflatten(0, (-1, 4))
    found = []
    for row, images, turns in zip(asked.index.tolist(), seen, asked.turns.tolist(), strict=True):
        group, cluster = int(method.sorted.group[row]), int(method.sorted.cluster[row])
        for vector, turn in zip(images, turns, strict=True):
            super_class = 4 * group + turn
            coarse = F.linear(vector, top.weight, top.bias).tolist()
            fine = F.linear(vector, lower[0][super_class], lower[1][super_class]).tolist()
            found.append((oracle.surprise(coarse, super_class), oracle.surprise(fine, cluster)))
    return found


def accepts(kind):
    """Whether groups stay, clusters and classifiers change every other epoch, and steps have equation 4's loss."""
    method = build(lambda encoder: make(encoder, kind))
    groups, clusters, weights = None, None, None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for epoch in range(4):
            sampled = method.before_epoch(partial(vectors, epoch))
            weight = method.to_cluster.weight.detach().clone()
            now = method.sorted.group.tolist(), method.sorted.number.tolist(), weight
            if groups is not None and now[0] != groups:
                return False
            if clusters is not None and (now[1] == clusters) != (epoch % EPOCHS == 1):
                return False
            if weights is not None and torch.equal(now[2], weights) != (epoch % EPOCHS == 1):
                return False
            counts = [now[1].count(own) for own in now[1]]
            if sampled is None or (sampled * torch.tensor(counts) - sampled[0] * counts[0]).abs().max() > 1e-9:
                return False
            asked = views(seed=epoch)
            expected = told(method, asked)
            step = method.step(asked)
            pair = step.losses["super_class"].item(), step.losses["own_cluster"].item()
            means = tuple(oracle.mean([each[place] for each in expected]) for place in range(2))
            if max(abs(one - other) for one, other in zip(pair, means, strict=True)) > 1e-10:
                return False
            sums = torch.tensor([sum(each) for each in expected], dtype=torch.float64).view(-1, 4).mean(1)
            if (method.energy(asked) - sums).abs().max() > 1e-6:
                return False
            groups, clusters = now[:2]
            descend(method, step)
            weights = method.to_cluster.weight.detach().clone()
    return True


class OneClassifierForAll(DeeperCluster):
    """The clusters of every super-class told by the first one's classifier."""

    def _scores(self, asked):
        (coarse, super_class), (_, cluster) = super()._scores(asked)
        fine = self.to_cluster(self.encoder(asked.images.flatten(0, 1)))[:, : self.sorted.clusters]
        return [(coarse, super_class), (fine, cluster)]


class TurnsAreNoClasses(DeeperCluster):
    """Clusters and groups of the image however it is turned, as in DeepCluster."""

    def _scores(self, asked):
        (coarse, super_class), (fine, cluster) = super()._scores(asked)
        return [(coarse, super_class // 4 * 4), (fine, cluster)]


class GroupsFoundAnew(DeeperCluster):
    def before_epoch(self, features):
        self.sorted.sort(features(), anew=True)
        return super().before_epoch(features)


class ClustersOfEveryEpoch(DeeperCluster):
    def before_epoch(self, features):
        sampled = super().before_epoch(features)
        self.sorted.sort(features(), anew=False)
        return sampled


class OldClassifiers(DeeperCluster):
    def _renew_classifiers(self):
        if int(self.epochs_begun if hasattr(self, "epochs_begun") else 0) == 0:
            super()._renew_classifiers()


class EveryItemAlike(DeeperCluster):
    def before_epoch(self, features):
        return torch.ones_like(super().before_epoch(features))


def test_it_is_accepted():
    assert accepts(DeeperCluster)


@pytest.mark.parametrize(
    "wrong",
    [OneClassifierForAll, TurnsAreNoClasses, GroupsFoundAnew, ClustersOfEveryEpoch, OldClassifiers, EveryItemAlike],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_an_answer_is_right_where_both_parts_are():
    method, asked = build(make), views()
    group, cluster = method.sorted.of(asked.index)
    with torch.no_grad():
        for classifier in (method.to_super_class, method.to_cluster):
            classifier.weight.zero_()
            classifier.bias.zero_()
        method.to_super_class.bias[4 * int(group[0])] = 1.0
        method.to_cluster.bias.view(-1, CLUSTERS)[:, int(cluster[0])] = 1.0
    both = (group == group[0]) & (cluster == cluster[0])
    assert method.step(asked).metrics["accuracy"].item() == pytest.approx(both.double().mean().item() / 4)


def test_chance_is_what_a_guess_gets():
    method, asked = build(make), views()
    for classifier in (method.to_super_class, method.to_cluster):
        torch.nn.init.zeros_(classifier.weight)
    losses = method.step(asked).losses
    assert losses["super_class"].item() == pytest.approx(method.chance(asked)["super_class"]) == math.log(4 * GROUPS)
    assert losses["own_cluster"].item() == pytest.approx(method.chance(asked)["own_cluster"]) == math.log(CLUSTERS)
    assert method.chance(asked)["accuracy"] == pytest.approx(7 / ITEMS / 4)  # 40 items dealt out over 6 clusters


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"epochs_a_clustering": 0}, "epochs_a_clustering: expected at least 1, got 0"),
        ({"groups": 0}, "got 0 groups of 2 clusters"),
        ({"clusters": 20}, "at most 40 in all, got 3 groups of 20 clusters"),
    ],
)
def test_wrong_numbers_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        build(lambda encoder: make(encoder, **options))


def test_an_item_that_was_never_sorted_is_refused():
    asked = TurnedImages(torch.tensor([ITEMS]), views(1).images, views(1).turns)
    for ask in (build(make).step, build(make).energy):
        with pytest.raises(UserError, match="expected views of the 40 items that were sorted, got row 40"):
            ask(asked)
