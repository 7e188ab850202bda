"""How long every part of a run's steps takes, and what a step asks of the encoder."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch

from selftaught.core import Method, entries_of, networks_asked

__all__ = [
    "BACKWARD",
    "ENCODER",
    "VIEWS",
    "WAITING",
    "Asked",
    "Clock",
    "watch_networks",
]

WAITING, VIEWS, ENCODER, BACKWARD = "waiting for data", "views", "encoder, forward", "backward"


@final
@dataclass(frozen=True)
class Asked:
    """What a step asked of one of the encoder's networks.

    Args:
        network: its name inside the encoder; empty for the encoder itself.
        function: by which it was asked.
        given: what has a row an item.
        shared: what is the same for all items.

    Example:
        >>> from selftaught.runs.step_clock import Asked
        >>> Asked("", "forward", (), {}).function
        'forward'
    """

    network: str
    function: str
    given: tuple[Any, ...]
    shared: Mapping[str, Any]


@final
class Clock:
    """Adds up the seconds that functions take, each call less the calls of others inside it.

    Example:
        >>> from selftaught.runs.step_clock import Clock
        >>> clock = Clock()
        >>> clock.timed("sums", sum)([1, 2]), list(clock.seconds)
        (3, ['sums'])
    """

    def __init__(self) -> None:
        self.device = torch.device("cpu")
        self.seconds: dict[str, float] = {}
        self.parts: list[str] = []
        self._inside: list[float] = []

    def now(self) -> float:
        """Seconds, once all that was asked of the device is done."""
        if self.device.type != "cpu":
            torch.accelerator.synchronize()
        return time.perf_counter()

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, whose seconds count as those of a part."""

        def watched(*arguments: Any, **named: Any) -> Any:
            if torch.compiler.is_compiling():  # the seconds are those of the function that is compiled
                return function(*arguments, **named)
            begin = self.now()
            self.parts.append(part)
            self._inside.append(0.0)
            try:
                return function(*arguments, **named)
            finally:
                taken = self.now() - begin
                self.seconds[part] = self.seconds.get(part, 0.0) + taken - self._inside.pop()
                self.parts.pop()
                if self._inside:
                    self._inside[-1] += taken

        return watched


def watch_networks(method: Method[Any], clock: Clock) -> list[Asked]:
    """Time what a method asks of its networks from now on; what it asks of the encoder comes into the list.

    Args:
        method: a copy, whose networks' functions are replaced.
        clock: which adds up, by the names of the method's parts.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.runs.step_clock import Clock, watch_networks
        >>> from selftaught.testing import ExampleEncoder
        >>> method, clock = SimCLR(ExampleEncoder(), hidden_width=16, embedding_width=8), Clock()
        >>> asked = watch_networks(method, clock)
        >>> _ = method.step(MultiView.example(4, torch.Generator()))
        >>> [each.function for each in asked], sorted(clock.seconds)
        (['forward', 'forward'], ['encoder, forward', 'projector, forward'])
    """
    asked: list[Asked] = []
    names = {network: name for name, network in method.named_modules()}
    for network, function in networks_asked(method):
        part = names[network].partition(".")[0]
        vars(network)[function] = clock.timed(f"{part}, forward", getattr(network, function))
    inside = {network: name for name, network in method.encoder.named_modules()}
    for network, function in entries_of(method.encoder):
        vars(network)[function] = _noted(inside[network], function, getattr(network, function), asked, clock)
    return asked


def _noted(
    network: str, function: str, plain: Callable[..., Any], asked: list[Asked], clock: Clock
) -> Callable[..., Any]:
    def noted(*given: Any, **shared: Any) -> Any:
        again = BACKWARD in clock.parts  # what was worked through in pieces
        if torch.compiler.is_compiling() or not torch.is_grad_enabled() or again:
            return plain(*given, **shared)
        before = len(asked)
        found = plain(*given, **shared)
        del asked[before:]  # what it asked of itself
        asked.append(Asked(network, function, given, shared))
        return found

    return noted
