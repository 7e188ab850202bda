"""One call that holds a method to the contract."""

from collections.abc import Callable, Collection
from typing import Any

import torch

from selftaught.core import Encoder, Method, UserError, Views
from selftaught.testing.case import Case, ExampleEncoder
from selftaught.testing.laws import LAWS
from selftaught.testing.process_law import processes_equal_one

__all__ = ["check_method"]


def check_method(
    method: Method[Any] | Callable[[Encoder], Method[Any]],
    *,
    encoder: Callable[[], Encoder] = ExampleEncoder,
    views: Views | None = None,
    exempt: Collection[str] = (),
    processes: int = 2,
) -> None:
    """Hold a method to every law of the contract; return if it keeps them all.

    The laws: `step` is pure; `after_step` moves teachers and queues and nothing else; every trainable weight has a
    gradient, and no teacher has; the order of the items does not matter, unless the method says so; a reload gives the
    same loss; no tensor is stored twice; float64 and bfloat16 are finite; wrong views raise `UserError`; an item's
    energy is its own; parameter groups hold each weight once; where several play, each player's gradient is that of its
    own loss; several processes with a part of the batch each equal one with the whole. Everything runs on the CPU on a
    few random items, and takes seconds.

    Args:
        method: what builds a method around an encoder, such as its class; or a method, of which copies are made.
        encoder: builds the encoder that `method` is given.
        views: what to ask about; 16 items of the method's `views_type.example` by default.
        exempt: names, or beginnings of names, of weights that are frozen for good or whose gradient vanishes by
            design. Biases that a batch norm takes away need not be named.
        processes: how many processes the last law compares with one; 1 leaves it out. The method's class must stand at
            the top of a module that can be imported.

    Raises:
        LawBroken: names what broke the law.
        UserError: the views do not divide over the processes, or the method cannot be sent to them.

    Example:
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.testing import check_method
        >>> check_method(lambda encoder: SimCLR(encoder, hidden_width=8, embedding_width=4), processes=1)
    """
    views = _example_of(method, encoder) if views is None else views
    case = Case(method, encoder, views.to(torch.device("cpu"), torch.float64), exempt)
    if len(case.views) < 4 or len(case.views) % processes:
        raise UserError(f"expected at least 4 items that divide over {processes} processes, got {len(case.views)}")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the tensors are too small to share
    try:
        for law in LAWS:
            law(case)
        if processes > 1:
            processes_equal_one(case, processes)
    finally:
        torch.set_num_threads(threads)


def _example_of(method: Method[Any] | Callable[[Encoder], Method[Any]], encoder: Callable[[], Encoder]) -> Views:
    with torch.random.fork_rng(devices=[]):
        built = method if isinstance(method, Method) else method(encoder())
    return built.views_type.example(16, torch.Generator().manual_seed(0))
