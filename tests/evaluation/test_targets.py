import dataclasses

import numpy as np
import pytest
import torch

from selftaught.core import UserError
from selftaught.data import ImageSource, open_images
from selftaught.evaluation import as_labels, read_target
from selftaught.evaluation.target_scores import score_json, score_target


def source(n: int = 40, *, seed: int = 0) -> ImageSource:
    """The brightness of an image says everything of it."""
    level = np.random.default_rng(seed).integers(0, 200, n)
    images = np.broadcast_to(level[:, None, None], (n, 8, 8)).astype(np.uint8)
    several = np.empty(n, dtype=object)
    several[:] = [["bright"] * (value > 100) + ["very"] * (value > 150) for value in level.tolist()]
    columns = {
        "level": level / 10,
        "side": np.where(level > 100, "bright", "dark"),
        "tags": several,
        "holes": np.array([None if row % 4 == 0 else float(row) for row in range(n)], dtype=object),
        "grade": level // 50,
    }
    return dataclasses.replace(open_images(images).train, columns=columns)


@pytest.mark.parametrize(
    ("name", "kind", "names"),
    [
        ("level", "numbers", ()),
        ("holes", "numbers", ()),
        ("side", "classes", ("bright", "dark")),
        ("grade", "classes", ("0", "1", "2", "3")),
        ("tags", "several labels", ("bright", "very")),
    ],
)
def test_what_a_column_holds_decides(name: str, kind: str, names: tuple[str, ...]):
    target = read_target(name, source(), source(20, seed=1))
    assert (target.kind, target.names, target.apart) == (kind, names, True)
    assert len(target.values) == len(target.train) == (30 if name == "holes" else 40)
    assert len(target.test_values) == len(target.test) == (15 if name == "holes" else 20)


def test_without_test_items_a_fifth_is_kept():
    for name in ("level", "side", "tags"):
        target = read_target(name, source(), None, seed=3)
        assert not set(target.train) & set(target.test)
        assert (len(target.train), len(target.test), target.apart) == (32, 8, False)
    lacking = dataclasses.replace(source(20), columns={})
    assert not read_target("level", source(), lacking).apart


@pytest.mark.parametrize(("name", "figure"), [("level", "r2"), ("tags", "map"), ("side", "knn"), ("grade", "knn")])
def test_what_the_vectors_say_is_found(name: str, figure: str):
    train, test = source(120), source(60, seed=1)
    target = read_target(name, train, test)
    vectors, test_vectors = (
        torch.from_numpy(np.stack([each.columns["level"], np.ones(len(each)), each.columns["level"] ** 2], 1)).float()
        for each in (train, test)
    )
    found = score_json(score_target(target, vectors[target.train], test_vectors[target.test], protocols=["knn"]))
    value = found[figure]["accuracy"] if figure == "knn" else found[figure]
    assert value > 0.8


def test_classes_become_labels_in_the_same_numbers():
    train, test = as_labels("side", source(), source(20, seed=1)) or (None, None)
    assert train is not None
    assert test is not None
    assert train.classes == test.classes == ("bright", "dark")
    assert (train.labels == (train.columns["side"] == "dark")).all()
    assert as_labels("level", source(), None) is None


def test_unknown_and_empty_columns_are_refused():
    with pytest.raises(UserError, match="unknown column 'levl': did you mean 'level'"):
        read_target("levl", source(), None)
    few = dataclasses.replace(source(6), columns={"x": np.array([1.5, np.nan, np.nan, np.nan, 2.5, np.nan])})
    with pytest.raises(UserError, match="at least 5 images with a value, got 2"):
        read_target("x", few, None)
