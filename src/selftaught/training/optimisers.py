"""What moves the weights: AdamW and SGD from PyTorch, LARS from its paper."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, final, overload

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from selftaught.core import Method, ParameterGroup
from selftaught.training.settings import TrainingSettings

__all__ = ["LARS", "build_optimiser", "set_learning_rate"]


@final
class LARS(Optimizer):
    """Momentum SGD whose learning rate is scaled for each weight tensor by how long the weight is beside its gradient.

    For a weight w with gradient g and velocity v, decay b, trust coefficient c, momentum m and learning rate r:

        rate = c |w| / (|g| + b |w|)      (1 where |w| or |g| is zero)
        v <- m v + r rate (g + b w)
        w <- w - v

    Groups with `adapt=False` take rate = 1.

    Args:
        parameters: weights, or groups of them; a group may set its own `lr`, `momentum`, `weight_decay`, `adapt`.
        lr: r, above 0.
        momentum: m, in [0, 1).
        weight_decay: b, at least 0.
        trust_coefficient: c, above 0.

    Source:
        You, Gitman & Ginsburg 2017, https://arxiv.org/abs/1708.03888, algorithm 1 and equation 6.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.training import LARS
        >>> weight = nn.Parameter(torch.tensor([[3.0, 4.0]]))
        >>> weight.grad = torch.tensor([[0.0, 2.0]])
        >>> LARS([weight], lr=1.0, momentum=0.0, weight_decay=0.0, trust_coefficient=0.1).step()
        >>> weight.data  # moved by 0.1 of its length, 5, along the gradient
        tensor([[3.0000, 3.5000]])
    """

    def __init__(
        self,
        parameters: Sequence[Tensor] | Sequence[dict[str, Any]],
        *,
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float = 0.001,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "adapt": True}
        super().__init__(parameters, {**defaults, "trust_coefficient": trust_coefficient})

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Move every weight that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, weight.grad, group)
        return loss

    def _move(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        decay = group["weight_decay"]
        direction = gradient.add(weight, alpha=decay)
        if group["adapt"]:
            length, slope = torch.linalg.vector_norm(weight), torch.linalg.vector_norm(gradient)
            rate = group["trust_coefficient"] * length / (slope + decay * length)
            direction.mul_(torch.where((length > 0) & (slope > 0), rate, 1.0))
        state = self.state[weight]
        velocity = state.setdefault("velocity", torch.zeros_like(weight))
        velocity.mul_(group["momentum"]).add_(direction, alpha=group["lr"])
        weight.sub_(velocity)


def build_optimiser(method: Method[Any], settings: TrainingSettings) -> Optimizer:
    """The optimiser that the settings name, over the method's parameter groups.

    Weights with at most one axis (biases, and those of normalisation layers) have no weight decay, and LARS does not
    adapt their rate.

    Args:
        method: whose weights to move.
        settings: optimiser, learning rate, weight decay and momentum.

    Raises:
        ValueError: a trainable weight is in no group or in two, or a frozen or foreign one is in a group.
    """
    declared = method.parameter_groups()
    _check_groups(method, declared)
    groups = [
        {
            "params": weights,
            "weight_decay": settings.weight_decay if decayed else 0.0,
            "adapt": decayed,
            "learning_rate_factor": group.learning_rate_factor,
            "constant_learning_rate": group.constant_learning_rate,
        }
        for group in declared
        for decayed in (True, False)
        if (weights := [weight for weight in group.parameters if (weight.dim() > 1) == decayed])
    ]
    if settings.optimiser == "adamw":
        return AdamW(groups, lr=settings.learning_rate, betas=(settings.momentum, 0.999), fused=True)
    if settings.optimiser == "sgd":
        return SGD(groups, lr=settings.learning_rate, momentum=settings.momentum)
    return LARS(groups, lr=settings.learning_rate, momentum=settings.momentum)


def set_learning_rate(optimiser: Optimizer, peak: float, factor: float) -> None:
    """Give every group its learning rate for the next step.

    Args:
        optimiser: what `build_optimiser` built.
        peak: the run's learning rate.
        factor: the schedule's share of it, which groups of constant rate do not follow.

    Example:
        >>> from torch import nn
        >>> from torch.optim import SGD
        >>> from selftaught.training.optimisers import set_learning_rate
        >>> optimiser = SGD([{"params": nn.Linear(2, 2).parameters(), "learning_rate_factor": 10.0,
        ...                   "constant_learning_rate": False}], lr=0.1)
        >>> set_learning_rate(optimiser, peak=0.1, factor=0.5)
        >>> optimiser.param_groups[0]["lr"]
        0.5
    """
    for group in optimiser.param_groups:
        group["lr"] = peak * group["learning_rate_factor"] * (1.0 if group["constant_learning_rate"] else factor)


def _check_groups(method: nn.Module, groups: Sequence[ParameterGroup]) -> None:
    names = {weight: name for name, weight in method.named_parameters() if weight.requires_grad}
    listed = list(chain.from_iterable(group.parameters for group in groups))
    known = {id(weight) for weight in listed}
    missing = [name for weight, name in names.items() if id(weight) not in known]
    if missing:
        raise ValueError(f"expected every trainable weight in one parameter group; in none: {', '.join(missing)}")
    if len(known) < len(listed):
        raise ValueError("expected every trainable weight in one parameter group, got one in two")
    if len(listed) > len(names):
        raise ValueError("expected only the method's trainable weights in its parameter groups, got others")
