import numpy as np
import pytest
from PIL import Image

from selftaught.core import UserError
from selftaught.data.scaling import check_depth, scaled, with_channels


def test_eight_bits_stay_the_same_array():
    pixels = np.arange(256, dtype=np.uint8)
    assert scaled(pixels) is pixels


@pytest.mark.parametrize(("dtype", "largest"), [(np.uint16, 65535), (np.uint32, 4294967295)])
def test_deeper_integers_are_divided_by_their_types_largest_value(dtype, largest):
    pixels = np.array([0, 1, largest // 2, largest], dtype=dtype)
    expected = [np.float32(value / largest) for value in (0, 1, largest // 2, largest)]
    assert scaled(pixels).tolist() == expected
    assert scaled(pixels).dtype == np.float32


def test_booleans_become_black_and_white():
    assert scaled(np.array([False, True])).tolist() == [0, 255]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint64, np.complex64])
def test_types_without_a_scale_are_refused(dtype):
    with pytest.raises(UserError, match=f"pictures: {np.dtype(dtype)} images have no scale: expected uint8"):
        check_depth(np.zeros((2, 8, 8), dtype=dtype), "pictures")


@pytest.mark.parametrize(
    ("values", "said"), [([-0.1, 0.5], "got -0.1 to 0.5"), ([0.0, 255.0], "got 0 to 255"), ([0.0, np.nan], "got nan")]
)
def test_floats_outside_the_unit_interval_are_refused(values, said):
    with pytest.raises(UserError, match=said):
        check_depth(np.array(values), "pictures")


def test_floats_at_both_ends_pass():
    check_depth(np.array([0.0, 1.0], dtype=np.float16), "pictures")


def test_grey_of_rgb_agrees_with_pillow_on_every_sampled_colour():
    colours = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    pillow = np.asarray(Image.fromarray(colours.transpose(1, 2, 0)).convert("L"))
    assert np.array_equal(with_channels(colours, 1)[0], pillow)


def test_grey_of_float_rgb_uses_the_same_weights():
    colours = np.random.default_rng(0).random((2, 3, 4, 4), dtype=np.float32)
    expected = 0.299 * colours[:, 0] + 0.587 * colours[:, 1] + 0.114 * colours[:, 2]
    assert np.allclose(with_channels(colours, 1)[:, 0], expected, atol=1e-6)


def test_rgb_of_grey_repeats_it():
    grey = np.arange(8, dtype=np.uint8).reshape(2, 1, 2, 2)
    assert np.array_equal(with_channels(grey, 3), np.concatenate([grey, grey, grey], axis=1))


@pytest.mark.parametrize(("have", "wanted"), [(4, 3), (1, 2), (13, 1)])
def test_other_channel_counts_do_not_convert(have, wanted):
    with pytest.raises(UserError, match=f"cannot turn {have} channels into {wanted}"):
        with_channels(np.zeros((have, 2, 2), dtype=np.uint8), wanted)
