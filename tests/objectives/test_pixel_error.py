"""Errors of images against plain loops, and wrong versions that the same check rejects."""

import pytest
import torch
from oracles import pixel_error as oracle

from selftaught.objectives import mean_image_error, squared_error

IMAGES, MADE = torch.randn(2, 5, 3, 4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def flat(images):
    return images.flatten(1).tolist()


def errs_alike(error):
    expected = [oracle.squared_error(*pair) for pair in zip(flat(MADE), flat(IMAGES), strict=True)]
    found = error(MADE, IMAGES)
    return found.shape == (5,) and torch.allclose(found, found.new_tensor(expected), rtol=0, atol=1e-10)


def guesses_alike(error):
    return abs(error(IMAGES).item() - oracle.mean_image_error(flat(IMAGES))) < 1e-10


def absolute(made, images):
    return (made - images).abs().mean((1, 2, 3))


def summed(made, images):
    return (made - images).square().sum((1, 2, 3))


def over_the_batch(made, images):
    return (made - images).square().mean().expand(len(images))


def of_the_mean_images_own_making(images):
    return images.var(0, unbiased=False).mean()


def of_the_mean_value(images):
    return images.var()


def test_they_are_accepted():
    assert errs_alike(squared_error)
    assert guesses_alike(mean_image_error)


@pytest.mark.parametrize("wrong", [absolute, summed, over_the_batch])
def test_a_wrong_error_is_rejected(wrong):
    assert not errs_alike(wrong)


@pytest.mark.parametrize("wrong", [of_the_mean_images_own_making, of_the_mean_value])
def test_a_wrong_guess_is_rejected(wrong):
    assert not guesses_alike(wrong)


def test_the_guess_is_that_of_the_true_mean_on_average():
    """Of normal values of deviation 2 the true mean errs by 4, however few there are."""
    many = 2 * torch.randn(400, 3, 1, 8, 8, generator=torch.Generator().manual_seed(0)).double()
    assert torch.stack([mean_image_error(each) for each in many]).mean().item() == pytest.approx(4, rel=0.02)
