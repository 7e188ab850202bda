"""A few items of a source beside what a method would be asked of them."""

from dataclasses import replace
from typing import Any

import torch

from selftaught.core import Preparation
from selftaught.data import ImageSource
from selftaught.report import choose_queries
from selftaught.runs.drawing.drawn_views import DrawnViews
from selftaught.runs.drawing.images import draw_views
from selftaught.runs.kinds.images import ImageKind
from selftaught.views import Draws

__all__ = ["sample_views"]

_EXAMPLES = 6


def sample_views(
    items: Any, make_views: Any, preparation: Preparation, seed: int, count: int = _EXAMPLES
) -> DrawnViews:
    """A few items beside the views that a method would be given of them.

    Args:
        items: what a step takes a batch of.
        make_views: the view maker.
        preparation: of the encoder.
        seed: of the choice and of the views.
        count: how many items.

    Example:
        >>> import numpy as np
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.drawing import sample_views
        >>> from selftaught.data import open_images
        >>> from selftaught.views import TwoViews
        >>> images = open_images(np.zeros((4, 12, 12), np.uint8)).train
        >>> preprocessing = Preprocessing(12, 1, (0.5,), (0.5,))
        >>> drawn = sample_views(images, TwoViews(image_size=12, channels=1), preprocessing, seed=0)
        >>> list(drawn.columns)
        ['original', 'view 1', 'view 2']
    """
    rows = choose_queries(len(items), min(count, len(items)), seed=seed)
    views = make_views(items.batch(rows), index=torch.from_numpy(rows), draws=Draws.at(seed, "sample", batch=len(rows)))
    drawn = draw_views(views, preparation)
    if drawn.columns and isinstance(items, ImageSource):
        return replace(drawn, columns={"original": ImageKind().show(items, rows), **drawn.columns})
    return drawn
