"""Local Aggregation against the paper's loss with a bank in plain lists, and wrong versions that the check rejects."""

import math

import pytest
import torch
from descent import build, descend
from oracles import neighbourhood as oracle
from oracles import noise_contrastive as banks
from torch.nn import functional as F

from selftaught.core import BankedView, Step, UserError, process_rank
from selftaught.methods import LocalAggregation
from selftaught.objectives import cluster_surprise, local_aggregation, nearest_rows
from selftaught.testing import in_processes

ITEMS, NEAR, TEMPERATURE, MOMENTUM = 24, 10, 0.2, 0.5
NONE_DRAWN = torch.zeros(6, 0, dtype=torch.long)


def make(encoder, kind=LocalAggregation, **options):
    numbers = {"embedding_width": 4, "background": NEAR, "clusterings": 3, "clusters": 4, "instance_epochs": 1}
    return kind(encoder, items=ITEMS, **{**numbers, "temperature": TEMPERATURE, "bank_momentum": MOMENTUM, **options})


def views(count=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    example = BankedView.example(count, generator)
    return BankedView(torch.randperm(ITEMS, generator=generator)[:count], example.view.double(), NONE_DRAWN[:count])


def no_features():
    raise AssertionError("the bank is sorted, not what the encoder says of all images")


def accepts(kind):
    """Whether epochs begin with the paper's neighbours, and steps have its loss, with the bank of the steps before."""
    method = build(lambda encoder: make(encoder, kind))
    method.bank.rows.copy_(F.normalize(method.bank.rows, dim=1))  # of unit length in float64, too
    bank = method.bank.rows.tolist()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for epoch in range(3):
            if method.before_epoch(no_features) is not None:
                return False
            assigned = method.clusterings.assignments.tolist()
            if len({tuple(one) for one in assigned}) != (1 if epoch == 0 else 3):
                return False
            for turn in range(2):
                asked = views(seed=2 * epoch + turn)
                own = asked.index.tolist()
                embeddings = method.projector(method.encoder(asked.view)).tolist()
                told = [
                    oracle.local_aggregation(z, bank, row, *neighbours(assigned, epoch), TEMPERATURE)
                    for z, row in zip(embeddings, own, strict=True)
                ]
                step = method.step(asked)
                if abs(step.loss.item() - sum(told) / len(told)) > 1e-10:
                    return False
                descend(method, step)
                method.after_step(step, progress=epoch / 3)
                bank = banks.moved(bank, own, embeddings, MOMENTUM)
    return True


def neighbours(assigned, epoch):
    """Clusterings and how many rows are near: in the first epoch each item is alone among all."""
    return ([list(range(ITEMS))], ITEMS) if epoch == 0 else (assigned, NEAR)


class Wrong(LocalAggregation):
    """The loss in pieces, each of which a wrong version changes."""

    def step(self, asked):
        step = super().step(asked)
        if int(self.epochs_begun) <= self.instance_epochs:
            return step
        found = self.projector(self.encoder(asked.view))
        return Step({"local_aggregation": self.of(found, asked.index).mean()}, step.remember)

    def of(self, found, index):
        scores = F.normalize(found, dim=1) @ self.bank.rows.T / self.temperature
        near = torch.zeros_like(scores, dtype=torch.bool)
        near = near.scatter(1, nearest_rows(found, self.bank.rows, index, count=self.background), value=True)
        near, close = self.sets(near, self.close(index))
        return lse(scores, near) - lse(scores, close)

    def close(self, index):
        return torch.stack([one == one[index][:, None] for one in self.clusterings.assignments]).any(0)

    def sets(self, near, close):
        return near, close & near


def lse(scores, kept):
    return scores.masked_fill(~kept, float("-inf")).logsumexp(1)


class OneClusteringAsClasses(Wrong):
    def of(self, found, index):
        clusters = self.clusterings.assignments[0]
        centres = torch.stack([self.bank.rows[clusters == cluster].mean(0) for cluster in range(4)])
        return cluster_surprise(F.normalize(found, dim=1) @ centres.T / self.temperature, clusters[index])


class OneClusteringOnly(Wrong):
    def close(self, index):
        one = self.clusterings.assignments[0]
        return one == one[index][:, None]


class CloseInAllClusterings(Wrong):
    def close(self, index):
        return torch.stack([one == one[index][:, None] for one in self.clusterings.assignments]).all(0)


class CloseNeighboursFarAway(Wrong):
    def sets(self, near, close):
        return near | close, close


class BackgroundOfAll(Wrong):
    def sets(self, near, close):
        return torch.ones_like(near), close


class OnlyItself(Wrong):
    def close(self, index):
        return torch.nn.functional.one_hot(index, ITEMS).bool()


class ClustersNeverFound(LocalAggregation):
    def before_epoch(self, features):
        self.epochs_begun.add_(1)


class BankNeverMoved(LocalAggregation):
    def after_step(self, step, progress):
        pass


class NoInstanceEpochs(LocalAggregation):
    def before_epoch(self, features):
        self.epochs_begun.add_(1)
        super().before_epoch(features)


def test_it_is_accepted():
    assert accepts(LocalAggregation)
    assert accepts(Wrong)  # whose pieces are right until one is changed


@pytest.mark.parametrize(
    "wrong",
    [
        OneClusteringAsClasses,
        OneClusteringOnly,
        CloseInAllClusterings,
        CloseNeighboursFarAway,
        BackgroundOfAll,
        OnlyItself,
        ClustersNeverFound,
        BankNeverMoved,
        NoInstanceEpochs,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_gradient_is_that_of_the_value():
    generator = torch.Generator().manual_seed(0)
    table = F.normalize(torch.randn(9, 3, generator=generator, dtype=torch.float64), dim=1)
    clusterings, own = torch.randint(3, (2, 9), generator=generator), torch.tensor([4, 0])
    embeddings = torch.randn(2, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda found: local_aggregation(found, own, table, clusterings, background=6, temperature=0.5), (embeddings,)
    )


def test_nearest_rows_of_a_large_table_come_in_pieces(monkeypatch):
    monkeypatch.setattr("selftaught.objectives.neighbourhood._SCORES_AT_ONCE", 40)
    generator = torch.Generator().manual_seed(0)
    table = F.normalize(torch.randn(20, 3, generator=generator), dim=1)
    embeddings, own = torch.randn(7, 3, generator=generator), torch.arange(7)
    found = nearest_rows(embeddings, table, own, count=5)
    for row, (near, z) in enumerate(zip(found.tolist(), embeddings.tolist(), strict=True)):
        assert set(near) == oracle.background(z, table.tolist(), row, 5)


def test_all_rows_are_near_where_there_are_fewer():
    assert build(lambda encoder: make(encoder, background=4096)).background == ITEMS


def test_the_number_of_clusters_follows_the_data():
    with torch.device("meta"):
        from selftaught.testing import ExampleEncoder

        method = LocalAggregation(ExampleEncoder(), items=1_281_167)
    assert method.clusterings.clusters == 29_794
    assert method.clusterings.assignments.shape == (10, 1_281_167)


def test_equal_rows_score_chance():
    method, asked = build(make).eval(), views()
    method.bank.rows.fill_(0.5)
    method.projector.forward = lambda vectors: torch.ones(len(vectors), 4, dtype=torch.float64)
    step = method.step(asked)
    assert step.metrics["top_1_accuracy"].item() == pytest.approx(method.chance(asked)["top_1_accuracy"]) == 1 / 6
    assert step.loss.item() == pytest.approx(math.log(ITEMS))  # in the first epoch


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"temperature": 0.0}, r"temperature, background above 0, instance_epochs not below, got \(0.0, 10, 1\)"),
        ({"background": 0}, r"got \(0.2, 0, 1\)"),
        ({"instance_epochs": -1}, r"got \(0.2, 10, -1\)"),
        ({"clusters": 25}, "clusters: expected between 2 and as many as there are items, 24, got 25"),
        ({"clusterings": 0}, "expected clusterings, kmeans_iterations above 0, got 0 and 20"),
    ],
)
def test_wrong_numbers_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        build(lambda encoder: make(encoder, **options))


def test_views_of_another_data_set_are_refused():
    outside = BankedView(torch.tensor([ITEMS]), views(1).view, NONE_DRAWN[:1])
    for ask in (build(make).step, build(make).energy):
        with pytest.raises(UserError, match="the 24 items that are remembered, got row 24"):
            ask(outside)


def _sorted_in_processes():
    torch.manual_seed(3 + process_rank())  # another k-means in each
    method = make_small()
    method.before_epoch(no_features)
    return method.clusterings.assignments


def make_small():
    return build(lambda encoder: make(encoder, instance_epochs=0))


def test_processes_hold_the_same_clusters():
    one, other = in_processes(_sorted_in_processes)
    assert torch.equal(one, other)
    assert len(one.unique(dim=0)) == 3


def test_the_bank_starts_from_the_encoder_where_it_is_asked_to_and_only_once():
    method = build(lambda encoder: make(encoder, bank_start="encoder"))
    vectors = torch.randn(ITEMS, method.encoder.width, generator=torch.Generator().manual_seed(3)).double()
    method.before_epoch(lambda: vectors)
    expected = F.normalize(method.projector(vectors), dim=1).detach()
    torch.testing.assert_close(method.bank.rows, expected, rtol=0, atol=1e-12)
    method.before_epoch(no_features)
    assert torch.equal(method.bank.rows, expected)
