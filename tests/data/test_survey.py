import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from selftaught.core import UserError
from selftaught.data import ArraySource, DecodedSource, open_images, survey


@pytest.fixture
def photographs(tmp_path):
    random = np.random.default_rng(0)
    for number in range(40):
        height, width = 8 + number % 3, 8 + number % 5
        Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(tmp_path / f"{number:02}.png")
    return tmp_path


def test_what_does_not_fit_in_memory_is_decoded_again_and_gives_the_same(photographs, monkeypatch):
    kept = open_images(photographs).train
    monkeypatch.setattr(survey, "MEMORY_BYTES", 1000)
    again = open_images(photographs).train
    assert isinstance(kept, DecodedSource)
    assert not kept.reader.parallel
    assert again.reader.parallel
    rows = [39, 3, 17]
    assert torch.equal(again.batch(rows).pixels, kept.batch(rows).pixels)
    assert torch.equal(again.batch(rows).sizes, kept.batch(rows).sizes)


def test_images_of_one_size_become_one_array_only_if_it_fits(tmp_path, monkeypatch):
    for number in range(4):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    assert isinstance(open_images(tmp_path).train, ArraySource)
    monkeypatch.setattr(survey, "MEMORY_BYTES", 4 * 3 * 64 - 1)
    source = open_images(tmp_path).train
    assert isinstance(source, DecodedSource)
    assert source.size == (8, 8)
    assert source.batch([3, 1]).pixels[:, 0, 0, 0].tolist() == [3, 1]


def test_grey_images_of_a_colour_set_are_kept_grey_where_colour_would_not_fit(tmp_path, monkeypatch):
    Image.new("RGB", (8, 8), (1, 2, 3)).save(tmp_path / "0.png")
    for number in range(1, 9):
        Image.new("L", (8, 8), number).save(tmp_path / f"{number}.png")
    monkeypatch.setattr(survey, "MEMORY_BYTES", 64 * 12)  # 11 grey planes do, 27 do not
    source = open_images(tmp_path).train
    assert isinstance(source, DecodedSource)
    assert not source.reader.parallel
    assert source.batch([0, 8]).pixels[:, :, 0, 0].tolist() == [[1, 2, 3], [8, 8, 8]]


def test_several_threads_may_ask_at_once(photographs, monkeypatch):
    monkeypatch.setattr(survey, "MEMORY_BYTES", 1000)
    source = open_images(photographs).train
    expected = [source.batch([row]).pixels for row in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row: source.batch([row]).pixels, range(40)))
    assert all(torch.equal(one, other) for one, other in zip(expected, found, strict=True))


def first_pixel(source, row):
    return int(source.batch([row]).pixels[0, 0, 0, 0])


def test_spawned_processes_can_read(photographs, monkeypatch):
    monkeypatch.setattr(survey, "MEMORY_BYTES", 1000)
    source = open_images(photographs).train
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(first_pixel, source, 7).result() == first_pixel(source, 7)


def test_forked_processes_can_read(photographs, monkeypatch):
    monkeypatch.setattr(survey, "MEMORY_BYTES", 1000)
    source = open_images(photographs).train
    expected = first_pixel(source, 7)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        assert pool.submit(first_pixel, source, 7).result(timeout=60) == expected


@pytest.mark.parametrize("memory", [1000, 1 << 30])
def test_sources_survive_pickling(photographs, monkeypatch, memory):
    monkeypatch.setattr(survey, "MEMORY_BYTES", memory)
    source = open_images(photographs).train.take([5, 2])
    back = pickle.loads(pickle.dumps(source))
    assert list(back.keys) == ["05.png", "02.png"]
    assert torch.equal(back.batch([0, 1]).pixels, source.batch([0, 1]).pixels)


def test_a_file_that_vanishes_later_is_named(photographs, monkeypatch):
    monkeypatch.setattr(survey, "MEMORY_BYTES", 1000)
    source = open_images(photographs).train
    (photographs / "03.png").unlink()
    with pytest.raises(UserError, match="image 3 could be read before and no longer can: No such file"):
        source.batch([3])
