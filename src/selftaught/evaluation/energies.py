"""Whether a method's energy tells true pairs from mismatched ones."""

from collections.abc import Mapping
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor

from selftaught.core import Method, Track, silent
from selftaught.evaluation.asking import views_to_ask_about
from selftaught.extraction import reading

__all__ = ["energy_areas", "mean_energy_area"]


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

    Over a seeded sample of 512 items, in drawn batches of 64: how often a mismatched one has a higher energy than a
    true one. 0.5 is chance, 1 tells all of them apart.

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
    true, wrong = _energies(method, make_views, items, device, seed, track)
    return _areas(true, wrong)


def mean_energy_area(
    method: Method[Any],
    make_views: Any,
    items: Any,
    *,
    device: torch.device | None = None,
    seed: int = 0,
    track: Track = silent,
) -> float | None:
    """The mean of `energy_areas` over the kinds of mismatch, for which see there; None where an energy is inf or nan.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.evaluation.energies import mean_energy_area
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.views import TwoViews
        >>> source = open_images(torch.arange(8 * 256).view(8, 1, 16, 16).remainder(251).byte()).train
        >>> method = SimCLR(SmallResNet(channels=1))
        >>> 0 <= mean_energy_area(method, TwoViews(image_size=16, channels=1), source) <= 1
        True
    """
    true, wrong = _energies(method, make_views, items, device, seed, track)
    if not wrong or not all(bool(each.isfinite().all()) for each in (true, *wrong.values())):
        return None
    return fmean(_areas(true, wrong).values())


def _energies(
    method: Method[Any], make_views: Any, items: Any, device: torch.device | None, seed: int, track: Track
) -> tuple[Tensor, dict[str, Tensor]]:
    """Of true pairs, and of each kind of mismatch."""
    device = torch.device("cpu") if device is None else device
    true: list[Tensor] = []
    wrong: dict[str, list[Tensor]] = {}
    with reading(method, device):
        asked = views_to_ask_about(make_views, items, "comparing energies", device=device, seed=seed, track=track)
        for views in asked:
            true.append(method.energy(views).float().cpu())
            for kind, mismatched in views.mismatched().items():
                wrong.setdefault(kind, []).append(method.energy(mismatched).float().cpu())
    return torch.cat(true), {kind: torch.cat(parts) for kind, parts in wrong.items()}


def _areas(lower: Tensor, wrong: Mapping[str, Tensor]) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    areas: dict[str, float] = {}
    for kind, higher in wrong.items():
        truth = np.repeat([0, 1], [len(lower), len(higher)])
        areas[kind] = float(roc_auc_score(truth, torch.cat([lower, higher]).numpy()))
    return areas
