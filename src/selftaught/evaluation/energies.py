"""Whether a method's energy tells true pairs from mismatched ones."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from selftaught.core import Method, Source, Track, silent
from selftaught.extraction import reading
from selftaught.views import Draws

__all__ = ["energy_areas"]

_ITEMS, _BATCH = 512, 64


def energy_areas(
    method: Method[Any],
    make_views: Any,
    items: Any,
    *,
    device: torch.device | None = None,
    seed: int = 0,
    track: Track = silent,
) -> dict[str, float]:
    """The area under the ROC curve of the energy, for each kind of mismatch that the method's views know.

    Over a seeded sample of 512 items: how often a mismatched one has a higher energy than a true one. 0.5 is chance,
    1 tells all of them apart.

    Args:
        method: left in the mode and on the device it came in.
        make_views: its view maker.
        items: what a step takes a batch of.
        device: where the method works; the CPU if None.
        seed: of the sample and the views.
        track: shows progress.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.evaluation import energy_areas
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.views import TwoViews
        >>> source = open_images(torch.arange(8 * 256).view(8, 1, 16, 16).remainder(251).byte()).train
        >>> areas = energy_areas(SimCLR(SmallResNet(channels=1)), TwoViews(image_size=16, channels=1), source)
        >>> list(areas), 0 <= areas["another item"] <= 1
        (['another item'], True)
    """
    from sklearn.metrics import roc_auc_score

    device = torch.device("cpu") if device is None else device
    rows = np.sort(np.random.default_rng(seed).permutation(len(items))[:_ITEMS])
    together = isinstance(items, Source) and items.in_one_batch
    starts = [0] if together else range(0, len(rows) - 1, _BATCH)  # no batch of one: it has no other item
    true: list[Tensor] = []
    wrong: dict[str, list[Tensor]] = {}
    with reading(method, device):
        for start in track(starts, "comparing energies", len(starts)):
            taken = np.arange(len(items)) if together else rows[start : start + _BATCH]
            views = make_views(
                items.batch(taken).to(device),
                index=torch.from_numpy(taken).to(device),
                draws=Draws.at(seed, "energy", start, batch=len(taken)),
            )
            true.append(method.energy(views).float().cpu())
            for kind, mismatched in views.mismatched().items():
                wrong.setdefault(kind, []).append(method.energy(mismatched).float().cpu())
    lower = torch.cat(true)
    areas: dict[str, float] = {}
    for kind, parts in wrong.items():
        higher = torch.cat(parts)
        truth = np.repeat([0, 1], [len(lower), len(higher)])
        areas[kind] = float(roc_auc_score(truth, torch.cat([lower, higher]).numpy()))
    return areas
