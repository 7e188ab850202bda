"""Views as people look at them: pictures and words. Each file says how `draw_views` draws some kinds of them."""

from selftaught.runs.drawing import clips, graphs, hidden_parts, recordings, texts
from selftaught.runs.drawing.drawn_views import DrawnViews, Shown
from selftaught.runs.drawing.examples import sample_views
from selftaught.runs.drawing.images import draw_views, pictures_of

__all__ = [
    "DrawnViews",
    "Shown",
    "clips",
    "draw_views",
    "graphs",
    "hidden_parts",
    "pictures_of",
    "recordings",
    "sample_views",
    "texts",
]
