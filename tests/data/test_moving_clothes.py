"""Made clips: what is said of masks and points is true of the pixels."""

import pytest
import torch

from selftaught.core import UserError
from selftaught.data import make_moving_clothes, open_video

SIDE = 64


@pytest.fixture(scope="module")
def made():
    return make_moving_clothes(24, frames=8, image_size=SIDE, part="train", seed=3)


def test_everything_lies_in_its_range(made):
    assert made.frames.min() >= 0
    assert made.frames.max() <= 1
    assert made.masks.unique().tolist() == [0, 1, 2]
    assert made.owners.tolist() == [1] * 4 + [2] * 4


def test_shown_points_lie_on_their_objects(made):
    at = made.points.round().long().clamp(0, SIDE - 1)
    clip, frame = torch.meshgrid(torch.arange(24), torch.arange(8), indexing="ij")
    found = made.masks[clip[..., None], frame[..., None], at[..., 1], at[..., 0]]
    assert torch.equal(found == made.owners, made.shown | ((found == made.owners) & ~made.shown))
    assert made.shown.float().mean() > 0.7


def brightness_at(made, points):
    grid = (points + 0.5) / SIDE * 2 - 1
    seen = torch.nn.functional.grid_sample(made.frames.flatten(0, 1), grid.flatten(0, 1)[:, None], align_corners=False)
    return seen[:, :, 0].mean(1).unflatten(0, made.points.shape[:2])  # (n, t, p)


def drift(made, points):
    """How much the brightness at a point changes through a clip, where it is shown throughout."""
    seen = brightness_at(made, points)
    return float((seen - seen[:, :1]).abs().mean(1)[made.shown.all(1)].mean())


def test_points_move_with_the_texture(made):
    true = drift(made, made.points)
    assert true < 0.06
    assert drift(made, made.points[:, :1].expand_as(made.points)) > 2 * true  # points that stay
    assert drift(made, made.points.flip(3)) > 2 * true  # down and across exchanged
    assert drift(made, made.points.flip(1)) > 1.5 * true  # backwards


def test_seeds_parts_and_batches_are_what_they_say(made):
    again = make_moving_clothes(24, frames=8, image_size=SIDE, part="train", seed=3)
    assert torch.equal(again.frames, made.frames)
    other = make_moving_clothes(24, frames=8, image_size=SIDE, part="test", seed=3)
    assert not torch.equal(other.points, made.points)
    assert not torch.equal(make_moving_clothes(24, frames=8, image_size=SIDE, part="train").points, made.points)


def test_the_name_opens_them():
    splits = open_video("moving-clothes", image_size=16)
    assert splits.found == (
        "moving-clothes of 2,000 clips of 4 frames from 1,000 videos, 16x16; "
        "kept out: 400 clips of 4 frames from 200 videos, 16x16"
    )


def test_wrong_numbers_are_refused():
    with pytest.raises(UserError, match="expected at least 1 video, 1 frame and 8 pixels, got 0, 4 and 16"):
        make_moving_clothes(0, frames=4, image_size=16, part="train")
