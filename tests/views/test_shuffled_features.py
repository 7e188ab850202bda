"""DGI's corruption: one permutation for the graph, whoever asks, and normalised rows."""

import pytest
import torch

from selftaught.core import Graph, Nodes, UserError
from selftaught.encoders import GraphPreprocessing
from selftaught.views import Draws, ShuffledFeatures


def nodes(rows=(3, 0, 5, 1)):
    generator = torch.Generator().manual_seed(0)
    edges = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])
    return Nodes(Graph(3 * torch.rand(6, 4, generator=generator), edges), torch.tensor(rows))


def test_processes_share_one_permutation():
    whole = ShuffledFeatures()(nodes(), draws=Draws.at(0, 7, batch=4))
    for part in (slice(0, 2), slice(2, 4)):
        half = ShuffledFeatures()(nodes(nodes().rows[part].tolist()), draws=Draws.at(0, 7, batch=4, rows=part))
        assert torch.equal(half.permutation, whole.permutation)
        assert torch.equal(half.rows, whole.rows[part])


def test_every_step_draws_another_permutation_of_all_nodes():
    drawn = [ShuffledFeatures()(nodes(), draws=Draws.at(0, step, batch=4)).permutation for step in range(5)]
    assert all(sorted(one.tolist()) == list(range(6)) for one in drawn)
    assert len({tuple(one.tolist()) for one in drawn}) > 1


def test_places_are_equally_likely():
    drawn = [ShuffledFeatures()(nodes(), draws=Draws.at(0, step, batch=4)).permutation for step in range(600)]
    counts = torch.stack([torch.bincount(torch.stack(drawn)[:, place], minlength=6) for place in range(6)])
    assert (counts - 100).abs().max() < 45  # 100 expected, a deviation of 9


def test_the_graph_itself_stays_as_it_is():
    views = ShuffledFeatures(normalise_rows=False)(nodes(), index=torch.tensor([9, 8, 7, 6]))
    assert torch.equal(views.edge_index, nodes().graph.edge_index)
    assert torch.equal(views.features, nodes().graph.features)
    assert views.index.tolist() == [9, 8, 7, 6]
    assert views.rows.tolist() == [3, 0, 5, 1]


@pytest.mark.parametrize("normalise", [True, False])
def test_training_and_evaluation_see_the_same_features(normalise):
    views = ShuffledFeatures(normalise_rows=normalise)(nodes())
    prepared = GraphPreprocessing(4, normalise_rows=normalise)(nodes())
    assert torch.equal(views.features, prepared.graph.features)
    assert torch.equal(prepared.graph.edge_index, nodes().graph.edge_index)


def test_rows_sum_to_one_and_empty_ones_stay_empty():
    given = nodes()
    given.graph.features[2] = 0
    features = ShuffledFeatures()(given).features
    expected = torch.ones(6)
    expected[2] = 0
    torch.testing.assert_close(features.sum(1), expected)
    assert ShuffledFeatures().describe() == []


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="expected as many nodes as the draws are for, 3, got 4"):
        ShuffledFeatures()(nodes(), draws=Draws.at(0, 0, batch=3))
    with pytest.raises(UserError, match="expected a graph with 5 features a node, got 4"):
        GraphPreprocessing(5)(nodes())
