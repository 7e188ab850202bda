"""Clips: frames to come, and frames to be coloured."""

from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from selftaught.core import ClipsWithLatents, ColouredClips, FutureClips
from selftaught.encoders import VideoPreprocessing
from selftaught.report import Picture, to_pictures
from selftaught.runs.drawing.drawn_views import DrawnViews
from selftaught.runs.drawing.images import draw_views
from selftaught.runs.kinds.video import film_strip

__all__: list[str] = []


@draw_views.register(FutureClips)
@draw_views.register(ClipsWithLatents)
def _frames_to_come(views: FutureClips | ClipsWithLatents, seen: VideoPreprocessing) -> DrawnViews:
    lead = "The frames of each clip that are seen, beside those after them, which are to be drawn."
    return DrawnViews(lead, {"seen": _strips(views.past, seen), "to be drawn": _strips(views.future, seen)})


@draw_views.register(ColouredClips)
def _coloured_clips(views: ColouredClips, seen: VideoPreprocessing) -> DrawnViews:
    """The colours of the palette as these clips show them: the mean of the places that each stands for."""
    n, t, grid = views.colours.shape[:3]
    statistics: dict[str, Any] = {"mean": seen.mean, "standard_deviation": seen.standard_deviation}
    frames = np.stack([to_pictures(clip, **statistics) for clip in views.frames])
    numbers = views.colours.flatten().cpu().numpy()
    side = frames.shape[2] // grid
    cells = frames[:, :, : grid * side, : grid * side].reshape(n, t, grid, side, grid, side, 3).mean((3, 5))
    found = np.stack([np.bincount(numbers, cells[..., channel].ravel()) for channel in range(3)], 1)
    means = found / np.maximum(np.bincount(numbers), 1)[:, None]
    painted = means[numbers].reshape(n, t, grid, grid, 3).astype(np.uint8).repeat(side, 2).repeat(side, 3)
    lead = (
        "The frames of each clip, of which the last is to be coloured like the others, beside the few colours that "
        "stand for theirs. The encoder sees the frames without colours."
    )
    return DrawnViews(lead, {"frames": list(map(film_strip, frames)), "colours": list(map(film_strip, painted))})


def _strips(clips: Float[Tensor, "n t 3 h w"], seen: VideoPreprocessing) -> list[Picture]:
    """The frames of each clip side by side."""
    statistics: dict[str, Any] = {"mean": seen.mean, "standard_deviation": seen.standard_deviation}
    return [film_strip(np.stack(to_pictures(frames, **statistics))) for frames in clips]
