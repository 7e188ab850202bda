import dataclasses

import numpy as np
import pytest

from selftaught.core import Source, UserError
from selftaught.data import open_images
from selftaught.runs.labelling import column_names, labelled_parts


def images(n: int, *, seed: int = 0) -> Source:
    generator = np.random.default_rng(seed)
    plain = open_images(generator.integers(0, 256, (n, 8, 8), dtype=np.uint8)).train
    columns = {"side": np.array(["a", "b"] * (n // 2)), "age": generator.random(n), "kind": np.arange(n) % 3}
    return dataclasses.replace(plain, labels=np.arange(n) % 5, columns=columns)


def read(label: str | None) -> tuple[Source, Source | None]:
    if label not in (None, "own"):
        raise UserError(f"no column {label}")
    return images(20), images(10, seed=1)


def test_names():
    assert column_names(None) == ()
    assert column_names("a, b,a") == ("a", "b")
    with pytest.raises(UserError, match="names of columns with commas between, got 'a,'"):
        column_names("a,")


def test_no_name_takes_the_usual_labels():
    train, test, targets = labelled_parts([], read, seed=0)
    assert test is not None
    assert (len(np.unique(train.labels)), targets) == (5, [])


def test_the_first_column_of_classes_is_the_labels():
    train, test, targets = labelled_parts(["age", "side", "kind"], read, seed=0)
    assert test is not None
    assert (train.classes, test.classes) == (("a", "b"), ("a", "b"))
    assert [(target.name, target.kind) for target in targets] == [("age", "numbers"), ("kind", "classes")]


def test_numbers_alone_leave_no_labels():
    """The wrong variant that keeps the usual labels would give a verdict nobody asked for."""
    train, test, targets = labelled_parts(["age"], read, seed=0)
    assert test is not None
    assert (train.labels, test.labels, len(targets)) == (None, None, 1)


def test_a_column_that_only_the_data_know():
    train, _, targets = labelled_parts(["own", "age"], read, seed=0)
    assert len(np.unique(train.labels)) == 5
    assert [target.name for target in targets] == ["age"]
    with pytest.raises(UserError, match="no column nothing"):
        labelled_parts(["nothing"], read, seed=0)
    with pytest.raises(UserError, match="only one can be asked for at a time"):
        labelled_parts(["own", "own"], read, seed=0)
