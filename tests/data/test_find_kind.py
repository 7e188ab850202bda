"""The kind of data is found from the outside."""

import numpy as np
import pytest
import torch
from PIL import Image

from selftaught.core import UserError
from selftaught.data import check_kind, find_kind, open_images, open_texts


def test_names_arrays_and_sources():
    images = np.zeros((2, 8, 8), np.uint8)
    assert [find_kind(data) for data in ("cifar10", images, torch.from_numpy(images))] == ["images"] * 3
    assert find_kind(open_images(images)) == find_kind(open_images(images).train) == "images"
    assert find_kind(["words"]) == find_kind(open_texts(["words"])) == "text"
    assert find_kind([]) is find_kind("hub:any/thing") is find_kind(3) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text"),
        ("a.JSONL", "text"),
        ("a.csv", "text"),
        ("a.wav", "audio"),
        ("a.flac", "audio"),
        ("a.mp4", "video"),
        ("moving-clothes", "video"),
        ("a.xyz", None),
    ],
)
def test_endings(name, kind):
    assert find_kind(name) == kind


def test_folders_by_what_most_files_are(tmp_path):
    for name in "abc":
        Image.new("L", (8, 8)).save(tmp_path / f"{name}.png")
    (tmp_path / "readme.txt").write_text("pictures")
    assert find_kind(tmp_path) == "images"
    (tmp_path / "edges.csv").write_text("source,target\n")
    assert find_kind(tmp_path) == "graph"
    assert find_kind(tmp_path / "nothing") is None


def test_files_by_what_they_hold(tmp_path):
    import pyarrow
    from pyarrow import parquet

    np.savez(tmp_path / "graph.npz", edge_index=np.zeros((2, 0), int), x=np.zeros((2, 2)))
    np.savez(tmp_path / "images.npz", images=np.zeros((2, 8, 8), np.uint8))
    np.savez(tmp_path / "video.npz", clips=np.zeros((1, 4, 8, 8, 3), np.uint8))
    assert find_kind(tmp_path / "video.npz") == find_kind(np.zeros((1, 4, 8, 8, 3), np.uint8)) == "video"
    assert find_kind(tmp_path / "graph.npz") == "graph"
    assert find_kind(tmp_path / "images.npz") == "images"
    cell = {"bytes": b"", "path": "x"}
    for kind, row in {
        "audio": {"audio": cell},
        "images": {"image": cell},
        "text": {"text": "words", "n": 1},
        "video": {"video": cell},
    }.items():
        parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / f"{kind}.parquet")
        assert find_kind(tmp_path / f"{kind}.parquet") == kind
    (tmp_path / "broken.parquet").write_text("no parquet")
    assert find_kind(tmp_path / "broken.parquet") is None


def test_only_a_known_other_kind_is_refused():
    check_kind("cifar10", "images", "simclr")
    check_kind("hub:any/thing", "text", "bert")
    with pytest.raises(UserError, match=r"dgi learns from a graph, and a\.wav holds recordings"):
        check_kind("a.wav", "graph", "dgi")
