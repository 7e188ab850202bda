"""`torch.compile` for the networks of a method while it trains."""

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from selftaught.core import Method, UserError

__all__ = ["check_compiler", "compiled"]


def check_compiler() -> None:
    """Find out early whether torch.compile has what it needs.

    Raises:
        UserError: there is no C++ compiler.

    Example:
        >>> import os
        >>> from unittest import mock
        >>> from selftaught.training.compiling import check_compiler
        >>> with mock.patch.dict(os.environ, CXX="no-such-compiler"):
        ...     check_compiler()
        Traceback (most recent call last):
        selftaught.core.errors.UserError: compile: expected a C++ compiler, found no ...
    """
    names = [os.environ["CXX"]] if "CXX" in os.environ else ["g++", "clang++"]
    if not any(map(shutil.which, names)):
        raise UserError(
            f"compile: expected a C++ compiler, found no {' or '.join(names)}: install one, or leave it out"
        )


@contextmanager
def compiled(method: Method[Any], *, backend: str | Callable[..., Any] = "inductor") -> Generator[None, None, None]:
    """Within it, the networks that a method calls in training mode are compiled; afterwards they are as before.

    Networks are compiled one by one, not the step around them: it is there that the time goes, and a step may talk to
    other processes. Calls in eval mode, with batches of all sizes, stay as they are, and so do a network's further
    entries, such as an encoder's `local`.

    Args:
        method: whose networks.
        backend: of `torch.compile`.

    Example:
        >>> import torch
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.testing import ExampleEncoder
        >>> from selftaught.training.compiling import compiled
        >>> method = SimCLR(ExampleEncoder(), hidden_width=16, embedding_width=8)
        >>> with compiled(method, backend="eager"):
        ...     method.encoder(torch.zeros(4, 3, 16, 16)).shape
        torch.Size([4, 16])
    """
    networks = list(method.children())
    for network in networks:
        vars(network)["forward"] = _in_training(network, backend)
    try:
        yield
    finally:
        for network in networks:
            del vars(network)["forward"]
        torch.compiler.reset()  # or one of the next runs would meet the limit of versions of one function


def _in_training(network: nn.Module, backend: str | Callable[..., Any]) -> Callable[..., Any]:
    plain = network.forward
    fast: Callable[..., Any] = torch.compile(plain, backend=backend)

    def forward(*arguments: Any, **named: Any) -> Any:
        return (fast if network.training else plain)(*arguments, **named)

    return forward
