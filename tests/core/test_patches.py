"""Patches are cut row by row, come back as the image, and hide what they should."""

import pytest
import torch
from oracles import reconstruction as oracle

from selftaught.core import AssignedView, MaskedImages, UserError, patchify, unpatchify, usual_patch_pixels


def numbered(n=4, channels=3, side=12, size=4, kept=3):
    images = torch.arange(n * channels * side * side, dtype=torch.float64).view(n, channels, side, side)
    order = torch.rand(n, (side // size) ** 2, generator=torch.Generator().manual_seed(0)).argsort(1)
    return MaskedImages(torch.arange(n), images, order[:, :kept], order[:, kept:])


@pytest.mark.parametrize(("channels", "size"), [(1, 2), (3, 3), (2, 6)])
def test_patches_are_those_of_the_oracle_and_come_back(channels, size):
    images = torch.arange(2.0 * channels * 36).view(2, channels, 6, 6)
    assert patchify(images, size).tolist() == [oracle.patches_of(image, size) for image in images.tolist()]
    assert torch.equal(unpatchify(patchify(images, size), channels), images)
    strided = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(patchify(strided, size), patchify(images, size))


def test_patches_that_do_not_tile_are_refused():
    with pytest.raises(UserError, match="expected patches that tile images of 28x28 pixels, got patches of 3"):
        patchify(torch.zeros(1, 1, 28, 28), 3)


@pytest.mark.parametrize("size", [8, 12, 16, 20, 28, 32, 36, 48, 64, 96, 128, 224, 256, 384])
def test_usual_patches_tile(size):
    assert size % usual_patch_pixels(size) == 0
    assert 4 <= size // usual_patch_pixels(size) <= 32


def test_a_size_that_no_patches_tile_names_the_nearest():
    with pytest.raises(UserError, match="got 31 pixels: the nearest is --image-size 32"):
        usual_patch_pixels(31)


def test_filled_changes_the_hidden_places_only():
    views = numbered()
    filled = views.filled(torch.full_like(views.hidden_patches, -1.0))
    patches = filled.patches
    for row in range(len(views)):
        assert (patches[row, views.hidden[row]] == -1).all()
        assert torch.equal(patches[row, views.keep[row]], views.patches[row, views.keep[row]])
    assert torch.equal(views.filled(views.hidden_patches).images, views.images)


def test_mismatches_leave_what_may_be_seen():
    views = numbered()
    found = views.mismatched()
    assert len(found) == 3
    for wrong in found.values():
        for row in range(len(views)):
            assert torch.equal(wrong.patches[row, views.keep[row]], views.patches[row, views.keep[row]])
            assert not (wrong.patches[row, views.hidden[row]] == views.patches[row, views.hidden[row]]).all(1).any()
    other = found["hidden patches of another item"]
    assert torch.equal(other.patches[3, views.hidden[3]], views.patches[0, views.hidden[3]])
    moved = found["hidden patches in a wrong order"].hidden_patches
    assert torch.equal(moved.sort(1).values, views.hidden_patches.sort(1).values)


def test_an_assigned_view_keeps_its_pixels_and_takes_another_row():
    views = AssignedView.example(5, torch.Generator().manual_seed(0))
    (wrong,) = views.mismatched().values()
    assert torch.equal(wrong.view, views.view)
    assert wrong.index.tolist() == [1, 2, 3, 4, 0]
