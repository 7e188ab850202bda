"""The error of a filled hole against the paper in plain Python, and wrong versions that the check rejects."""

import pytest
import torch
from oracles import inpainting as oracle

from selftaught.objectives import hole_error


def case(seed=0):
    generator = torch.Generator().manual_seed(seed)
    guess, image = (torch.randn(3, 2, 9, 8, generator=generator, dtype=torch.float64) for _ in range(2))
    mask = torch.rand(3, 1, 9, 8, generator=generator) < 0.1
    mask[:, :, 4, 4] = True
    return guess, image, mask


def accepts(error):
    for overlap in (0, 1, 2):
        guess, image, mask = case(overlap)
        found = error(guess, image, mask, overlap)
        for n in range(3):
            expected = oracle.error(guess[n].tolist(), image[n].tolist(), mask[n, 0].tolist(), overlap)
            if abs(found[n].item() - expected) > 1e-10 * expected:
                return False
    return True


def over_the_whole_picture(guess, image, mask, overlap):
    return (guess - image).square().mean((1, 2, 3))


def reversed_mask(guess, image, mask, overlap):
    return hole_error(guess, image, ~mask, overlap)


def band_like_the_hole(guess, image, mask, overlap):
    return hole_error(guess, image, mask, overlap, band_weight=1.0)


def band_inside_the_hole(guess, image, mask, overlap):
    return hole_error(guess, image, mask, overlap) + hole_error(guess, image, mask, 0) * (overlap > 0)


def divided_by_all_pixels(guess, image, mask, overlap):
    return hole_error(guess, image, mask, overlap) * mask.sum((1, 2, 3)) / mask[0].numel()


def summed_over_channels(guess, image, mask, overlap):
    return hole_error(guess, image, mask, overlap) * 2


def test_it_is_accepted():
    assert accepts(hole_error)


@pytest.mark.parametrize(
    "wrong",
    [
        over_the_whole_picture,
        reversed_mask,
        band_like_the_hole,
        band_inside_the_hole,
        divided_by_all_pixels,
        summed_over_channels,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_gradient():
    guess, image, mask = case()
    assert torch.autograd.gradcheck(lambda said: hole_error(said, image, mask, 1), guess.requires_grad_(True))
