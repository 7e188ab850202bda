"""Graphs from files and objects: the public split, what is tidied and said, what is refused."""

import os
import pickle
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from selftaught.core import Graph, Nodes, UserError
from selftaught.data import GraphSource, open_graph

PATH = np.array([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])  # 0 - 1 - 2 - 3


def arrays(**changes):
    """A path of four nodes as the arrays of an .npz file; None takes one out."""
    made = {"x": np.arange(8, dtype=np.float32).reshape(4, 2), "edge_index": PATH, "y": np.array([0, 1, 1, 0])}
    return {name: value for name, value in (made | changes).items() if value is not None}


def save(folder, **changes):
    np.savez(folder / "path.npz", **arrays(**changes))
    return folder / "path.npz"


def mask(*rows, nodes=4):
    truth = np.zeros(nodes, dtype=bool)
    truth[list(rows)] = True
    return truth


def edges_of(source):
    return set(map(tuple, source.graph.edge_index.T.tolist()))


@pytest.fixture(scope="session")
def cora():
    folder = os.environ.get("SELFTAUGHT_BENCH_DATA")
    if folder is None or not (Path(folder) / "cora.npz").is_file():
        pytest.skip("SELFTAUGHT_BENCH_DATA does not say where cora.npz is")
    return Path(folder) / "cora.npz"


def test_cora_comes_with_its_public_split(cora):
    splits = open_graph(cora)
    stored = np.load(cora)
    assert isinstance(splits.test, GraphSource)
    assert np.array_equal(splits.train.rows, np.flatnonzero(stored["train_mask"]))
    assert np.array_equal(splits.test.rows, np.flatnonzero(stored["test_mask"]))
    assert np.bincount(splits.train.labels).tolist() == [20] * 7  # 20 a class: no random split has that
    assert len(splits.unlabelled) == 2708
    assert "2,708 nodes, 5,278 edges, 1,433 features, 7 classes" in splits.found
    assert splits.train.graph.features.sum() == stored["x_data"].sum()


def test_masks_decide_the_split_and_no_other_order(tmp_path):
    path = save(tmp_path, train_mask=mask(3, 0), val_mask=mask(1), test_mask=mask(2))
    splits = open_graph(path)
    assert (splits.train.rows.tolist(), splits.test.rows.tolist()) == ([0, 3], [2])
    assert (splits.train.labels.tolist(), splits.test.labels.tolist()) == ([0, 0], [1])
    assert splits.unlabelled.rows.tolist() == [0, 1, 2, 3]
    assert splits.unlabelled.columns["split"].tolist() == ["train", "val", "test", "train"]
    assert splits.train.name == "path/train"
    said = "to learn from: 2 nodes, kept out: 1 node (test), in neither: 1 (val)"
    assert splits.found == f".npz file of 4 nodes, 3 edges, 2 features, 2 classes; {said}"


def test_val_takes_the_place_of_a_test_that_is_not_there(tmp_path):
    splits = open_graph(save(tmp_path, train_mask=mask(0, 1), val_mask=mask(2).astype(int)))
    assert splits.test.rows.tolist() == [2]
    assert "kept out: 1 node (val)" in splits.found


def test_without_masks_all_nodes_are_to_learn_from(tmp_path):
    splits = open_graph(save(tmp_path))
    assert (len(splits.train), splits.test) == (4, None)
    assert splits.train.columns == {}
    assert splits.found == ".npz file of 4 nodes, 3 edges, 2 features, 2 classes"


def test_a_batch_is_some_nodes_in_the_whole_graph(tmp_path):
    source = open_graph(save(tmp_path)).train.take([3, 1])
    batch = source.batch([1, 0])
    assert isinstance(batch, Nodes)
    assert batch.rows.tolist() == [1, 3]
    assert batch.graph.features.shape == (4, 2)
    assert source.keys == ["3", "1"]
    assert source.facts() == {"nodes": 4, "directed_edges": 6, "features": 2}
    assert (source.kind, source.nouns, source.in_one_batch) == ("graph", ("node", "nodes"), True)
    again = pickle.loads(pickle.dumps(source))
    assert torch.equal(again.batch([0]).graph.edge_index, source.graph.edge_index)


def test_sparse_parts_make_the_same_features(tmp_path):
    parts = {
        "x_data": np.array([5.0, 1.0, 2.0]),
        "x_indices": np.array([1, 0, 1]),
        "x_indptr": np.array([0, 1, 1, 3, 3]),
        "x_shape": np.array([4, 2]),
    }
    source = open_graph(save(tmp_path, x=None, **parts)).train
    assert source.graph.features.tolist() == [[0, 5], [0, 0], [1, 2], [0, 0]]
    for name, wrong in {"x_indices": np.array([1, 0, 2]), "x_indptr": np.array([0, 2, 1, 3, 3])}.items():
        with pytest.raises(UserError, match="do not fit together: x_indptr or x_indices point outside"):
            open_graph(save(tmp_path, x=None, **(parts | {name: wrong})))
    with pytest.raises(UserError, match=r"do not fit together: their shapes are \(2,\), \(3,\), \(5,\), \(2,\)"):
        open_graph(save(tmp_path, x=None, **(parts | {"x_data": np.ones(2)})))


def test_self_loops_repetitions_and_isolated_nodes_are_tidied_and_said(tmp_path):
    edges = np.array([[0, 1, 0, 2, 1], [1, 0, 1, 2, 0]])
    splits = open_graph(save(tmp_path, edge_index=edges))
    assert edges_of(splits.train) == {(0, 1), (1, 0)}
    said = "1 self-loop left out; 2 repeated edges left out; 2 nodes without any edge"
    assert splits.found.endswith(said)
    assert len(splits.train) == 4  # isolated nodes stay


def test_one_way_edges_run_both_ways_unless_told_otherwise(tmp_path):
    path = save(tmp_path, edge_index=PATH[:, [0, 1, 2, 4]])
    both = open_graph(path)
    assert edges_of(both.train) == set(map(tuple, PATH.T.tolist()))
    assert both.found.endswith("2 edges given in one direction, taken in both")
    kept = open_graph(path, directed=True)
    assert edges_of(kept.train) == {(0, 1), (1, 0), (1, 2), (2, 3)}
    assert kept.found.endswith("2 edges given in one direction, left so")
    assert "3 edges" in both.found
    assert "3 edges" in kept.found


@pytest.mark.parametrize(
    "labels", [np.array([0, -1, 1, 0]), np.array([0, np.nan, 1, 0]), np.array(["a", "", "b", "a"])]
)
def test_nodes_without_a_label_are_in_no_part_but_in_everything(tmp_path, labels):
    splits = open_graph(save(tmp_path, y=labels, train_mask=mask(0, 1), test_mask=mask(2, 3)))
    assert splits.train.rows.tolist() == [0]
    assert splits.test.labels.tolist() == [1, 0]
    assert len(splits.unlabelled) == 4
    assert splits.unlabelled.labels is None
    assert splits.found.endswith("1 without a label, in no part")
    assert splits.train.classes == (("a", "b") if labels.dtype.kind == "U" else None)
    assert open_graph(save(tmp_path, y=labels)).train.rows.tolist() == [0, 2, 3]


def test_nothing_looks_at_labels_that_are_not_asked_for(tmp_path):
    path = save(tmp_path, y=np.array([0, -1, 1, 0]), train_mask=mask(0, 1), test_mask=mask(2))
    splits = open_graph(path, labelled=False)
    assert splits.train.labels is None
    assert splits.train.rows.tolist() == [0, 1]
    assert "class" not in splits.found


def test_labels_that_are_no_classes_are_left_out_and_said(tmp_path):
    for labels in (np.eye(4), np.array([0.5, 1, 2, 3])):
        splits = open_graph(save(tmp_path, y=labels))
        assert splits.train.labels is None
        assert "labels left out: they are not one class a node" in splits.found
    assert "no node has a label" in open_graph(save(tmp_path, y=np.full(4, -1))).found
    assert open_graph(save(tmp_path, y=np.array([[0], [1], [1], [0]]))).train.labels.tolist() == [0, 1, 1, 0]


def test_the_classes_can_be_named(tmp_path):
    path = save(tmp_path, topic=np.array([2, 2, 0, 1]))
    assert open_graph(path, label="topic").train.labels.tolist() == [2, 2, 0, 1]
    with pytest.raises(UserError, match="unknown array of labels 'topik': did you mean 'topic'"):
        open_graph(path, label="topik")


class TwoGraphs(Dataset):
    """As a data set of PyTorch Geometric does, it has the attributes of its graphs, one behind the other."""

    x, edge_index = torch.rand(8, 2), torch.from_numpy(np.concatenate([PATH, PATH], axis=1))

    def __len__(self):
        return 2


def test_objects_of_torch_geometric_are_taken_by_their_attributes():
    data = SimpleNamespace(
        x=torch.rand(4, 2),
        edge_index=torch.from_numpy(PATH),
        y=torch.tensor([0, 1, 1, 0]),
        train_mask=torch.tensor([[True, False], [True, True], [False, False], [False, True]]),
        test_mask=torch.tensor([False, False, True, False]),
    )
    for given in (data, [data]):
        splits = open_graph(given)
        assert splits.train.rows.tolist() == [0, 1]
        assert splits.test.rows.tolist() == [2]
        assert torch.equal(splits.train.graph.features, data.x)
        assert "the first of 2 splits taken for train" in splits.found
    with pytest.raises(UserError, match="expected one graph, the items being its nodes, got 2 graphs"):
        open_graph([data, data])
    with pytest.raises(UserError, match="SimpleNamespace is no graph with features: expected tensors"):
        open_graph(SimpleNamespace(edge_index=data.edge_index))
    with pytest.raises(UserError, match="SimpleNamespace has no attribute 'topic'"):
        open_graph(data, label="topic")
    with pytest.raises(UserError, match="int is no graph with features"):
        open_graph(3)


def test_torch_geometric_itself():
    geometric = pytest.importorskip("torch_geometric.data")
    data = geometric.Data(x=torch.rand(4, 2), edge_index=torch.from_numpy(PATH), y=torch.tensor([0, 1, 1, 0]))
    assert open_graph(data).found == "Data object of 4 nodes, 3 edges, 2 features, 2 classes"


def test_graphs_sources_and_splits_come_back():
    splits = open_graph(Graph(torch.eye(4), torch.from_numpy(PATH)))
    assert splits.found == "graph of 4 nodes, 3 edges, 4 features"
    assert open_graph(splits) is splits
    assert open_graph(splits.train).train is splits.train


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edge_index": np.array([[0, 1, 5], [1, 7, 0]])}, r"edge 1 runs from node 1 to node 7, .* \(1 other"),
        ({"edge_index": np.array([[0, -1], [1, 0]])}, "edge 1 runs from node -1 to node 0, and there are only"),
        ({"edge_index": PATH.T}, r"expected edges of shape \(2, edges\).* got \(6, 2\): turn it round"),
        ({"edge_index": PATH.astype(float)}, "expected edges as whole numbers, .* got float64"),
        ({"edge_index": np.zeros((2, 0), int)}, "holds no edges"),
        ({"x": np.zeros(4)}, r"expected features of shape \(nodes, features\), got \(4,\)"),
        ({"x": np.zeros((4, 0))}, r"expected features of shape \(nodes, features\), got \(4, 0\)"),
        ({"x": np.array([["a"], ["b"], ["c"], ["d"]])}, "expected features that are numbers, got <U1"),
        ({"x": np.array([[1.0], [2.0], [np.nan], [np.inf]])}, "feature 0 of node 2 is nan, and so are 1 others"),
        ({"x": np.array([[1.0], [2.0], [1e300], [0.0]])}, "feature 0 of node 2 is inf: expected finite numbers"),
        ({"y": np.array([0, 1])}, "4 nodes but 2 labels"),
        ({"train_mask": mask(0, 1), "test_mask": mask(1, 2)}, "1 node in train as well as in test"),
        ({"train_mask": mask(0, nodes=3)}, "expected the train mask as one truth value for each of 4 nodes"),
        ({"train_mask": np.array([0, 1, 2, 3])}, "expected the train mask as one truth value"),
        ({"test_mask": mask(2)}, "has a mask for test, and none for train"),
        ({"y": np.array([-1, -1, 1, 0]), "train_mask": mask(0, 1)}, "no node of the part train has a label"),
        ({"edge_index": None}, "is no graph: expected an array edge_index, its arrays are: x, y"),
        ({"x": None}, "has no features: expected x, or x_data, .*; its arrays are: edge_index, y"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        open_graph(save(tmp_path, **changes))


def test_paths_that_lead_nowhere_are_refused(tmp_path):
    save(tmp_path)
    with pytest.raises(UserError, match=r"no file or folder '.*pahts.npz': did you mean '.*path.npz'"):
        open_graph(tmp_path / "pahts.npz")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(UserError, match=r"text.npz' cannot be read as .npz"):
        open_graph(tmp_path / "text.npz")
    np.savez(tmp_path / "objects.npz", edge_index=np.array([{}], dtype=object))
    with pytest.raises(UserError, match=r"objects.npz' cannot be read as .npz"):
        open_graph(tmp_path / "objects.npz")
    (tmp_path / "graph.txt").write_text("0 1")
    with pytest.raises(UserError, match=r"is no graph: expected an \.npz file with edge_index and x, or a folder"):
        open_graph(tmp_path / "graph.txt")
    with pytest.raises(UserError, match="only a table of nodes has columns to choose from"):
        open_graph(tmp_path / "path.npz", features=["a"])


def test_a_million_edges_open_in_seconds():
    generator = np.random.default_rng(0)
    edges = torch.from_numpy(generator.integers(100_000, size=(2, 1_000_000)))
    begin = time.process_time()
    splits = open_graph(Graph(torch.ones(100_000, 2), edges))
    assert time.process_time() - begin < 10  # a loop over the edges in Python takes longer
    assert splits.train.graph.edge_index.shape[1] > 1_990_000
