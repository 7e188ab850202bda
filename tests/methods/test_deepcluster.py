"""DeepCluster: whitened vectors, a new classifier, clusters drawn alike, and wrong versions that the check rejects."""

import math

import pytest
import torch
from descent import build, descend
from oracles import clustering as oracle
from sklearn.metrics import adjusted_rand_score
from torch.nn import functional as F

from selftaught.core import AssignedView, UserError, process_rank
from selftaught.methods import DeepCluster
from selftaught.objectives import uniform_over_clusters
from selftaught.parts import kmeans
from selftaught.testing import in_processes

SIZES = (25, 20, 15, 12, 10, 8)
ITEMS, GROUPS = sum(SIZES), len(SIZES)


def make(encoder, kind=DeepCluster, **options):
    return kind(encoder, items=ITEMS, **{"clusters": GROUPS, "pca_width": GROUPS, **options})


def views(count=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    example = AssignedView.example(count, generator)
    rows = torch.randint(ITEMS, (count,), generator=generator)
    return AssignedView(rows, example.view.double())


def groups(seed=0):
    """Groups of different sizes, each with a direction of its own, and a direction of chance that varies far more."""
    generator = torch.Generator().manual_seed(seed)
    truth = torch.arange(GROUPS).repeat_interleave(torch.tensor(SIZES))[torch.randperm(ITEMS, generator=generator)]
    rows = 0.01 * torch.randn(ITEMS, 16, generator=generator, dtype=torch.float64)
    rows[torch.arange(ITEMS), truth] += 1
    rows[:, GROUPS] = 100 * torch.rand(ITEMS, generator=generator, dtype=torch.float64)
    return rows + 5, truth


def agreement(method):
    """How far the groups are found, 0 for chance and 1 for all; mean over the starts of k-means."""
    rows, truth = groups()
    scores = []
    for seed in range(6):
        torch.manual_seed(seed)
        method.before_epoch(lambda: rows)
        scores.append(adjusted_rand_score(truth.tolist(), method.assignments.tolist()))
    return sum(scores) / len(scores)


def accepts(kind):
    """Whether groups that only whitening shows are found, drawn alike, and told by a new classifier's loss."""
    method = build(lambda encoder: make(encoder, kind))
    with torch.random.fork_rng(devices=[]):
        if agreement(method) < 0.4:  # some starts of k-means are bad
            return False
        for turn in range(2):
            torch.manual_seed(turn)
            before = method.classifier.weight.detach().clone()
            rows = groups(turn)[0]
            weights = method.before_epoch(rows.clone)
            weight, bias = method.classifier.weight.detach(), method.classifier.bias.detach()
            if torch.isclose(weight, before).float().mean() > 0.1 or bias.any() or not 0.005 < weight.std() < 0.02:
                return False
            clusters = method.assignments.tolist()
            if weights is None or len(set(clusters)) != GROUPS:
                return False
            expected = torch.tensor(oracle.sampling_weights(clusters))
            if not torch.allclose(weights / weights.sum(), expected / expected.sum()):
                return False
            asked = views(seed=turn)
            scores = method.classifier(method.encoder(asked.view)).tolist()
            own = [clusters[row] for row in asked.index.tolist()]
            told = [oracle.surprise(row, cluster) for row, cluster in zip(scores, own, strict=True)]
            step = method.step(asked)
            energy = method.energy(asked).tolist()
            if abs(step.loss.item() - sum(told) / len(told)) > 1e-10 or energy != pytest.approx(told, abs=1e-10):
                return False
            descend(method, step)
    return True


class RawFeatures(DeepCluster):
    def before_epoch(self, features):
        self._renew_classifier()
        self.assignments.copy_(kmeans(self._points(features()), self.clusters).assignments)
        return uniform_over_clusters(self.assignments)

    def _points(self, rows):
        return rows


class NormalisedButNotWhitened(RawFeatures):
    def _points(self, rows):
        return F.normalize(rows - rows.mean(0), dim=1)


class UnbalancedSampling(DeepCluster):
    def before_epoch(self, features):
        super().before_epoch(features)


class EveryItemAlike(DeepCluster):
    def before_epoch(self, features):
        return torch.ones_like(super().before_epoch(features))


class OldClassifierReused(DeepCluster):
    def before_epoch(self, features):
        kept = [weight.detach().clone() for weight in self.classifier.parameters()]
        weights = super().before_epoch(features)
        for weight, old in zip(self.classifier.parameters(), kept, strict=True):
            weight.data.copy_(old)
        return weights


class OldBiasReused(DeepCluster):
    def before_epoch(self, features):
        kept = self.classifier.bias.detach().clone()
        weights = super().before_epoch(features)
        self.classifier.bias.data.copy_(kept)
        return weights


class OldClustersReused(DeepCluster):
    def before_epoch(self, features):
        kept = self.assignments.clone()
        super().before_epoch(features)
        self.assignments.copy_(kept)
        return uniform_over_clusters(self.assignments)


class ClustersByPlaceInTheBatch(DeepCluster):
    def _scores(self, asked):
        return self.classifier(self.encoder(asked.view)), self.assignments[: len(asked)]


def test_it_is_accepted():
    assert accepts(DeepCluster)


@pytest.mark.parametrize(
    "wrong",
    [
        RawFeatures,
        NormalisedButNotWhitened,
        UnbalancedSampling,
        EveryItemAlike,
        OldClassifierReused,
        OldBiasReused,
        OldClustersReused,
        ClustersByPlaceInTheBatch,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_before_the_first_clustering_items_are_dealt_out():
    method = build(make)
    assert method.assignments.tolist() == [row % GROUPS for row in range(ITEMS)]
    step = method.step(views())
    assert step.loss.item() == pytest.approx(math.log(GROUPS), abs=0.1)
    assert 0 <= step.metrics["accuracy"].item() <= 1


def test_the_vectors_are_asked_for_once():
    asked = []
    method = build(make)
    method.before_epoch(lambda: asked.append(1) or groups()[0])
    assert asked == [1]


@pytest.mark.parametrize(("items", "clusters"), [(100, 2), (60_000, 468), (1_281_167, 10_000)])
def test_the_number_of_clusters_follows_the_data(items, clusters):
    with torch.device("meta"):
        from selftaught.testing import ExampleEncoder

        method = DeepCluster(ExampleEncoder(), items=items)
    assert method.clusters == method.classifier.out_features == clusters
    assert method.assignments.shape == (items,)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"clusters": 1}, "clusters: expected between 2 and as many as there are items, 90, got 1"),
        ({"clusters": 91}, "got 91"),
        ({"pca_width": 0}, "expected pca_width, kmeans_iterations above 0, got 0 and 20"),
        ({"kmeans_iterations": 0}, "got 6 and 0"),
    ],
)
def test_wrong_numbers_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        build(lambda encoder: make(encoder, **options))


def test_an_item_that_was_never_sorted_is_refused():
    asked = AssignedView(torch.tensor([ITEMS]), views(1).view)
    for ask in (build(make).step, build(make).energy):
        with pytest.raises(UserError, match="expected views of the 90 items that were sorted, got row 90"):
            ask(asked)


def test_collapsed_vectors_still_give_clusters():
    method = build(make)
    weights = method.before_epoch(lambda: torch.ones(ITEMS, 16, dtype=torch.float64))
    assert method.assignments.unique().tolist() == list(range(GROUPS))
    assert weights.isfinite().all()


def _before_epoch(rows_differ):
    torch.manual_seed(3)  # as the driver does in every process
    method = build(make)
    rows = groups()[0] + rows_differ * process_rank()
    torch.manual_seed(3)
    weights = method.before_epoch(lambda: rows)
    return method.assignments, weights, method.classifier.weight.detach()


def test_processes_hold_the_same_clusters_and_classifier_even_if_their_vectors_differ():
    chance = 1e3 * torch.randn(ITEMS, 16, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    one, other = in_processes(_before_epoch, chance)
    for mine, theirs in zip(one, other, strict=True):
        assert torch.equal(mine, theirs)
    for mine, alone in zip(one, _before_epoch(chance), strict=True):
        assert torch.equal(mine, alone)
