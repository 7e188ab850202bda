"""Images with latents are cut and mismatched item by item."""

import pytest
import torch

from selftaught.core import ImagesWithLatents, UserError


def numbered(n=4, *, coded=False):
    rows = torch.arange(n, dtype=torch.float32)
    images = rows.view(-1, 1, 1, 1).expand(n, 1, 6, 4)
    return ImagesWithLatents(torch.arange(n), images, rows[:, None].expand(n, 5), images if coded else None)


def test_take_and_to_keep_what_is_absent_absent():
    views = numbered().take(torch.tensor([2, 0])).to(torch.device("cpu"), torch.float64)
    assert views.coded is None
    assert views.images[:, 0, 0, 0].tolist() == views.latents[:, 0].tolist() == [2.0, 0.0]
    assert views.images.dtype == views.latents.dtype == torch.float64


def test_take_keeps_the_code_with_its_image():
    views = numbered(coded=True).take(slice(1, 3))
    assert views.coded[:, 0, 0, 0].tolist() == [1.0, 2.0]


def test_halves_come_from_an_image_and_the_next():
    (wrong,) = numbered().mismatched().values()
    assert wrong.images[:, 0, :3].unique(dim=1)[:, 0, 0].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert wrong.images[:, 0, 3:].unique(dim=1)[:, 0, 0].tolist() == [1.0, 2.0, 3.0, 0.0]
    assert wrong.coded is None


def test_images_that_are_coded_mismatch_in_both_ways():
    wrong = numbered(coded=True).mismatched()
    assert torch.equal(wrong["halves of two images"].coded, wrong["halves of two images"].images)
    other = wrong["another image's code"]
    assert other.images[:, 0, 0, 0].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert other.coded[:, 0, 0, 0].tolist() == [1.0, 2.0, 3.0, 0.0]


def test_noise_is_the_first_latents_or_refused():
    assert numbered().noise(3).shape == (4, 3)
    with pytest.raises(UserError, match="at least 6 latents of every item, got 5; views draw `noise_width`"):
        numbered().noise(6)


def test_examples_are_random_and_repeatable():
    one, again = (ImagesWithLatents.example(6, torch.Generator().manual_seed(0)) for _ in range(2))
    assert one.images.shape == (6, 3, 16, 16)
    assert torch.equal(one.latents, again.latents)
    assert one.latents.std().item() == pytest.approx(1, abs=0.1)
