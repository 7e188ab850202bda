"""DGI against the paper written as loops, and wrong versions that the same check rejects."""

from dataclasses import replace

import pytest
import torch
from descent import descend
from oracles import mutual_information as oracle
from oracles.contrastive import cosine

from selftaught.core import CorruptedGraph, Graph, Nodes, Step, process_rank
from selftaught.encoders import GraphConvolution, encoder_weights
from selftaught.methods import DGI
from selftaught.objectives import bilinear_score, binary_discrimination, sigmoid_summary
from selftaught.testing import in_processes
from selftaught.views import Draws, ShuffledFeatures


def build(kind=DGI):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return kind(GraphConvolution(features=16, width=6)).double()


def views(seed=0, count=8):
    example = CorruptedGraph.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def paper(method, asked):
    encoder = method.encoder
    return oracle.dgi(
        asked.features.tolist(),
        [tuple(edge) for edge in asked.edge_index.T.tolist()],
        asked.permutation.tolist(),
        asked.rows.tolist(),
        encoder.weights[0].tolist(),
        [encoder.biases[0].tolist()],
        encoder.activations[0].weight.item(),
        method.discriminator.tolist(),
    )


def accepts(kind):
    """Whether three steps of training have the paper's loss, and energies are minus the logits of its discriminator."""
    method = build(kind)
    for turn in range(3):
        step = method.step(views(turn))
        if abs(step.loss.item() - paper(method, views(turn))) > 1e-10:
            return False
        descend(method, step)
    asked = views(9)
    true, wrong = method.energy(asked), method.energy(asked.mismatched()["corrupted features"])
    return abs(binary_discrimination(-true, -wrong).item() - paper(method, asked)) < 1e-10


class Variant(DGI):
    """DGI in pieces, each of which a wrong version replaces."""

    def true(self, asked):
        return self.encoder(asked.everyone())

    def corrupted(self, asked):
        return self.encoder(asked.corrupted())

    def summary(self, asked, nodes):
        return sigmoid_summary(nodes)

    def step(self, asked):
        nodes = self.true(asked)
        summary = self.summary(asked, nodes)
        together = bilinear_score(nodes[asked.rows], summary, self.discriminator)
        mismatched = bilinear_score(self.corrupted(asked), summary, self.discriminator)
        return Step({"binary_discrimination": binary_discrimination(together, mismatched)})


class CorruptionMovesTheEdgesToo(Variant):
    def corrupted(self, asked):  # the same graph under other numbers: nothing is corrupted
        moved = asked.permutation.argsort()
        graph = Graph(asked.features[asked.permutation], moved[asked.edge_index])
        return self.encoder(Nodes(graph, asked.rows))


class CorruptionOfTheEdges(Variant):
    def corrupted(self, asked):
        return self.encoder(Nodes(Graph(asked.features, asked.permutation[asked.edge_index]), asked.rows))


class CorruptionOfTheVectors(Variant):
    def corrupted(self, asked):
        return self.encoder(asked.everyone())[asked.permutation][asked.rows]


class SummaryOfTheScoredNodes(Variant):
    def summary(self, asked, nodes):
        return sigmoid_summary(nodes[asked.rows])


class SummaryOfNeighbours(Variant):
    def summary(self, asked, nodes):
        near = torch.cat([asked.edge_index[0][asked.edge_index[1] == row] for row in asked.rows])
        return sigmoid_summary(nodes[near])


class SummaryOfTheCorruptedGraph(Variant):
    def summary(self, asked, nodes):
        everyone = asked.everyone()
        shuffled = Graph(asked.features[asked.permutation], asked.edge_index)
        return sigmoid_summary(self.encoder(replace(everyone, graph=shuffled)))


class SummaryWithoutSigmoid(Variant):
    def summary(self, asked, nodes):
        return nodes.mean(0)


class SummaryWithoutGradient(Variant):
    def summary(self, asked, nodes):
        return sigmoid_summary(nodes).detach()


class EnergyUpsideDown(DGI):
    def energy(self, views):
        return -super().energy(views)


class EnergyBlindToCorruption(DGI):
    def energy(self, views):
        return super().energy(replace(views, from_corrupted=torch.zeros_like(views.from_corrupted)))


WRONG = [
    CorruptionMovesTheEdgesToo,
    CorruptionOfTheEdges,
    CorruptionOfTheVectors,
    SummaryOfTheScoredNodes,
    SummaryOfNeighbours,
    SummaryOfTheCorruptedGraph,
    SummaryWithoutSigmoid,
    SummaryWithoutGradient,
    EnergyUpsideDown,
    EnergyBlindToCorruption,
]


@pytest.mark.parametrize("right", [DGI, Variant])
def test_it_is_accepted(right):
    assert accepts(right)
    assert same_gradient(right)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_a_wrong_version_is_rejected(wrong):
    assert not (accepts(wrong) and same_gradient(wrong))


def same_gradient(kind):
    """Whether the encoder's gradient is the slope of the paper's loss along a direction."""
    method, asked = build(kind), views(3)
    weight = method.encoder.weights[0]
    method.step(asked).loss.backward()
    direction = torch.randn(weight.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    losses = []
    for side in (1e-5, -1e-5):
        with torch.no_grad():
            weight += side * direction
        losses.append(paper(method, asked))
        with torch.no_grad():
            weight -= side * direction
    slope = (losses[0] - losses[1]) / 2e-5
    return abs(slope - (weight.grad * direction).sum().item()) < 1e-7


def test_row_normalisation_that_is_skipped_is_rejected():
    whole = Graph(views().features, views().edge_index)
    nodes = Nodes(whole, torch.arange(len(whole.features)))
    draws = Draws.at(0, 0, batch=len(nodes))
    features = whole.features / whole.features.sum(1, keepdim=True)
    method = build()
    for normalise, as_paper in ((True, True), (False, False)):
        asked = ShuffledFeatures(normalise_rows=normalise)(nodes, draws=draws)
        loss = method.step(asked).loss.item()
        assert (abs(loss - paper(method, replace(asked, features=features))) < 1e-10) is as_paper


def test_the_accuracy_counts_both_kinds_of_nodes():
    method, asked = build(), views()
    wrong = asked.mismatched()["corrupted features"]
    right = [*(method.energy(asked) < 0).tolist(), *(method.energy(wrong) >= 0).tolist()]
    assert method.step(asked).metrics["discriminator_accuracy"].item() == pytest.approx(sum(right) / 16)


def half_of_the_loss(method, asked):
    mine = asked.take(slice(4 * process_rank(), 4 * process_rank() + 4))
    return method.step(mine).loss.detach()


def test_the_mean_over_processes_is_the_loss_of_the_whole():
    method, asked = build(), views()
    parts = in_processes(half_of_the_loss, method, asked)
    assert parts[0] != parts[1]
    assert sum(parts).item() / 2 == pytest.approx(method.step(asked).loss.item(), abs=1e-12)


def test_training_tells_true_from_corrupted_and_leaves_nodes_apart():
    method = build()
    generator = torch.Generator().manual_seed(0)
    group = torch.arange(40) % 2
    edges = torch.randint(40, (2, 400), generator=generator)
    edges = edges[:, (group[edges[0]] == group[edges[1]]) & (edges[0] != edges[1])]
    features = torch.rand(40, 16, generator=generator) * (1 + 4 * ((torch.arange(16) % 2) == group[:, None]))
    whole = Graph(features.double(), torch.cat([edges, edges.flip(0)], dim=1).unique(dim=1))
    nodes, optimiser = Nodes(whole, torch.arange(40)), torch.optim.Adam(method.parameters(), lr=0.01)
    make_views = ShuffledFeatures()
    losses = []
    for step in range(150):
        outcome = method.step(make_views(nodes, draws=Draws.at(0, step, batch=40)))
        optimiser.zero_grad()
        outcome.loss.backward()
        optimiser.step()
        losses.append(outcome.loss.item())
    assert sum(losses[-20:]) / 20 < 0.5 < 0.65 < losses[0]
    first, second, other = method.encoder(Nodes(whole, torch.tensor([0, 2, 1]))).tolist()
    assert cosine(first, second) > cosine(first, other)


def test_what_is_kept_is_the_encoder_without_the_discriminator():
    method = build()
    kept = {f"encoder.{name}" for name in encoder_weights(method.encoder)}
    assert kept == set(method.state_dict()) - {"discriminator"}
