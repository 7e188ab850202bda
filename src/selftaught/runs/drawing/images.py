"""Views that hold images, or shuffled tiles of them."""

from dataclasses import fields
from functools import singledispatch
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Preparation, Views
from selftaught.encoders import Preprocessing
from selftaught.report import Picture, to_pictures
from selftaught.runs.drawing.drawn_views import DrawnViews

__all__ = ["draw_views", "pictures_of"]


@singledispatch
def draw_views(views: Views, preparation: Preparation) -> DrawnViews:
    """What a batch asks, in pictures or in words; nothing for views of one's own that hold no images.

    Every file of this package says for some kinds of views how they are drawn; the rest are drawn as the images that
    their fields hold.

    Args:
        views: of a few items.
        preparation: of the encoder, which says how the views were normalised and tokens are spelt.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.drawing import draw_views
        >>> seen = Preprocessing(16, 3, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
        >>> list(draw_views(MultiView.example(2, torch.Generator()), seen).columns)
        ['view 1', 'view 2']
    """
    if not isinstance(preparation, Preprocessing):
        return DrawnViews()
    found: dict[str, Tensor] = {}
    for field in fields(views):
        value, name = getattr(views, field.name), field.name.replace("_", " ")
        if isinstance(value, tuple):
            several = name.removesuffix("s") if name in ("views", "parts") else name
            found |= {f"{several} {place}": each for place, each in enumerate(cast("tuple[Any, ...]", value), 1)}
        elif isinstance(value, Tensor) and value.is_floating_point() and value.ndim >= 4:
            found[name] = value
    pictures = {name: _tiled(each) if each.ndim == 5 else each for name, each in found.items() if each.ndim >= 4}
    columns = {name: pictures_of(each, preparation) for name, each in pictures.items()}
    return DrawnViews("Each image beside what was made of it for one step.", columns) if columns else DrawnViews()


def pictures_of(images: Float[Tensor, "n c h w"], seen: Preprocessing) -> list[Picture]:
    """Back in 0..255; of a part of the channels each by itself, side by side, stretched to what it spans.

    Args:
        images: as a network sees them.
        seen: how they were normalised.

    Example:
        >>> import torch
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.drawing.images import pictures_of
        >>> pictures_of(torch.zeros(1, 3, 2, 2), Preprocessing(2, 3, (0.5,) * 3, (0.5,) * 3))[0].shape
        (2, 2, 3)
    """
    if images.shape[1] == seen.channels:
        return to_pictures(images, mean=seen.mean, standard_deviation=seen.standard_deviation)
    low, high = images.amin((0, 2, 3), keepdim=True), images.amax((0, 2, 3), keepdim=True)
    beside = ((images - low) / (high - low).clamp(min=1e-9)).unbind(1)
    return to_pictures(torch.cat(beside, 2)[:, None], mean=[0.0], standard_deviation=[1.0])


def _tiled(tiles: Float[Tensor, "n tiles c s s"]) -> Float[Tensor, "n c h w"]:
    """Tiles laid out in a square, with a dark line of one pixel between."""
    side = round(tiles.shape[1] ** 0.5)
    framed = torch.nn.functional.pad(tiles, (0, 1, 0, 1), value=float(tiles.min()))
    rows = [torch.cat(row.unbind(1), 3) for row in framed[:, : side * side].split(side, 1)]
    return torch.cat(rows, 2)
