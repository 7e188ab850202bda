"""The four turns hold the same pixels, and what is wrongly said of them is wrong of every one."""

import torch

from selftaught.core import TurnedImages


def test_turns_move_pixels_and_change_none():
    upright = torch.arange(18.0).view(1, 2, 3, 3)
    turned = TurnedImages.of(torch.tensor([40]), upright).images[0]
    assert torch.equal(turned[0], upright[0])
    assert turned[1, 0].tolist() == [[2, 5, 8], [1, 4, 7], [0, 3, 6]]  # against the clock: the right column is on top
    assert torch.equal(turned[2], upright[0].flip((1, 2)))
    for quarters in range(4):
        assert torch.equal(turned[quarters].rot90(-quarters, (1, 2)), upright[0])


def test_what_is_said_is_right_and_of_mismatched_views_nowhere():
    views = TurnedImages.example(3, torch.Generator().manual_seed(0))
    assert torch.equal(views.turns, torch.arange(4).expand(3, 4))
    wrong = views.mismatched()
    assert len(wrong) == 3
    for other in wrong.values():
        assert torch.equal(other.images, views.images)
        assert (other.turns != views.turns).all()
        assert torch.equal(other.turns.sort(1).values, views.turns)
    said = torch.stack([other.turns for other in wrong.values()])
    assert len(said.unique(dim=0)) == 3
