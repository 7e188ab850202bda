"""How the learning rate changes over a run: pure functions of the step."""

import math
from collections.abc import Callable
from typing import Literal

__all__ = ["constant", "cosine", "schedule"]


def constant(step: int, total: int, warmup: int) -> float:
    """The share of the peak learning rate that a step uses: a linear rise, then 1.

    Args:
        step: how many steps are done, from 0.
        total: how many steps the run has.
        warmup: over how many of them the rate rises; the first uses 1 / warmup, the last of them 1.

    Example:
        >>> from selftaught.training import constant
        >>> [constant(step, 4, 2) for step in range(4)]
        [0.5, 1.0, 1.0, 1.0]
    """
    return min((step + 1) / warmup, 1.0) if step < warmup else 1.0


def cosine(step: int, total: int, warmup: int) -> float:
    """The share of the peak learning rate that a step uses: a linear rise, then half a cosine wave down to zero.

    After the warm-up, with s steps done out of n,

        factor = (1 + cos(pi (s - warmup) / (n - warmup))) / 2,

    which reaches zero at s = n, just after the last step.

    Args:
        step: how many steps are done, from 0.
        total: how many steps the run has.
        warmup: over how many of them the rate rises; the first uses 1 / warmup, the last of them 1.

    Source:
        Loshchilov & Hutter 2016, https://arxiv.org/abs/1608.03983, equation 5, without restarts; the warm-up is that of
        Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 2.2.

    Example:
        >>> from selftaught.training import cosine
        >>> [round(cosine(step, 6, 2), 3) for step in range(7)]
        [0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0]
    """
    if step < warmup:
        return (step + 1) / warmup
    return (1 + math.cos(math.pi * (step - warmup) / max(total - warmup, 1))) / 2


def schedule(name: Literal["cosine", "constant"]) -> Callable[[int, int, int], float]:
    """The schedule of that name.

    Example:
        >>> from selftaught.training.schedules import schedule
        >>> schedule("cosine")(5, 5, 0)
        0.0
    """
    return {"cosine": cosine, "constant": constant}[name]
