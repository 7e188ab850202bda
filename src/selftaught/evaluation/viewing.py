"""Several views of an item through an encoder: alignment, and LiDAR."""

from collections.abc import Sequence
from math import nan
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from selftaught.core import MultiCrop, MultiView, Source, Track, silent
from selftaught.evaluation.spectra import lidar
from selftaught.evaluation.sphere import alignment
from selftaught.extraction import reading
from selftaught.views import Draws

__all__ = ["view_figures"]

_ITEMS, _BATCH, _DRAWS = 512, 64, 4


def view_figures(
    encoders: Sequence[nn.Module],
    make_views: Any,
    source: Source,
    *,
    device: torch.device | None = None,
    seed: int = 0,
    track: Track = silent,
) -> list[tuple[float, float]] | None:
    """Alignment and LiDAR of each encoder, on 512 items in as many views as four calls of the view maker give.

    Of views in two sizes these are the large ones.

    Args:
        encoders: take what the view maker makes; left in the mode and on the device they came in.
        make_views: the run's view maker.
        source: the items.
        device: where the encoders work; the CPU if None.
        seed: of the sample and the views.
        track: shows progress.

    Returns:
        Both figures of each encoder, nan where its vectors have inf or nan; None where the view maker gives no several
        views of an item, or there are fewer than 2 items.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.evaluation.viewing import view_figures
        >>> from selftaught.views import TwoViews
        >>> source = open_images(torch.arange(8 * 256).view(8, 1, 16, 16).remainder(251).byte()).train
        >>> [(near, rank)] = view_figures([SmallResNet(channels=1)], TwoViews(image_size=16, channels=1), source)
        >>> 0 < near < 2, 1 <= rank <= 7
        (True, True)
    """
    device = torch.device("cpu") if device is None else device
    rows = np.sort(np.random.default_rng(seed).permutation(len(source))[:_ITEMS])
    if len(rows) < 2:
        return None
    found: list[list[Tensor]] = []  # by encoder, parts of (views, items, width)
    for start in track(range(0, len(rows), _BATCH), "comparing views", -(-len(rows) // _BATCH)):
        taken = rows[start : start + _BATCH]
        views: list[Tensor] = []
        for draw in range(_DRAWS):
            made = make_views(
                source.batch(taken).to(device),
                index=torch.from_numpy(taken).to(device),
                draws=Draws.at(seed, "views", draw, start, batch=len(taken)),
            )
            if not isinstance(made, MultiView | MultiCrop):
                return None
            views.extend(made.large if isinstance(made, MultiCrop) else made.views)
        found.append([_vectors(encoder, views, device) for encoder in encoders])
    figures: list[tuple[float, float]] = []
    for parts in zip(*found, strict=True):
        vectors = torch.cat(parts, 1)  # (views, items, width)
        told = bool(vectors.isfinite().all())
        near, rank = (alignment(vectors[0], vectors[1]), lidar(vectors.transpose(0, 1))) if told else (nan, nan)
        figures.append((near, rank))
    return figures


def _vectors(encoder: nn.Module, views: Sequence[Tensor], device: torch.device) -> Tensor:
    with reading(encoder, device):
        return torch.stack([encoder(view).float().cpu() for view in views])
