"""FutureWithLatents: the clips of PastAndFuture, and numbers of chance that two processes share as one would."""

from dataclasses import replace

import pytest
import torch

from selftaught.core import Clips, UserError
from selftaught.views import Draws, FutureWithLatents, PastAndFuture

CLIPS = Clips(torch.rand(6, 5, 3, 20, 20, generator=torch.Generator().manual_seed(0)))
MAKER = FutureWithLatents(image_size=16, past_frames=3, ways=4, noise_width=500)


def test_the_clips_are_those_without_latents():
    found = MAKER(CLIPS, draws=Draws.at(0, 1, batch=6))
    plain = PastAndFuture(image_size=16, past_frames=3)(CLIPS, draws=Draws.at(0, 1, batch=6))
    assert torch.equal(found.past, plain.past)
    assert torch.equal(found.future, plain.future)


def test_latents_are_standard_normal_and_each_its_own():
    latents = MAKER(CLIPS, draws=Draws.at(0, 1, batch=6)).latents
    assert latents.shape == (6, 4, 2, 500)
    assert abs(latents.mean()) < 0.03
    assert abs(latents.std() - 1) < 0.03
    rows = torch.corrcoef(latents.flatten(0, 2)) - torch.eye(48)
    assert rows.abs().max() < 0.25  # no completion, frame or clip has another's


def test_half_a_batch_gets_what_the_whole_would():
    whole = MAKER(CLIPS, draws=Draws.at(0, 1, batch=6))
    half = MAKER(Clips(CLIPS.frames[3:]), draws=Draws.at(0, 1, batch=6, rows=slice(3, 6)))
    assert torch.equal(half.latents, whole.latents[3:])
    assert torch.equal(half.future, whole.future[3:])


def test_wrong_futures_keep_their_latents():
    views = MAKER(CLIPS, draws=Draws.at(0, 1, batch=6))
    wrong = views.mismatched()
    assert set(wrong) == {"another clip", "the same clip at another time", "reversed", "shuffled"}
    assert all(
        torch.equal(each.latents, views.latents) and torch.equal(each.past, views.past) for each in wrong.values()
    )
    assert torch.equal(wrong["another clip"].future, views.future.roll(-1, 0))


@pytest.mark.parametrize("name", ["ways", "noise_width"])
def test_none_is_too_few(name: str):
    with pytest.raises(UserError, match=name):
        replace(MAKER, **{name: 0})
