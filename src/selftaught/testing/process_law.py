"""The law that several processes, each with its part of a batch, train as one with the whole of it."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from selftaught.core import Method, Views, all_sum, process_count, process_rank
from selftaught.parts import synchronised
from selftaught.testing.case import Case, LawBroken, snapshot
from selftaught.testing.processes import in_processes

__all__ = ["processes_equal_one"]

_ROUNDS = 2  # in the second, the queues and teachers that the first one left enter the loss


@final
@dataclass(frozen=True)
class _Record:
    losses: list[Tensor]
    gradients: list[Mapping[str, Tensor]]
    states: list[Mapping[str, Tensor]]


def processes_equal_one(case: Case, processes: int = 2) -> None:
    """The mean loss, the averaged gradient and what `after_step` leaves are those of one process.

    Raises:
        LawBroken: they are not; says what differs.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.testing import ExampleEncoder
        >>> from selftaught.testing.case import Case
        >>> from selftaught.testing.process_law import processes_equal_one
        >>> views = MultiView.example(8, torch.Generator()).to(torch.device("cpu"), torch.float64)
        >>> processes_equal_one(Case(lambda encoder: SimCLR(encoder, hidden_width=8), ExampleEncoder, views))
    """
    method = synchronised(case.build())
    whole = _train(copy.deepcopy(method), case.views)
    parts = in_processes(_train, method, case.views, count=processes)
    for turn in range(_ROUNDS):
        loss, alone = parts[0].losses[turn], whole.losses[turn]
        if not torch.allclose(loss, alone, rtol=1e-8, atol=1e-10):
            raise LawBroken(f"the loss is {loss.item():.6g} in {processes} processes and {alone.item():.6g} in one")
        for name, error in _differences(whole.gradients[turn], parts[0].gradients[turn]):
            raise LawBroken(f"in {processes} processes the gradient of {name} is {error:.0%} off that of one process")
        for rank, part in enumerate(parts[1:], start=1):
            for name, _ in _differences(parts[0].states[turn], part.states[turn]):
                raise LawBroken(f"after_step leaves another {name} in process {rank} than in process 0")
        for name, error in _differences(whole.states[turn], parts[0].states[turn]):
            raise LawBroken(f"after_step leaves a {name} that is {error:.0%} off that of one process")


def _differences(expected: Mapping[str, Tensor], got: Mapping[str, Tensor]) -> Iterator[tuple[str, float]]:
    scale = max(tensor.double().norm().item() for tensor in expected.values())
    for name, tensor in expected.items():
        error = (got[name].double() - tensor.double()).norm().item()
        size = tensor.double().norm().item()
        if error > 1e-7 * max(size, 1e-4 * scale):  # a bias before a norm has a gradient of rounding errors
            yield name, error / max(size, 1e-30)


def _train(method: Method[Any], views: Views) -> _Record:
    share = len(views) // process_count()
    mine = views.take(slice(process_rank() * share, (process_rank() + 1) * share))
    record = _Record([], [], [])
    for _ in range(_ROUNDS):
        method.zero_grad(set_to_none=True)
        step = method.step(mine)
        step.loss.backward()
        record.losses.append(all_sum(step.loss.detach()) / process_count())
        gradients: dict[str, Tensor] = {}
        for name, weight in method.named_parameters():
            if weight.requires_grad:  # averaged as DistributedDataParallel does
                own = torch.zeros_like(weight) if weight.grad is None else weight.grad
                gradients[name] = all_sum(own) / process_count()
                weight.data -= 0.1 * gradients[name]
        record.gradients.append(gradients)
        method.after_step(step, progress=0.5)
        record.states.append(snapshot(method))
    return record
