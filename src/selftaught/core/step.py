"""What a method returns for one batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

__all__ = ["Step"]


@dataclass(frozen=True)
class Step:
    """The losses of one batch, and what the method wants back once the optimiser has moved.

    Args:
        losses: named scalars; their sum is minimised and their names appear in the log.
        remember: tensors without gradient, handed back to `Method.after_step`.
        metrics: named scalars that are shown and not minimised.

    Example:
        >>> import torch
        >>> from selftaught.core import Step
        >>> Step(losses={"a": torch.tensor(1.0), "b": torch.tensor(2.0)}).loss
        tensor(3.)
    """

    losses: Mapping[str, Float[Tensor, ""]]
    remember: Mapping[str, Tensor] = field(default_factory=dict[str, Tensor])
    metrics: Mapping[str, Tensor] = field(default_factory=dict[str, Tensor])

    @property
    def loss(self) -> Float[Tensor, ""]:
        """The sum of the losses: what is minimised."""
        first, *others = self.losses.values()
        return sum(others, start=first)
