"""Clips are cropped alike in all frames, and every place gets the nearest colour of the palette."""

import pytest
import torch
from skimage.color import rgb2lab
from skimage.data import astronaut
from sklearn.cluster import KMeans
from torch.nn import functional as F

from selftaught.core import Clips, UserError
from selftaught.parts import fit_palette, nearest_colours
from selftaught.views import ClipColours, Draws

PHOTOGRAPH = torch.from_numpy(astronaut().copy()).permute(2, 0, 1)
PALETTE = torch.tensor([[-30.0, 20.0], [0.0, 0.0], [5.0, -25.0], [15.0, 15.0], [45.0, 35.0]])


def moving(n=3, frames=4, side=64):
    """Windows on a photograph that move to the right."""
    return Clips(
        torch.stack(
            [
                torch.stack([PHOTOGRAPH[:, 40 * i : 40 * i + side, 9 * t : 9 * t + side] for t in range(frames)])
                for i in range(n)
            ]
        )
    )


def maker(**options):
    numbers = {"image_size": 32, "palette": PALETTE.tolist(), "cell_pixels": 4}
    return ClipColours(**{**numbers, **options})


def accepts(colours_of):
    """Whether the numbers are those of scikit-image's Lab, averaged over squares, by the nearest centre."""
    pixels = PHOTOGRAPH[None].float() / 255
    lab = torch.from_numpy(rgb2lab(pixels[0].permute(1, 2, 0).numpy())).permute(2, 0, 1)[None]
    places = F.avg_pool2d(lab, 4)[0, 1:].flatten(1).T  # (places, 2)
    expected = torch.cdist(places.double(), PALETTE.double()).argmin(1).view(128, 128)
    return (colours_of(pixels, PALETTE, cell_pixels=4)[0] == expected).float().mean() > 0.99


def blue_first(images, palette, *, cell_pixels):
    return nearest_colours(images.flip(1), palette, cell_pixels=cell_pixels)


def colours_without_lab(images, palette, *, cell_pixels):
    opponents = torch.stack([images[:, 0] - images[:, 1], images[:, 1] - images[:, 2]], 1)
    cells = 100 * F.avg_pool2d(opponents, cell_pixels)
    return (cells[:, None] - palette[:, :, None, None]).square().sum(2).argmin(1)


def test_colours_are_those_of_lab_and_of_red_green_and_blue():
    assert accepts(nearest_colours)
    assert not accepts(blue_first)
    assert not accepts(colours_without_lab)


def test_a_palette_is_as_good_as_scikit_learns_clusters():
    pixels = PHOTOGRAPH[None].float() / 255
    ours = fit_palette(pixels, 16)
    places = F.avg_pool2d(torch.from_numpy(rgb2lab(astronaut())).permute(2, 0, 1)[None], 4)[0, 1:].flatten(1).T
    theirs = KMeans(16, n_init=3, random_state=0).fit(places.numpy())
    inertia = torch.cdist(places.double(), ours.double()).amin(1).square().sum()
    assert inertia < 1.1 * theirs.inertia_
    swapped = fit_palette(pixels.flip(1), 16)  # blue for red
    assert torch.cdist(places.double(), swapped.double()).amin(1).square().sum() > 1.5 * theirs.inertia_
    assert torch.equal(ours, fit_palette(pixels, 16))


def test_all_frames_are_cropped_alike():
    still = Clips(moving(frames=1).frames.expand(-1, 3, -1, -1, -1))
    views = maker()(still, draws=Draws.at(0, 1, batch=3))
    for frame in (1, 2):
        assert torch.equal(views.frames[:, 0], views.frames[:, frame])
        assert torch.equal(views.colours[:, 0], views.colours[:, frame])
    assert not torch.allclose(views.frames[0, 0].mean(), views.frames[1, 0].mean())


def test_a_whole_frame_is_normalised_and_stays_where_it_was():
    clips = moving()
    whole = {"image_size": 64, "crop_scale": (1.0, 1.0), "crop_ratio": (1.0, 1.0), "flip_probability": 0.0}
    views = maker(**whole, mean=(0.1, 0.2, 0.3), standard_deviation=(0.5, 0.25, 0.2))(clips)
    pixels = clips.frames.float() / 255
    expected = (pixels - torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1)) / torch.tensor([0.5, 0.25, 0.2]).view(3, 1, 1)
    assert torch.allclose(views.frames, expected, atol=1e-5)
    assert torch.equal(views.colours[1, 2], nearest_colours(pixels[1, 2:3], PALETTE, cell_pixels=4)[0])
    assert torch.equal(views.palette, PALETTE.expand(3, -1, -1))
    mirrored = maker(**{**whole, "flip_probability": 1.0})(clips)
    assert torch.equal(mirrored.colours, views.colours.flip(3))


def test_processes_draw_what_one_would():
    clips = moving(4)
    whole = maker()(clips, draws=Draws.at(0, 5, batch=4))
    half = maker()(Clips(clips.frames[2:]), draws=Draws.at(0, 5, batch=4, rows=slice(2, 4)))
    assert torch.equal(whole.frames[2:], half.frames)
    assert torch.equal(whole.colours[2:], half.colours)


def test_what_cannot_be_is_refused():
    with pytest.raises(UserError, match="expected clips of at least 2 frames, to colour the last by the others, got 1"):
        maker()(moving(frames=1))
    with pytest.raises(UserError, match="palette: expected at least 2 colours"):
        maker(palette=[(0.0, 0.0)])
    with pytest.raises(UserError, match="crop_scale"):
        maker(crop_scale=(0.0, 1.0))
    with pytest.raises(UserError, match="expected pictures with at least 2 colours, and at least 2, got 1"):
        fit_palette(torch.full((1, 3, 8, 8), 0.5), 2)


def test_mismatched_clips_keep_their_references():
    views = maker()(moving(4), draws=Draws.at(0, 5, batch=4))
    wrong = views.mismatched()
    assert sorted(wrong) == ["colours in other places", "colours of another clip", "target of another clip"]
    for each in wrong.values():
        assert torch.equal(each.frames[:, :-1], views.frames[:, :-1])
        assert torch.equal(each.reference_colours, views.reference_colours)
        assert not torch.equal(each.target_colours, views.target_colours)
    assert torch.equal(wrong["target of another clip"].frames[0, -1], views.frames[1, -1])
    assert torch.equal(wrong["colours of another clip"].frames, views.frames)
