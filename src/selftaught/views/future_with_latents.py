"""Clips in what was shown and what comes next, and random numbers for what cannot be known of the latter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from jaxtyping import Int
from torch import Tensor

from selftaught.core import Clips, ClipsWithLatents
from selftaught.views.checks import expect_number
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.past_and_future import PastAndFuture

__all__ = ["FutureWithLatents"]


@final
@dataclass(frozen=True, kw_only=True)
class FutureWithLatents:
    """One random crop of every clip, cut in two along time, and numbers from the standard normal distribution.

    Args:
        image_size: height and width of the crops in pixels.
        mean: what is subtracted from red, green and blue, in 0..1; None for 0.
        standard_deviation: what each is then divided by; None for 1.
        past_frames: how many frames are given, the others being asked for; none for half of them.
        crop_scale: least and largest share of a frame's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often a clip is mirrored left to right.
        ways: for how many ways to go on random numbers are drawn.
        noise_width: how many for each frame of each.

    Raises:
        UserError: a value is out of its range.

    Source:
        Denton & Fergus 2018, https://arxiv.org/abs/1802.07687, section 3.

    Example:
        >>> import torch
        >>> from selftaught.core import Clips
        >>> from selftaught.views import Draws, FutureWithLatents
        >>> make_views = FutureWithLatents(image_size=16, past_frames=3, ways=4, noise_width=5)
        >>> views = make_views(Clips(torch.zeros(2, 5, 3, 20, 20)), draws=Draws.at(0, 17, batch=2))
        >>> views.past.shape, views.future.shape, views.latents.shape
        (torch.Size([2, 3, 3, 16, 16]), torch.Size([2, 2, 3, 16, 16]), torch.Size([2, 4, 2, 5]))
    """

    image_size: int
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    past_frames: int | None = None
    crop_scale: tuple[float, float] = (0.5, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5
    ways: int = 8
    noise_width: int = 16

    def __post_init__(self) -> None:
        made_of(PastAndFuture, self)
        expect_number("ways", self.ways, 1.0)
        expect_number("noise_width", self.noise_width, 1.0)

    def __call__(
        self, items: Clips, *, index: Int[Tensor, " n"] | None = None, draws: Draws | None = None
    ) -> ClipsWithLatents:
        """Make the views of one batch.

        Args:
            items: clips of more frames than are given.
            index: each clip's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the clips are too short, or the draws are for another number of clips.
        """
        draws = Draws.fresh(len(items.frames)) if draws is None else draws
        clips = made_of(PastAndFuture, self)(items, index=index, draws=draws)
        drawn = draws.stream("latents").normal(self.ways, clips.future.shape[1], self.noise_width)
        return ClipsWithLatents(clips.index, clips.past, clips.future, drawn.to(clips.past.device))

    def describe(self) -> list[str]:
        """What a user should know of these views: nothing."""
        return []
