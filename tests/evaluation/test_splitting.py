import dataclasses

import numpy as np
import pytest

from selftaught.data import ImageSource, open_images
from selftaught.evaluation.splitting import LabelledRows, split_rows


def source(labels, classes: tuple[str, ...] | None = None) -> ImageSource:
    plain = open_images(np.zeros((len(labels), 16, 16), dtype=np.uint8)).train
    return dataclasses.replace(plain, labels=np.array(labels), classes=classes)


def split(train: ImageSource, test: ImageSource | None, seed: int = 0) -> LabelledRows:
    rows = split_rows(train, test, seed=seed)
    assert isinstance(rows, LabelledRows)
    return rows


def test_a_stratified_fifth_is_kept():
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    rows = split(source(labels), None)
    assert np.bincount(rows.test_labels).tolist() == [10, 6, 4]
    assert sorted([*rows.train, *rows.test]) == list(range(100))
    assert (labels[rows.train] == rows.train_labels).all()
    assert (labels[rows.test] == rows.test_labels).all()
    assert not rows.apart
    assert "no test images: a seeded, stratified fifth of the labelled images was kept" in rows.notes[0]
    assert (split(source(labels), None).test == rows.test).all()
    assert (split(source(labels), None, seed=1).test != rows.test).any()


def test_a_test_source_is_used_as_it_is():
    rows = split(source([0, 1, 0]), source([1, 1]))
    assert (rows.test.tolist(), rows.test_labels.tolist(), rows.apart, rows.notes) == ([0, 1], [1, 1], True, ())


def test_images_without_a_label_are_left_out_and_said():
    rows = split(source([0, -1, 1, 0]), source([-1, 1]))
    assert rows.train.tolist() == [0, 2, 3]
    assert rows.test.tolist() == [1]
    assert rows.notes == ("1 training images without a label left out", "1 test images without a label left out")


@pytest.mark.parametrize("labels", [None, [-1, -1]])
def test_test_images_without_labels_are_replaced(labels: list[int] | None):
    test = source([0, 0])
    test = dataclasses.replace(test, labels=None if labels is None else np.array(labels))
    rows = split(source([0, 1] * 10), test)
    assert not rows.apart
    assert len(rows.test) == 4
    assert rows.notes[0].startswith("the test images have no labels:")


def test_names_decide_where_numbers_differ():
    rows = split(source([0, 1], ("cat", "dog")), source([0, 1, 2], ("bird", "cat", "dog")))
    assert rows.test_labels.tolist() == [-1, 0, 1]
    assert rows.notes == ("1 test images of classes without a training image count as wrong",)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([-1, -1], "the images have no labels"),
        ([3, 3, -1], "all labelled images are of one class"),
        ([0, 1, 2], "too few labelled images"),
    ],
)
def test_labels_that_do_not_do(labels: list[int], reason: str):
    found = split_rows(source(labels), None, seed=0)
    assert isinstance(found, str)
    assert reason in found
