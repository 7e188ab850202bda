import pickle
import zipfile

import numpy as np
import pytest
import torch

from selftaught.core import UserError
from selftaught.data import open_images

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 12, 10, 3), dtype=np.uint8)
LABELS = np.arange(20) % 4


def test_an_array_and_a_tensor_open_alike():
    for data in (IMAGES, torch.from_numpy(IMAGES)):
        splits = open_images(data)
        assert splits.found == "array of 20 images, RGB, 10x12"
        assert splits.test is None
        assert splits.train.labels is None
        assert np.array_equal(splits.train.batch([4]).pixels[0].permute(1, 2, 0), IMAGES[4])


def test_npy_is_memory_mapped(tmp_path):
    np.save(tmp_path / "faces.npy", IMAGES)
    source = open_images(tmp_path / "faces.npy").train
    assert isinstance(source.stored, np.memmap)
    assert source.name == "faces"
    assert np.array_equal(source.batch([4]).pixels[0].permute(1, 2, 0), IMAGES[4])


@pytest.mark.parametrize("images", ["images", "X", "data"])
@pytest.mark.parametrize("labels", ["labels", "y"])
def test_npz_with_one_part(tmp_path, images, labels):
    np.savez_compressed(tmp_path / "faces.npz", **{images: IMAGES, labels: LABELS})
    splits = open_images(tmp_path / "faces.npz")
    assert splits.train.labels.tolist() == LABELS.tolist()
    assert splits.found == ".npz file of 20 images, 4 classes, RGB, 10x12"


@pytest.mark.parametrize("pattern", ["{what}_{part}", "{part}_{what}"])
def test_npz_with_two_parts(tmp_path, pattern):
    arrays = {}
    for part, rows in {"train": slice(0, 12), "val": slice(12, 15), "test": slice(15, 20)}.items():
        arrays[pattern.format(what="images", part=part)] = IMAGES[rows]
        arrays[pattern.format(what="labels", part=part)] = LABELS[rows, None]  # as MedMNIST has them
    np.savez(tmp_path / "faces.npz", **arrays)
    splits = open_images(tmp_path / "faces.npz")
    assert (len(splits.train), len(splits.test)) == (12, 5)
    assert splits.test.labels.tolist() == LABELS[15:].tolist()
    assert splits.test.name == "faces/test"
    assert np.array_equal(splits.test.batch([0]).pixels[0].permute(1, 2, 0), IMAGES[15])


def test_npz_with_one_array_of_any_name(tmp_path):
    np.savez(tmp_path / "a.npz", IMAGES)
    assert len(open_images(tmp_path / "a.npz").train) == 20


def test_words_are_counted_in_the_training_parts_classes(tmp_path):
    np.savez(
        tmp_path / "a.npz",
        x_train=IMAGES[:4],
        y_train=np.array(["owl", "cat", "dog", "cat"]),
        x_test=IMAGES[4:6],
        y_test=np.array(["owl", "dog"]),
    )
    splits = open_images(tmp_path / "a.npz")
    assert splits.train.classes == splits.test.classes == ("cat", "dog", "owl")
    assert splits.train.labels.tolist() == [2, 0, 1, 0]
    assert splits.test.labels.tolist() == [2, 1]


def test_a_class_that_training_lacks_is_an_error_unless_labels_are_not_wanted(tmp_path):
    words = {"y_train": np.array(["cat", "dog"]), "y_test": np.array(["cat", "dgo"])}
    np.savez(tmp_path / "a.npz", x_train=IMAGES[:2], x_test=IMAGES[2:4], **words)
    with pytest.raises(UserError, match=r"class 'dgo' is not among the 2 classes of a/train: did you mean 'dog'\?"):
        open_images(tmp_path / "a.npz")
    assert open_images(tmp_path / "a.npz", labelled=False).test.labels is None


@pytest.mark.parametrize("labels", [np.zeros((20, 14), dtype=np.int64), np.linspace(0, 1, 20), -np.ones(20, dtype=int)])
def test_labels_that_are_no_classes_are_left_out(tmp_path, labels):
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=labels)
    assert open_images(tmp_path / "a.npz").train.labels is None


def test_npz_without_images_lists_its_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", weights=IMAGES, y=LABELS)
    with pytest.raises(
        UserError, match="has no array of images: expected images, x or x_train, its arrays are: weights, y"
    ):
        open_images(tmp_path / "a.npz")


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('a pickle ran')",)


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_a_pickle_in_disguise_never_runs(tmp_path, name):
    (tmp_path / name).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UserError, match="cannot be read as"):
        open_images(tmp_path / name)


def test_object_arrays_never_run(tmp_path):
    disguised = np.array([Bomb()], dtype=object)
    np.save(tmp_path / "a.npy", disguised, allow_pickle=True)
    np.savez(tmp_path / "a.npz", images=disguised)
    for name in ("a.npy", "a.npz"):
        with pytest.raises(UserError, match="pickled Python objects"):
            open_images(tmp_path / name)


@pytest.mark.parametrize("keep", [0, 40, 2000])
def test_truncated_files_are_refused(tmp_path, keep):
    np.save(tmp_path / "a.npy", IMAGES)
    np.savez(tmp_path / "a.npz", images=IMAGES)
    for name in ("a.npy", "a.npz"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[:keep])
        with pytest.raises(UserError, match=f"{name}' cannot be read as"):
            open_images(tmp_path / name)


def test_a_damaged_member_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", images=IMAGES)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "a.npz").write_bytes(bytes(content))
    with pytest.raises(UserError, match="cannot be read as"):
        open_images(tmp_path / "a.npz")


def test_a_zip_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(UserError, match=r"a\.npz' has no array of images: its member is some other file"):
        open_images(tmp_path / "a.npz")


def test_a_wrong_ending_is_said(tmp_path):
    np.save(tmp_path / "a.npy", IMAGES)
    np.savez(tmp_path / "b.npz", images=IMAGES)
    (tmp_path / "a.npy").rename(tmp_path / "a.npz")
    (tmp_path / "b.npz").rename(tmp_path / "b.npy")
    with pytest.raises(UserError, match=r"rename it to \.npy"):
        open_images(tmp_path / "a.npz")
    with pytest.raises(UserError, match="rename it"):
        open_images(tmp_path / "b.npy")


def test_wrong_shapes_and_ranges_are_refused():
    with pytest.raises(UserError, match=r"array of shape \(20, 360\): expected .*flattened"):
        open_images(IMAGES.reshape(20, -1))
    with pytest.raises(UserError, match=r"must lie in 0\.\.1, got 0 to 255"):
        open_images(IMAGES.astype(np.float32))
    with pytest.raises(UserError, match="int64 images have no scale"):
        open_images(IMAGES.astype(np.int64))
