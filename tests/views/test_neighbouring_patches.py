"""Patches lie where they should, with gaps, and lose their colours as was asked."""

import pytest
import torch
from numbered_places import corners, places
from view_samples import images

from selftaught.core import UserError
from selftaught.views import Draws, NeighbouringPatches
from selftaught.views.neighbouring_patches import without_green_and_magenta

N, SIZE = 24, 36


def make(**options):
    return NeighbouringPatches(image_size=SIZE, **{"crop_scale": (1.0, 1.0), **options})


@pytest.fixture
def as_they_are(monkeypatch):
    monkeypatch.setattr("selftaught.views.neighbouring_patches.normalise_tiles", lambda tiles: tiles)


@pytest.mark.usefixtures("as_they_are")
def test_patches_lie_in_rows_of_three_with_gaps_and_jitter():
    views = make(colours="keep")(places(200, SIZE), draws=Draws.at(0, batch=200))
    cell = torch.arange(9)
    steady = torch.stack([cell // 3, cell % 3], 1) * 12 + 2  # patches of 8 pixels in the middle of cells of 12
    apart = corners(views.patches) - steady
    assert apart.unique().tolist() == [-1, 0, 1]
    assert (apart.float().std(1) > 0).any()
    right_of = corners(views.patches)[:, [0, 1, 3, 4, 6, 7], 1] + 8
    gaps = corners(views.patches)[:, [1, 2, 4, 5, 7, 8], 1] - right_of
    assert gaps.unique().tolist() == [2, 3, 4, 5, 6]  # half a patch, and never none


def test_one_channel_is_left_to_each_patch_and_the_others_are_faint_noise():
    patches = make()(images(), draws=Draws.at(0, batch=N)).patches
    deviation = patches.std((3, 4), correction=0)  # (n, 9, 3)
    left = deviation > 0.5
    assert (left.sum(2) == 1).all()
    torch.testing.assert_close(deviation[left], torch.ones(N * 9), rtol=0, atol=1e-3)
    assert (deviation[~left] - 0.01).abs().max() < 0.006
    counts = left.flatten(0, 1).sum(0)
    assert ((counts - N * 3).abs() < 5 * (N * 2) ** 0.5).all()
    assert (left.float().argmax(2) != left.float().argmax(2)[:, :1]).any(1).all()  # each patch its own
    kept = make(colours="keep")(images(), draws=Draws.at(0, batch=N)).patches
    assert torch.equal(patches[left], kept[left])


def green_channel_removed(pictures):
    return torch.cat([pictures[:, :1], torch.zeros_like(pictures[:, :1]), pictures[:, 2:]], 1)


def made_grey(pictures):
    return pictures.mean(1, keepdim=True).expand_as(pictures)


def mirrored_at_grey(pictures):
    return 2 * without_green_and_magenta(pictures) - pictures


def accepts(project):
    """Whether green against magenta is gone, and everything that is neither has stayed."""
    a = torch.tensor([-1.0, 2.0, -1.0]).view(1, 3, 1, 1)
    neither = [torch.ones(1, 3, 2, 2), torch.tensor([1.0, 0.0, -1.0]).view(1, 3, 1, 1).expand(1, 3, 2, 2)]
    stays = all(torch.allclose(project(one), one, atol=1e-6) for one in neither)
    return stays and bool(project(a.expand(1, 3, 2, 2)).abs().max() < 1e-6)


def test_green_and_magenta_are_projected_out():
    assert accepts(without_green_and_magenta)


@pytest.mark.parametrize("wrong", [green_channel_removed, made_grey, mirrored_at_grey])
def test_wrong_projections_are_rejected(wrong):
    assert not accepts(wrong)


@pytest.mark.usefixtures("as_they_are")
def test_projection_is_of_the_crop():
    projected = make(colours="project")(images(), draws=Draws.at(0, batch=N)).patches
    kept = make(colours="keep")(images(), draws=Draws.at(0, batch=N)).patches
    torch.testing.assert_close(projected, without_green_and_magenta(kept))
    assert (projected - kept).abs().max() > 0.01


def test_light_is_taken_from_each_patch():
    patches = make(colours="keep")(images(), draws=Draws.at(0, batch=N)).patches
    torch.testing.assert_close(patches.mean((3, 4)), torch.zeros(N, 9, 3), rtol=0, atol=1e-4)
    torch.testing.assert_close(patches.std((3, 4), correction=0), torch.ones(N, 9, 3), rtol=0, atol=1e-3)


@pytest.mark.parametrize(("size", "patch"), [(28, 6), (32, 7), (224, 49), (432, 96)])
def test_sides_follow_the_image(size, patch):
    made = NeighbouringPatches(image_size=size)(images(2), draws=Draws.at(0, batch=2))
    assert made.patches.shape == (2, 9, 3, patch, patch)


def test_processes_cut_what_one_would():
    whole = make()(images(), draws=Draws.at(5, batch=N))
    part = make()(images()[8:16], draws=Draws.at(5, batch=N, rows=slice(8, 16)))
    torch.testing.assert_close(whole.patches[8:16], part.patches, rtol=0, atol=1e-4)


def test_what_makes_no_sense_is_refused_and_what_is_left_out_is_said():
    with pytest.raises(UserError, match="patch_size: expected at most 10 of the 12 pixels of a cell, got 11"):
        make(patch_size=11)
    with pytest.raises(UserError, match="colours: expected images with 3 channels to project, got 1"):
        make(channels=1, colours="project")
    for options in ({"patch_size": 1}, {"patch_jitter": -1}, {"crop_scale": (1.0, 0.5)}):
        with pytest.raises(UserError):
            make(**options)
    assert make().describe() == []
    assert make(channels=1).describe() == ["dropping of colours: left out, images have 1 channel"]
    grey = make(channels=1)(images(channels=1), draws=Draws.at(0, batch=N)).patches
    torch.testing.assert_close(grey.std((3, 4), correction=0), torch.ones(N, 9, 1), rtol=0, atol=1e-3)
