"""A network asked by another player: it answers, and is not changed by the question."""

from typing import Any

from torch import Tensor, nn
from torch.func import functional_call

__all__ = ["aside", "frozen"]


def frozen(module: nn.Module, *inputs: Tensor) -> Any:
    """What a module answers, with gradients for its inputs alone.

    This is how an opponent enters a player's loss: one backward pass over the sum of all losses then gives each player
    the gradient of its own. The module's weights get none, and its running statistics stay where they are.

    Args:
        module: in its present mode, train or eval.
        inputs: what it is called with.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.parts import frozen
        >>> opponent, made = nn.Linear(2, 1), torch.ones(3, 2, requires_grad=True)
        >>> frozen(opponent, made).sum().backward()
        >>> opponent.weight.grad is None, made.grad is None
        (True, False)
    """
    weights = {name: weight.detach() for name, weight in module.named_parameters()}
    return functional_call(module, {**weights, **_copies(module)}, inputs)


def aside(module: nn.Module, *inputs: Tensor) -> Any:
    """What a module answers, with gradients for weights and inputs, while its running statistics stay where they are.

    For items that the statistics should not count, such as a generator's among true ones.

    Args:
        module: in its present mode, train or eval.
        inputs: what it is called with.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.parts import aside
        >>> norm = nn.BatchNorm1d(2)
        >>> _ = aside(norm, torch.randn(8, 2) + 5)
        >>> norm.running_mean
        tensor([0., 0.])
    """
    return functional_call(module, _copies(module), inputs)


def _copies(module: nn.Module) -> dict[str, Tensor]:
    return {name: buffer.clone() for name, buffer in module.named_buffers()}
