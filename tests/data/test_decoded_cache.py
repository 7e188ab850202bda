"""A folder of files is decoded once: what is kept is what was decoded, and whatever changed is decoded anew."""

import os
import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from selftaught.core import UserError
from selftaught.data import folder as folder_module
from selftaught.data import open_images, survey
from selftaught.data.decode import decode

RANDOM = np.random.default_rng(0)


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photos"
    for name, height, width in (("cat/a", 30, 41), ("cat/b", 30, 41), ("dog/c", 25, 60), ("dog/d", 44, 44)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(folder / f"{name}.png")
    Image.fromarray(RANDOM.integers(0, 2**16, (9, 7), dtype=np.uint16)).save(folder / "dog/deep.png")
    (folder / "dog" / "broken.jpg").write_bytes(b"no image at all")
    return folder


@pytest.fixture
def decoded(monkeypatch):
    """The files that were decoded."""
    files = []

    def counted(file, longest_side=None):
        files.append(file.name)
        return decode(file, longest_side)

    monkeypatch.setattr(folder_module, "decode", counted)
    return files


def same(one, other):
    assert list(one.keys) == list(other.keys)
    assert one.labels.tolist() == other.labels.tolist()
    assert (one.channels, one.skipped) == (other.channels, other.skipped)
    for row in range(len(one)):
        assert torch.equal(one.batch([row]).pixels, other.batch([row]).pixels)


@pytest.mark.parametrize("memory_bytes", [1 << 30, 1000])
def test_the_second_time_nothing_is_decoded_and_all_is_the_same(
    photographs, tmp_path, decoded, monkeypatch, memory_bytes
):
    monkeypatch.setattr(survey, "MEMORY_BYTES", memory_bytes)
    plain = open_images(photographs, image_size=16).train
    first = open_images(photographs, image_size=16, cache=tmp_path / "kept").train
    same(plain, first)
    decoded.clear()
    second = open_images(photographs, image_size=16, cache=str(tmp_path / "kept")).train
    same(first, second)
    same(first, pickle.loads(pickle.dumps(second)))
    assert decoded == []
    assert [skipped.key for skipped in second.skipped] == ["dog/broken.jpg"]
    assert not list((tmp_path / "kept").glob(".*"))


def test_what_changed_is_decoded_anew(photographs, tmp_path, decoded):
    def opened(**options):
        decoded.clear()
        return open_images(photographs, cache=tmp_path / "kept", **options).train

    opened(image_size=16)
    opened(image_size=20)  # other sizes are kept beside
    assert len(decoded) == 6
    Image.new("RGB", (30, 41), "red").save(photographs / "cat" / "a.png")
    red = opened(image_size=16)
    assert len(decoded) == 6
    assert red.batch([list(red.keys).index("cat/a.png")]).pixels[0, 1].max() == 0
    (photographs / "cat" / "b.png").unlink()
    assert len(opened(image_size=16)) == 4
    assert len(decoded) == 5
    os.utime(photographs / "dog" / "d.png", ns=(1, 1))
    opened(image_size=16)
    assert len(decoded) == 5


@pytest.mark.parametrize("ending", [".npz", ".pixels"])
def test_what_is_damaged_is_named(photographs, tmp_path, ending):
    kept = tmp_path / "kept"
    open_images(photographs, cache=kept)
    (path,) = kept.glob(f"*{ending}")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=rf"cache: '.*{ending}' is damaged.*take it away, and the images are decoded"):
        open_images(photographs, cache=kept)


def test_a_folder_that_cannot_be_written_is_named(photographs, tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(UserError, match=r"cache: '.*file/kept' cannot hold the decoded images"):
        open_images(photographs, cache=tmp_path / "file" / "kept")


def test_only_folders_of_files_are_kept(photographs, tmp_path):
    for data in ("fashion-mnist-10k", np.zeros((4, 8, 8), dtype=np.uint8)):
        with pytest.raises(UserError, match="only a folder of image files is decoded once and kept"):
            open_images(data, cache=tmp_path / "kept")
    with pytest.raises(UserError, match="no file or folder"):
        open_images(tmp_path / "photo", cache=tmp_path / "kept")


def test_nothing_can_be_written_through_an_image(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "MEMORY_BYTES", 1000)
    source = open_images(photographs, image_size=16, cache=tmp_path / "kept").train
    with pytest.raises(ValueError, match="read-only"):
        source.reader(0).pixels[:] = 0
