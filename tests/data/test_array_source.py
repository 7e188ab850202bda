import pickle

import numpy as np
import pytest
import torch

from selftaught.core import UserError
from selftaught.data.array_source import array_source, layout_of

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((10, 28, 28), "n h w"),
        ((2, 28, 28), "n h w"),
        ((10, 28, 28, 1), "n h w c"),
        ((10, 3, 32, 32), "n c h w"),
        ((10, 32, 48, 4), "n h w c"),
        ((3, 13, 64, 64), "n c h w"),
    ],
)
def test_layouts(shape, layout):
    assert layout_of(shape) == layout


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((10, 3, 3, 3), "cannot tell which axis"),
        ((10, 32, 3, 32), "cannot tell which axis"),
        ((480, 640, 3), "looks like one image"),
        ((10, 784), "flattened rows must be reshaped"),
        ((10,), "expected"),
        ((2, 3, 4, 5, 6), "expected"),
        ((10, 0, 28), "expected"),
    ],
)
def test_shapes_that_are_not_images_are_refused(shape, said):
    with pytest.raises(UserError, match=said):
        layout_of(shape)


def test_every_layout_gives_the_same_batch():
    channels_first = RANDOM.integers(0, 256, (12, 3, 16, 20), dtype=np.uint8)
    rows = [7, 0, 7, 11]
    for stored in (channels_first, channels_first.transpose(0, 2, 3, 1), torch.from_numpy(channels_first)):
        source = array_source(stored, name="a")
        batch = source.batch(rows)
        assert torch.equal(batch.pixels, torch.from_numpy(channels_first[rows]))
        assert batch.pixels.is_contiguous()
        assert batch.sizes.tolist() == [[16, 20]] * 4
        assert (source.channels, source.size, len(source)) == (3, (16, 20), 12)


def test_grey_gains_an_axis_and_rgb_on_request():
    stored = RANDOM.integers(0, 256, (4, 9, 8), dtype=np.uint8)
    assert array_source(stored, name="a").batch([2]).pixels.shape == (1, 1, 9, 8)
    rgb = array_source(stored, name="a", channels=3).batch([2]).pixels
    assert all(np.array_equal(rgb[0, channel], stored[2]) for channel in range(3))


def test_sixteen_bits_become_float_batch_by_batch():
    stored = RANDOM.integers(0, 65536, (4, 8, 8), dtype=np.uint16)
    source = array_source(stored, name="a")
    assert source.stored is stored
    assert torch.equal(source.batch([1]).pixels[0, 0], torch.from_numpy((stored[1] / 65535).astype(np.float32)))


def test_doubles_become_single():
    assert array_source(torch.rand(4, 3, 8, 8, dtype=torch.float64), name="a").batch([0]).pixels.dtype == torch.float32


def test_take_keeps_rows_keys_and_labels_together():
    stored = np.arange(6, dtype=np.uint8)[:, None, None] * np.ones((1, 8, 8), dtype=np.uint8)
    source = array_source(stored, name="a", labels=np.arange(6) * 10, classes=[str(i) for i in range(60)])
    part = source.take([5, 3, 1]).take(torch.tensor([2, 0]))
    assert part.batch([0, 1]).pixels[:, 0, 0, 0].tolist() == [1, 5]
    assert list(part.keys) == ["1", "5"]
    assert part.labels.tolist() == [10, 50]
    assert part.stored is stored


def test_a_mask_picks_the_rows_where_it_is_true():
    source = array_source(np.arange(4, dtype=np.uint8)[:, None, None].repeat(8, 1).repeat(8, 2), name="a")
    mask = np.array([False, True, False, True])
    assert source.take(mask).keys == ["1", "3"]
    assert source.batch(mask).pixels[:, 0, 0, 0].tolist() == [1, 3]


def test_a_row_beyond_the_end_is_an_error():
    with pytest.raises(IndexError):
        array_source(np.zeros((4, 8, 8), dtype=np.uint8), name="a").batch([4])


def test_pickled_sources_give_the_same_batches():
    source = array_source(RANDOM.integers(0, 256, (4, 8, 8), dtype=np.uint8), name="a").take([3, 1])
    back = pickle.loads(pickle.dumps(source))
    assert torch.equal(back.batch([0, 1]).pixels, source.batch([0, 1]).pixels)


def test_a_memory_mapped_array_is_pickled_as_its_path(tmp_path):
    stored = RANDOM.integers(0, 256, (64, 3, 32, 32), dtype=np.uint8)
    np.save(tmp_path / "a.npy", stored)
    source = array_source(np.load(tmp_path / "a.npy", mmap_mode="r"), name="a").take(np.arange(10, 20))
    content = pickle.dumps(source)
    assert len(content) < 4096
    assert np.array_equal(pickle.loads(content).batch([3]).pixels[0], stored[13])


def test_labels_must_be_as_many_as_the_images():
    with pytest.raises(UserError, match="4 images but 3 labels"):
        array_source(np.zeros((4, 8, 8), dtype=np.uint8), name="a", labels=np.zeros(3, dtype=np.int64))


def test_an_empty_array_is_refused():
    with pytest.raises(UserError, match="holds no images"):
        array_source(np.zeros((0, 8, 8), dtype=np.uint8), name="a")


def test_channels_that_do_not_convert_are_refused_at_once():
    with pytest.raises(UserError, match="cannot turn 5 channels into 3"):
        array_source(np.zeros((4, 5, 8, 8), dtype=np.uint8), name="a", channels=3)
