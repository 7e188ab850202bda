"""Clips, cropped alike in all frames, in what was shown and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core import Clips, FutureClips, UserError
from selftaught.views.checks import expect_number
from selftaught.views.clip_crops import ClipCrops
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of

__all__ = ["PastAndFuture"]


@final
@dataclass(frozen=True, kw_only=True)
class PastAndFuture:
    """One random crop of every clip, the same in all its frames, perhaps mirrored, cut in two along time.

    Args:
        image_size: height and width of the crops in pixels.
        mean: what is subtracted from red, green and blue, in 0..1; None for 0.
        standard_deviation: what each is then divided by; None for 1.
        past_frames: how many frames are given, the others being asked for; none for half of them.
        crop_scale: least and largest share of a frame's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often a clip is mirrored left to right.

    Raises:
        UserError: a value is out of its range.

    Source:
        Srivastava et al. 2015, https://arxiv.org/abs/1502.04681, section 2.3.

    Example:
        >>> import torch
        >>> from selftaught.core import Clips
        >>> from selftaught.views import Draws, PastAndFuture
        >>> make_views = PastAndFuture(image_size=16, past_frames=3)
        >>> views = make_views(Clips(torch.zeros(2, 5, 3, 20, 20)), draws=Draws.at(0, 17, batch=2))
        >>> views.past.shape, views.future.shape
        (torch.Size([2, 3, 3, 16, 16]), torch.Size([2, 2, 3, 16, 16]))
    """

    image_size: int
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    past_frames: int | None = None
    crop_scale: tuple[float, float] = (0.5, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5

    def __post_init__(self) -> None:
        made_of(ClipCrops, self)
        expect_number("past_frames", self.past_frames or 1, 1.0)

    def __call__(
        self, items: Clips, *, index: Int[Tensor, " n"] | None = None, draws: Draws | None = None
    ) -> FutureClips:
        """Make the views of one batch.

        Args:
            items: clips of more frames than are given.
            index: each clip's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the clips are too short, or the draws are for another number of clips.
        """
        n, t = items.frames.shape[:2]
        past = t // 2 if self.past_frames is None else self.past_frames
        if not 1 <= past < t:
            raise UserError(f"past_frames: expected from 1 to {t - 1}, so that some are left to predict, got {past}")
        crops = made_of(ClipCrops, self)
        frames = crops.normalised(crops(items, Draws.fresh(n) if draws is None else draws))
        index = torch.arange(n, device=frames.device) if index is None else index
        return FutureClips(index, frames[:, :past], frames[:, past:])

    def describe(self) -> list[str]:
        """What a user should know of these views: nothing."""
        return []
