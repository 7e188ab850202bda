"""Losses are computed in float32 or float64, whatever the networks compute in."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

__all__ = ["full_precision"]

P = ParamSpec("P")
R = TypeVar("R")


def _widen(value: Any) -> Any:
    if isinstance(value, Tensor) and value.dtype in (torch.bfloat16, torch.float16):
        return value.float()
    return value


def full_precision(objective: Callable[P, R]) -> Callable[P, R]:
    """Make an objective compute outside autocast, in float32 for half-precision inputs.

    Under autocast a plain `z @ z.T` runs in bfloat16 and moves logits by 0.02. float64 stays float64.

    Example:
        >>> import torch
        >>> from selftaught.objectives import full_precision
        >>> @full_precision
        ... def energy(a, b):
        ...     return a @ b.T
        >>> half = torch.ones(2, 4, dtype=torch.bfloat16)
        >>> energy(half, half).dtype
        torch.float32
    """

    @functools.wraps(objective)
    def widened(*args: P.args, **kwargs: P.kwargs) -> R:
        devices = {value.device.type for value in (*args, *kwargs.values()) if isinstance(value, Tensor)}
        with torch.autocast(devices.pop() if devices else "cpu", enabled=False):
            compute: Callable[..., R] = objective
            return compute(*map(_widen, args), **{name: _widen(value) for name, value in kwargs.items()})

    return widened
