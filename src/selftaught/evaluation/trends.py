"""Whether a run was still improving when it ended."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Trend", "loss_trend"]

_FEWEST = 20  # losses
_PARTS, _SHARE, _ERRORS = 3, 0.05, 2.0


@dataclass(frozen=True, kw_only=True)
class Trend:
    """How much a loss fell in the last third of a run.

    Args:
        late_fall: from the mean of the middle third to the mean of the last, as a share of the whole fall.
        improving: whether that is more than 5 % of the whole fall, and more than twice its own standard error.

    Example:
        >>> from selftaught.evaluation import loss_trend
        >>> loss_trend([10.0 - 0.1 * step for step in range(50)]).improving
        True
    """

    late_fall: float
    improving: bool


def loss_trend(losses: Sequence[float]) -> Trend | None:
    """Compare the last third of a run with the third before it.

    The whole fall is from the first twentieth to the last third. The standard error is of the difference of two means,
    the rows taken as independent. Thirds and not the very end, where a learning rate that falls to zero holds every
    loss still.

    Args:
        losses: of logged steps in order, evenly spaced.

    Returns:
        What it did; None of fewer than 20 finite losses, and where the loss did not fall over the whole run: that of
        an adversary, or of a growing task, says nothing of how far training is.

    Example:
        >>> from selftaught.evaluation import loss_trend
        >>> loss_trend([5.0 if step < 10 else 1.0 for step in range(60)]).improving
        False
    """
    finite = [loss for loss in losses if math.isfinite(loss)]
    if len(finite) < _FEWEST:
        return None
    part = len(finite) // _PARTS
    before, last = finite[-2 * part : -part], finite[-part:]
    begin = statistics.fmean(finite[: max(len(finite) // 20, 1)])
    whole, late = begin - statistics.fmean(last), statistics.fmean(before) - statistics.fmean(last)
    if whole <= 0:
        return None
    error = math.sqrt((statistics.variance(before) + statistics.variance(last)) / part)
    return Trend(late_fall=late / whole, improving=late > _SHARE * whole and late > _ERRORS * error)
