"""A figure of a look at a run that needs views of items, taken only where the best encoder is chosen by it."""

import math
from dataclasses import dataclass
from typing import Any, final

import torch

from selftaught.core import Method, UserError
from selftaught.evaluation.energies import mean_energy_area
from selftaught.evaluation.viewing import view_figures
from selftaught.runs.watch_settings import KeepBest

__all__ = ["ViewFigure"]


@final
@dataclass(frozen=True, kw_only=True)
class ViewFigure:
    """Takes a figure of views of always the same items, in views drawn alike at every look.

    Args:
        name: energy_area, lidar or alignment.
        make_views: of the run.
        items: what a step takes a batch of, at least 2: of items that the run does not learn from or, where the method
            knows only those that it learns from, of these.

    Example:
        >>> import numpy as np
        >>> import torch
        >>> from selftaught.runs.planning import plan_run
        >>> settings = {"batch_size": 4, "keep_best": "energy_area"}
        >>> plan = plan_run("simclr", np.zeros((8, 12, 12), np.uint8), "runs/none", settings=settings)
        >>> plan.observer.view_figure(plan.method, torch.device("cpu"))  # black images: nothing to tell apart
        0.5
    """

    name: KeepBest
    make_views: Any
    items: Any

    def __call__(self, method: Method[Any], device: torch.device) -> float | None:
        """The figure of a method; None where it cannot be said, as of an encoder that gives inf or nan.

        Raises:
            UserError: views of one's own are not several views of an item.
        """
        if self.name == "energy_area":
            return mean_energy_area(method, self.make_views, self.items, device=device)
        found = view_figures([method.encoder], self.make_views, self.items, device=device)
        if found is None:
            raise UserError(f"keep_best: {self.name} compares several views of an item, and the view maker gives none")
        [(near, rank)] = found
        figure = near if self.name == "alignment" else rank
        return None if math.isnan(figure) else figure
