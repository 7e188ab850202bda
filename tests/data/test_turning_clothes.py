"""Made clips whose objects turn by chance: the past is the same for every future, and masks and points stay exact."""

from itertools import pairwise, product

import pytest
import torch

from selftaught.core import UserError
from selftaught.data import make_moving_clothes, open_video

SETTINGS = {"frames": 8, "image_size": 64, "part": "train", "seed": 3}


@pytest.fixture(scope="module")
def futures():
    ways = product((-1, 1), repeat=2)
    return {turns: make_moving_clothes(16, **SETTINGS, turn_after=4, turns=turns) for turns in ways}


def test_nothing_before_the_turn_says_which_way_it_goes(futures):
    first = futures[-1, -1]
    straight = make_moving_clothes(16, **SETTINGS)
    for made in futures.values():
        assert torch.equal(made.frames[:, :4], first.frames[:, :4])
        assert torch.equal(made.frames[:, :4], straight.frames[:, :4])
        assert not torch.equal(made.frames[:, 4:], straight.frames[:, 4:])
    pairs = list(futures.values())
    assert all((a.frames[:, 7] - b.frames[:, 7]).abs().mean() > 0.01 for a, b in pairwise(pairs))


def headings(made, turns):
    """Where an object goes after the turn against before, as a sine: its four points taken together."""
    found = []
    for number, side in enumerate(turns):
        middle = made.points[:, :, 4 * number : 4 * number + 4].mean(2)
        steps = middle[:, 1:] - middle[:, :-1]  # (n, 7, 2)
        before, after = steps[:, 2], steps[:, 3]
        cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
        sine = cross / (before.norm(dim=1) * after.norm(dim=1)).clamp(min=1e-6)
        found.append((sine * side).median())
    return found


def test_objects_turn_to_the_side_that_is_said(futures):
    for turns, made in futures.items():
        assert made.turns.tolist() == [list(turns)] * 16
        assert min(headings(made, turns)) > 0.5
        assert max(headings(made, [-side for side in turns])) < -0.5


def test_points_lie_on_their_objects_after_the_turn(futures):
    for made in futures.values():
        at = made.points.round().long().clamp(0, 63)
        clip, frame = torch.meshgrid(torch.arange(16), torch.arange(8), indexing="ij")
        found = made.masks[clip[..., None], frame[..., None], at[..., 1], at[..., 0]]
        assert torch.equal((found == made.owners) & made.shown, made.shown)
        assert made.shown[:, 4:].float().mean() > 0.6


def test_by_chance_both_sides_come_up_for_each_object_on_its_own():
    made = make_moving_clothes(200, frames=2, image_size=8, part="train", turn_after=1)
    shares = [(made.turns == torch.tensor(turns)).all(1).float().mean() for turns in product((-1, 1), repeat=2)]
    assert min(shares) > 0.15
    assert make_moving_clothes(2, frames=2, image_size=8, part="train").turns is None


def test_the_name_opens_them():
    splits = open_video("turning-clothes", image_size=16, clip_frames=8)
    assert splits.found.startswith("turning-clothes of 1,000 clips of 8 frames from 1,000 videos, 16x16; kept out: 200")


@pytest.mark.parametrize("turn_after", [0, 8])
def test_a_turn_outside_the_video_is_refused(turn_after):
    with pytest.raises(UserError, match=f"turn_after: expected at least 1 frame and fewer than 8, got {turn_after}"):
        make_moving_clothes(1, **SETTINGS, turn_after=turn_after)
