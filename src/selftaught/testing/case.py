"""What a law is checked on: a method that can be built again and again, and views to ask it about."""

import copy
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from selftaught.core import Encoder, Method, Step, Views

__all__ = ["Case", "ExampleEncoder", "LawBroken", "advance", "is_statistic", "snapshot"]

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


class LawBroken(AssertionError):
    """A method does not keep a law of the contract; the message says which tensor or call broke it.

    Example:
        >>> from selftaught.testing import LawBroken
        >>> raise LawBroken("step changed queue.rows")
        Traceback (most recent call last):
        selftaught.testing.case.LawBroken: step changed queue.rows
    """


@final
class ExampleEncoder(Encoder):
    """A small convolutional network with batch norm, for the images of `MultiView.example`.

    Example:
        >>> import torch
        >>> from selftaught.testing import ExampleEncoder
        >>> ExampleEncoder()(torch.zeros(4, 3, 16, 16)).shape
        torch.Size([4, 16])
    """

    width = 16

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, self.width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(self.width),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )

    def forward(self, items: Tensor) -> Tensor:
        """One vector an image."""
        return self.network(items)


@final
@dataclass(frozen=True)
class Case:
    """A method under test.

    Args:
        source: a method, of which copies are made, or what builds one around an encoder.
        encoder: builds the encoder that `source` is given.
        views: float64 views to ask about.
        exempt: names, or beginnings of names, of weights that never move or whose gradient vanishes by design.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.testing import ExampleEncoder
        >>> from selftaught.testing.case import Case
        >>> views = MultiView.example(4, torch.Generator()).to(torch.device("cpu"), torch.float64)
        >>> case = Case(lambda encoder: SimCLR(encoder, hidden_width=8), ExampleEncoder, views)
        >>> torch.equal(case.build().projector[0].weight, case.build().projector[0].weight)
        True
    """

    source: Method[Any] | Callable[[Encoder], Method[Any]]
    encoder: Callable[[], Encoder]
    views: Views
    exempt: Collection[str] = ()

    def build(self, seed: int = 0) -> Method[Any]:
        """An untrained method in float64: equal for equal seeds, without touching the global generator."""
        if isinstance(self.source, Method):
            return copy.deepcopy(self.source).double()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.source(self.encoder()).double()

    def trained(self) -> Method[Any]:
        """A method after two steps: teachers differ from students, queues hold embeddings."""
        method = self.build()
        for _ in range(2):
            advance(method, self.views)
        return method

    def excuses(self, name: str) -> bool:
        """Whether a weight of this name is exempt."""
        return any(name == prefix or name.startswith(f"{prefix}.") for prefix in self.exempt)


def advance(method: Method[Any], views: Views) -> Step:
    """One step of training by plain gradient descent.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.testing import ExampleEncoder
        >>> from selftaught.testing.case import advance
        >>> method, views = SimCLR(ExampleEncoder(), hidden_width=8), MultiView.example(4, torch.Generator())
        >>> bool(advance(method, views).loss > method.step(views).loss)
        True
    """
    method.zero_grad(set_to_none=True)
    step = method.step(views)
    step.loss.backward()
    with torch.no_grad():
        for weight in method.parameters():
            if weight.requires_grad and weight.grad is not None:
                weight -= 0.1 * weight.grad
    method.after_step(step, progress=0.5)
    return step


def snapshot(method: nn.Module) -> Mapping[str, Tensor]:
    """A copy of every weight and buffer, by name.

    Example:
        >>> from torch import nn
        >>> from selftaught.testing.case import snapshot
        >>> sorted(snapshot(nn.Linear(2, 1)))
        ['bias', 'weight']
    """
    tensors = {**dict(method.named_parameters()), **dict(method.named_buffers())}
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def is_statistic(name: str) -> bool:
    """Whether a buffer of this name is a running statistic of a normalisation layer.

    Example:
        >>> from selftaught.testing.case import is_statistic
        >>> is_statistic("encoder.bn1.running_var"), is_statistic("queue.rows")
        (True, False)
    """
    return name.rpartition(".")[2] in _STATISTICS
