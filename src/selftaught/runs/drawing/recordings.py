"""Segments of recordings."""

from selftaught.core import Preparation, Recordings
from selftaught.runs.drawing.drawn_views import DrawnViews
from selftaught.runs.drawing.images import draw_views
from selftaught.runs.kinds.audio import wave_picture

__all__: list[str] = []


@draw_views.register(Recordings)
def _recordings(views: Recordings, seen: Preparation) -> DrawnViews:
    waves = [
        wave_picture(samples[:length].numpy())
        for samples, length in zip(views.samples.cpu(), views.lengths.tolist(), strict=True)
    ]
    lead = "What is read from left to right: at each place, the context so far says what comes next."
    return DrawnViews(lead, {"segment": waves})
