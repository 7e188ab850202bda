"""Seen and clean images are mismatched item by item."""

import torch

from selftaught.core import CorruptedImages


def numbered():
    rows = torch.arange(3.0).view(-1, 1, 1, 1).expand(3, 1, 4, 4)
    return CorruptedImages(torch.arange(3), rows + 10, rows)


def test_halves_are_joined_alike_in_what_is_seen_and_meant():
    joined = numbered().mismatched()["halves of two images"]
    assert joined.images[:, 0, :, 0].tolist() == [[0, 0, 1, 1], [1, 1, 2, 2], [2, 2, 0, 0]]
    assert torch.equal(joined.seen, joined.images + 10)


def test_another_images_copy_is_seen():
    other = numbered().mismatched()["seen of another image"]
    assert other.seen[:, 0, 0, 0].tolist() == [11, 12, 10]
    assert torch.equal(other.images, numbered().images)


def test_noise_is_in_both_the_same_in_any_batch():
    views = CorruptedImages.example(4, torch.Generator().manual_seed(0))
    noisy = views.mismatched()["noise over the image"]
    added = noisy.images - views.images
    torch.testing.assert_close(noisy.seen - views.seen, added)
    assert 0.9 < added.std() < 1.1
    few = views.take(slice(2, 4)).mismatched()["noise over the image"]
    assert torch.equal(few.images, noisy.images[2:4])


def test_examples_are_random_and_repeatable():
    one, again = (CorruptedImages.example(6, torch.Generator().manual_seed(0)) for _ in range(2))
    assert torch.equal(one.seen, again.seen)
    assert 0.25 < (one.seen - one.images).std() < 0.35
