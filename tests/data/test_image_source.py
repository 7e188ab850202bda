import numpy as np
import pytest
import torch

from selftaught.data import ArraySource, describe, open_images


def test_statistics_are_those_of_all_pixels():
    images = np.random.default_rng(0).integers(0, 256, (50, 9, 7, 3), dtype=np.uint8)
    mean, deviation = open_images(images).train.statistics()
    assert mean == pytest.approx((images / 255).mean((0, 1, 2)).tolist(), abs=1e-6)
    assert deviation == pytest.approx((images / 255).std((0, 1, 2)).tolist(), abs=1e-6)


def test_statistics_of_images_of_different_sizes_leave_the_padding_out():
    small, large = np.full((2, 2), 255, dtype=np.uint8), np.zeros((4, 5), dtype=np.uint8)
    mean, _ = open_images([small, large]).train.statistics()
    assert mean == pytest.approx((4 / 24,), abs=1e-7)


def test_statistics_of_floats_are_not_scaled_again():
    mean, deviation = open_images(torch.full((4, 3, 8, 8), 0.25)).train.statistics()
    assert mean == pytest.approx((0.25,) * 3)
    assert deviation == pytest.approx((1 / 255,) * 3)


def test_statistics_read_at_most_the_limit_and_are_repeatable(monkeypatch):
    source = open_images(np.random.default_rng(0).integers(0, 256, (500, 8, 8), dtype=np.uint8)).train
    seen = []
    read = ArraySource.read
    monkeypatch.setattr(ArraySource, "read", lambda self, stored: seen.append(len(stored)) or read(self, stored))
    first = source.statistics(limit=300)
    assert sum(seen) == 300
    assert source.statistics(limit=300) == first


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 8, 8), "1 image, grey, 8x8"),
        ((12, 8, 9, 3), "12 images, RGB, 9x8"),
        ((5, 8, 9, 4), "5 images, 4 channels, 9x8"),
    ],
)
def test_describe(shape, expected):
    assert describe(open_images(np.zeros(shape, dtype=np.uint8)).train) == expected
