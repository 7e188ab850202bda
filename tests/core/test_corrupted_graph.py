"""A graph beside its corruption: what is taken, mapped and mismatched."""

import torch

from selftaught.core import CorruptedGraph


def example(n=6):
    return CorruptedGraph.example(n, torch.Generator().manual_seed(0))


def test_take_chooses_items_and_leaves_the_graph_whole():
    views = example()
    part = views.take(torch.tensor([4, 1]))
    assert len(part) == 2
    assert part.rows.tolist() == views.rows[[4, 1]].tolist()
    assert part.index.tolist() == [4, 1]
    for name in ("features", "edge_index", "permutation"):
        assert torch.equal(getattr(part, name), getattr(views, name))
    assert len(part.everyone()) == len(views.features) == 9


def test_the_corrupted_graph_has_other_features_on_the_same_edges():
    views = example()
    corrupted, true = views.corrupted(), views.everyone()
    assert torch.equal(corrupted.graph.edge_index, true.graph.edge_index)
    assert torch.equal(corrupted.graph.features, true.graph.features[views.permutation])
    assert not torch.equal(corrupted.graph.features, true.graph.features)
    assert torch.equal(corrupted.rows, views.rows)


def test_mismatched_asks_about_the_corrupted_graph_and_keeps_the_true_one():
    views = example()
    (wrong,) = views.mismatched().values()
    assert wrong.from_corrupted.all()
    assert not views.from_corrupted.any()
    assert torch.equal(wrong.features, views.features)


def test_to_and_map_reach_every_tensor():
    views = example().to(torch.device("cpu"), torch.float64)
    assert views.features.dtype == torch.float64
    assert views.permutation.dtype == torch.int64
    seen = []
    views.map(lambda tensor: seen.append(tensor) or tensor)
    assert len(seen) == 6


def test_the_example_is_an_undirected_graph_with_nodes_that_nobody_asks_about():
    views = example(8)
    edges = set(map(tuple, views.edge_index.T.tolist()))
    assert edges == {(b, a) for a, b in edges}
    assert all(a != b for a, b in edges)
    assert len(set(views.rows.tolist())) == 8 < len(views.features)
