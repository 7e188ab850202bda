"""How a run is watched while it trains: the options."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, final, get_args

from selftaught.core.errors import UserError, unknown_name

__all__ = ["BETTER", "NEED_VIEWS", "KeepBest", "OnCollapse", "WatchSettings", "is_better"]

OnCollapse = Literal["warn", "stop"]
KeepBest = Literal["none", "energy_area", "flat", "uniformity", "rankme", "alpha_req", "lidar", "alignment", "loss"]
BETTER: Mapping[KeepBest, Literal["higher", "lower", "nearer to 1"]] = {
    "energy_area": "higher",
    "flat": "lower",
    "uniformity": "lower",
    "rankme": "higher",
    "alpha_req": "nearer to 1",
    "lidar": "higher",
    "alignment": "lower",
    "loss": "lower",
}
"""The figures that the best encoder may be chosen by, none of which reads labels, and which way each gets better."""
NEED_VIEWS: tuple[KeepBest, ...] = ("energy_area", "lidar", "alignment")
"""Those that need views of items, and are taken only where the best is chosen by them."""


def is_better(figure: KeepBest, value: float | None, than: float | None) -> bool:
    """Whether a figure of one look is better than that of another; equal is not better.

    Args:
        figure: one of `BETTER`.
        value: of the one look; None or nan where it could not be told, which is never better.
        than: of the other; None where there is no other.

    Example:
        >>> from selftaught.runs.watch_settings import is_better
        >>> is_better("alpha_req", 1.2, 0.7), is_better("flat", 0.5, 0.5), is_better("rankme", 3.0, None)
        (True, False, True)
    """
    if value is None or math.isnan(value):
        return False
    if than is None:
        return True
    way = BETTER[figure]
    if way == "nearer to 1":
        return abs(value - 1) < abs(than - 1)
    return value > than if way == "higher" else value < than


@final
@dataclass(frozen=True, kw_only=True)
class WatchSettings:
    """What is watched while a run goes on.

    Args:
        watch_every: epochs from one look at the encoder to the next, at least 0; 0 never looks. If none is given, one,
            or a tenth of the run where that is less, or more where the looks would take 5 % of the run's time.
        watch_knn: also tell the kNN accuracy on the labels of the items looked at, for which the data are opened once
            more. Nothing is trained, chosen or stopped by it.
        on_collapse: warn says which symptom of collapse a look has found; stop ends the run then, after a checkpoint.
        keep_best: the figure by which the encoder at its best is kept, beside that of the end. None reads labels. The
            highest energy_area (whether the method tells true pairs from wrong ones; the one to take), rankme or
            lidar, the lowest flat, uniformity or alignment, the alpha_req nearest to 1, or the lowest loss of the step
            before a look, which says something where a step sees the whole data set.
        patience: so many looks in a row without a better figure of keep_best end the run; if none is given, it goes on.

    Raises:
        UserError: a value out of its range.

    Example:
        >>> from selftaught.runs.watch_settings import WatchSettings
        >>> WatchSettings(patience=3)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: patience: expected keep_best, too, which says what should get better
    """

    watch_every: int | float | None = None
    watch_knn: bool = False
    on_collapse: OnCollapse = "warn"
    keep_best: KeepBest = "none"
    patience: int | None = None

    def __post_init__(self) -> None:
        if self.watch_every is not None and not 0 <= self.watch_every < math.inf:
            raise UserError(f"watch_every: expected a number of at least 0, got {self.watch_every}")
        for name, choices in (("on_collapse", get_args(OnCollapse)), ("keep_best", get_args(KeepBest))):
            if getattr(self, name) not in choices:
                raise unknown_name(name, getattr(self, name), choices)
        if self.patience is not None and self.patience < 1:
            raise UserError(f"patience: expected at least 1, got {self.patience}")
        if self.patience is not None and self.keep_best == "none":
            raise UserError("patience: expected keep_best, too, which says what should get better")
        if self.watch_every == 0 and (self.watch_knn or self.keep_best != "none" or self.on_collapse == "stop"):
            raise UserError("watch_every: with 0 nobody looks, so expected nothing else about looks")
