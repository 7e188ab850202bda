"""`torch.compile` for the networks of a method while it trains."""

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from selftaught.core import Method, UserError, networks_asked

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
    """Within it, what a method asks its networks in a training step is compiled; afterwards they are as before.

    Networks are compiled one by one, not the step around them: it is there that the time goes, and a step may talk to
    other processes. Those that are asked by other functions than `forward` name them as their `entries`, as encoders
    do. Networks in eval mode, which are given batches of all sizes, stay as they are, but for teachers that never leave
    it.

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
    before: list[tuple[dict[str, Any], str, Any]] = []
    for network, name in networks_asked(method):
        own = vars(network)
        before.append((own, name, own.get(name)))
        own[name] = _in_training(method, network, name, backend)
    try:
        yield
    finally:
        for own, name, inner in before:
            del own[name]
            if inner is not None:
                own[name] = inner
        torch.compiler.reset()  # or one of the next runs would meet the limit of versions of one function


def _in_training(
    method: nn.Module, network: nn.Module, name: str, backend: str | Callable[..., Any]
) -> Callable[..., Any]:
    plain: Callable[..., Any] = getattr(network, name)
    fast: Callable[..., Any] = torch.compile(plain, backend=backend)
    fixed = not any(weight.requires_grad for weight in network.parameters())

    def function(*arguments: Any, **named: Any) -> Any:
        learning = network.training or (fixed and method.training)
        inside = torch.compiler.is_compiling()  # asked by a function that is being compiled, it becomes part of that
        return (fast if learning and not inside else plain)(*arguments, **named)

    return function
