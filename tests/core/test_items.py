"""Batches of raw images."""

import torch

from selftaught.core import ImageBatch


def test_of_says_that_every_image_fills_its_tensor():
    batch = ImageBatch.of(torch.zeros(3, 1, 5, 7, dtype=torch.uint8))
    assert len(batch) == 3
    assert batch.channels == 1
    assert batch.sizes.tolist() == [[5, 7]] * 3


def test_to_moves_pixels_and_sizes():
    batch = ImageBatch.of(torch.zeros(3, 1, 5, 7)).to(torch.device("meta"))
    assert batch.pixels.device.type == batch.sizes.device.type == "meta"
