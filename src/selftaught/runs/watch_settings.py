"""How a run is watched while it trains: the options."""

import math
from dataclasses import dataclass
from typing import Literal, final, get_args

from selftaught.core.errors import UserError, unknown_name

__all__ = ["KeepBest", "OnCollapse", "WatchSettings"]

OnCollapse = Literal["warn", "stop"]
KeepBest = Literal["none", "rankme", "loss"]
"""The training loss, and those of `evaluation.watching.FIGURES` of which more is better. They stand here a second time,
because help and the check of options need them before anything heavy is imported; a test compares the two."""


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
        keep_best: the figure by which the encoder at its best is kept, beside that of the end: the highest rankme, or
            the lowest loss of the step before a look, which says something where a step sees the whole data set.
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
