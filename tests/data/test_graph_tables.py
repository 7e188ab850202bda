"""Graphs from tables of nodes and edges: columns found by their names, ids matched, errors that name row and node."""

import pyarrow
import pytest
from pyarrow import parquet

from selftaught.core import UserError
from selftaught.data import open_graph

NODES = """id,height,width,city,label,split
ann,1.5,2,Rome,a,train
bob,1.25,3,Oslo,b,train
cat,2.5,4,Rome,a,test
dan,3.5,5,Oslo,b,val
"""
EDGES = "source,target,weight\nann,bob,1\nbob,cat,2\ncat,ann,1\n"


def write(folder, nodes=NODES, edges=EDGES):
    for name, text in {"nodes.csv": nodes, "edges.csv": edges}.items():
        if text is not None:
            (folder / name).write_text(text)
    return folder


def edges_of(source):
    return set(map(tuple, source.graph.edge_index.T.tolist()))


TRIANGLE = {(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0)}


def test_a_folder_of_two_tables(tmp_path):
    splits = open_graph(write(tmp_path))
    assert splits.train.graph.features.tolist() == [[1.5, 2], [1.25, 3], [2.5, 4], [3.5, 5]]
    assert edges_of(splits.train) == TRIANGLE
    assert splits.unlabelled.keys == ["ann", "bob", "cat", "dan"]
    assert splits.train.keys == ["ann", "bob"]
    assert splits.test.keys == ["cat"]
    assert splits.train.classes == ("a", "b")
    assert splits.train.labels.tolist() == [0, 1]
    for said in (
        "pair of tables of 4 nodes, 3 edges, 2 features, 2 classes",
        "columns not used: city",
        "columns of edges not used: weight",
        "3 edges given in one direction, taken in both",
        "1 node without any edge",
    ):
        assert said in splits.found


def test_the_table_of_nodes_may_have_another_name_and_lie_beside_the_edges(tmp_path):
    write(tmp_path)
    (tmp_path / "nodes.csv").rename(tmp_path / "people.csv")
    assert len(open_graph(tmp_path / "people.csv").unlabelled) == 4
    with pytest.raises(UserError, match=r"has no table of nodes: expected nodes.csv or nodes.parquet"):
        open_graph(tmp_path)
    with pytest.raises(UserError, match="is the table of edges: expected the folder, or the table of nodes"):
        open_graph(tmp_path / "edges.csv")


def test_parquet_with_numbers_for_ids(tmp_path):
    nodes = {"node": [30, 10, 20], "f": [0.5, 1.5, 2.5], "y": [2, None, 0], "train_mask": [True, True, False]}
    parquet.write_table(pyarrow.table(nodes), tmp_path / "nodes.parquet")
    parquet.write_table(pyarrow.table({"src": [10, 20], "dst": [30, 30]}), tmp_path / "edges.parquet")
    splits = open_graph(tmp_path)
    assert edges_of(splits.train) == {(1, 0), (0, 1), (2, 0), (0, 2)}
    assert splits.train.graph.features.shape == (3, 1)  # neither ids, classes nor masks are features
    assert splits.train.keys == ["30"]
    assert splits.train.labels.tolist() == [2]
    assert "1 without a label" in splits.found


def test_ids_are_text_whatever_they_look_like(tmp_path):
    splits = open_graph(write(tmp_path, "id,f\n007,1\n7,2\n", "from,to\n007,7\n"))
    assert splits.train.keys == ["007", "7"]
    assert edges_of(splits.train) == {(0, 1), (1, 0)}


def test_columns_can_be_chosen(tmp_path):
    splits = open_graph(write(tmp_path), features=["width"], label="city")
    assert splits.train.graph.features.tolist() == [[2], [3], [4], [5]]
    assert splits.train.classes == ("Oslo", "Rome")
    assert splits.train.graph.features.shape[1] == 1


def test_a_column_of_classes_never_becomes_a_feature(tmp_path):
    nodes = "id,f,label,topic\na,1,0,5\nb,2,1,6\n"
    write(tmp_path, nodes, "source,target\na,b\n")
    for label, labels in ((None, [0, 1]), ("topic", [5, 6])):
        splits = open_graph(tmp_path, label=label)
        assert splits.train.labels.tolist() == labels
    assert splits.train.graph.features.tolist() == [[1], [2]]
    assert open_graph(tmp_path, labelled=False).train.graph.features.shape[1] == 2  # f and topic


def test_empty_classes_are_missing(tmp_path):
    splits = open_graph(write(tmp_path, "id,f,class\na,1,x\nb,2,\nc,3,w\n", "source,target\na,b\nb,c\n"))
    assert splits.train.keys == ["a", "c"]
    assert splits.train.labels.tolist() == [1, 0]
    assert splits.train.classes == ("w", "x")
    assert len(splits.unlabelled) == 3


def test_strange_parts_are_said(tmp_path):
    splits = open_graph(write(tmp_path, NODES.replace("val", "later")))
    assert "split also says later, in no part" in splits.found
    with pytest.raises(UserError, match="the column split names no part: expected the words train, val and test"):
        open_graph(write(tmp_path, "id,f,split\na,1,first\nb,2,second\n", "source,target\na,b\n"))


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        (NODES, "source,target\nann,bob\nann,eve\n", "the target of edge 2 is node 'eve', which is not in nodes.csv"),
        (NODES, "source,target\nx,bob\ny,bob\n", "the source of edge 1 is node 'x', .* like 1 other edges"),
        (NODES, "a,b\nann,bob\n", "has no column of sources: expected source or src or from, its columns are: a, b"),
        (NODES, None, "has no table of edges: expected edges.csv or edges.parquet"),
        ("name_,f\nann,1\n", EDGES, "has no column of ids: expected id or node or node_id or name"),
        (NODES + "bob,1,1,Rome,a,train\n", EDGES, "node 'bob' stands there more than once; every id names one node"),
        (NODES + ",1,1,Rome,a,train\n", EDGES, "row 5 has no id"),
        (NODES.replace("1.25", ""), EDGES, "'height' of node 'bob' is nan: expected finite numbers"),
        ("id,city\nann,Rome\n", EDGES, "has no features: expected columns of numbers, its columns are: id, city"),
        (NODES + "eve\n", EDGES, "cannot be read as .csv: .*Expected 6 columns, got 1"),
        ("", EDGES, "cannot be read as .csv: Empty CSV file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path, nodes, edges, message):
    with pytest.raises(UserError, match=message):
        open_graph(write(tmp_path, nodes, edges))


def test_masks_that_are_words_are_refused(tmp_path):
    write(tmp_path, "id,f,train_mask\na,1,yes\nb,2,no\n", "source,target\na,b\n")
    with pytest.raises(UserError, match="the column train_mask holds string: expected true and false, or 1 and 0"):
        open_graph(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "lable"}, "unknown column of nodes.csv 'lable': did you mean 'label'"),
        ({"features": ["hight"]}, "unknown column of nodes.csv 'hight': did you mean 'height'"),
        ({"features": ["city"]}, "the column city holds no numbers, it holds string"),
    ],
)
def test_columns_that_do_not_do_are_refused(tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        open_graph(write(tmp_path), **options)


def test_text_that_is_not_utf8_is_refused(tmp_path):
    write(tmp_path)
    (tmp_path / "nodes.csv").write_bytes(b"id,f\nann,1\nb\xe9,2\n")
    with pytest.raises(UserError, match=r"cannot be read as .csv: .*UTF8"):
        open_graph(tmp_path)


def test_what_is_read_is_shown(tmp_path):
    seen = []

    def track(items, what, total=None):
        seen.append((what, total))
        return items

    open_graph(write(tmp_path), track=track)
    assert seen == [("reading tables", 2)]
