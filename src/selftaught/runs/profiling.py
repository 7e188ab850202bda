"""Where the time and the memory of a training step go."""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import torch
from torch import Tensor

from selftaught.core import Track, UserError, silent
from selftaught.runs.planning import Plan
from selftaught.training.devices import autocast
from selftaught.training.loop import Run, begin_epoch, learn
from selftaught.training.preparing import prepare
from selftaught.training.processes import connect

__all__ = ["Profile", "profile_plan"]

_ENDLESS = 10**9
_WARM_STEPS, _LEAST_STEPS, _MOST_STEPS, _SECONDS = 2, 3, 30, 5.0
_WORTH_SAYING = 1.1  # times as fast
_WAITING, _VIEWS, _FORWARD, _BACKWARD = "waiting for data", "views", "forward", "backward"
_OPTIMISER, _AFTERWARDS = "optimiser", "teachers, queues, banks"


@final
@dataclass(frozen=True, kw_only=True)
class Profile:
    """Where the time and the memory of a training step go.

    Args:
        device: on which it was measured.
        precision: of the network.
        batch_size: items in a step.
        steps: over how many the mean was taken.
        seconds_per_step: whole steps.
        seconds: of every part of a step; what is left over is bookkeeping.
        bytes: what memory holds, by what for: activations are those kept for the backward pass.
        encoder_seconds: the encoder alone, forward and backward pass over what the step gave it: no step is faster.
        advice: what would make it faster, as far as it was measured.

    Example:
        >>> from selftaught.runs.profiling import Profile
        >>> found = Profile(device="cpu", precision="float32", batch_size=64, steps=3, seconds_per_step=0.5,
        ...     seconds={"views": 0.1}, bytes={"weights": 4}, encoder_seconds=0.4, advice=())
        >>> found.items_per_second, found.share_of_encoder
        (128.0, 0.8)
    """

    device: str
    precision: str
    batch_size: int
    steps: int
    seconds_per_step: float
    seconds: Mapping[str, float]
    bytes: Mapping[str, int]
    encoder_seconds: float
    advice: Sequence[str]

    @property
    def items_per_second(self) -> float:
        """How many items are learned from."""
        return self.batch_size / self.seconds_per_step

    @property
    def share_of_encoder(self) -> float:
        """How near a step is to its encoder alone: 1 is the limit."""
        return self.encoder_seconds / self.seconds_per_step


def profile_plan(plan: Plan, *, track: Track = silent) -> Profile:
    """Take steps with a copy of a plan's method, and say where they spend time and memory. Writes and changes nothing.

    Args:
        plan: the run.
        track: who watches.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.planning import plan_run
        >>> from selftaught.runs.profiling import profile_plan
        >>> numbers = {"batch_size": 4, "hidden_width": 16, "device": "cpu"}
        >>> found = profile_plan(plan_run("simclr", np.zeros((8, 12, 12), np.uint8), "runs/none", settings=numbers))
        >>> found.seconds["encoder, forward"] > 0
        True
    """
    from selftaught.training.job import Job

    training = replace(plan.settings.training, devices=1, compile=False)
    clock = _Clock()
    job = Job(
        method=copy.deepcopy(plan.method),
        source=plan.training_items,
        make_views=clock.timed(_VIEWS, plan.make_views),
        settings=training,
        folder=plan.folder.path,
        preprocessing=plan.preprocessing,
    )
    with connect(training) as fabric:
        clock.device = fabric.device
        run = prepare(job, fabric, _ENDLESS)
        begin_epoch(run, 0)
        given = _watch(run, clock)
        with run.batches, run.monitor:
            for step in range(_WARM_STEPS):
                learn(run, step)
            clock.seconds.clear()
            begin, steps = clock.now(), 0
            for step in track(range(_WARM_STEPS, _WARM_STEPS + _MOST_STEPS), "profiling", _MOST_STEPS):
                given.clear()
                learn(run, step)
                steps += 1
                if steps >= _LEAST_STEPS and clock.now() - begin > _SECONDS:
                    break
            whole = (clock.now() - begin) / steps
            found = {part: seconds / steps for part, seconds in clock.seconds.items()}
            given.clear()  # it takes one more step, and what the encoder is given is to be that of one
            memory = _memory(run, _WARM_STEPS + steps, clock)
        alone = {precision: _alone(run, given, precision) for precision in (torch.float32, torch.bfloat16)}
        encoder = alone[run.precision]
        return Profile(
            device=str(fabric.device),
            precision=str(run.precision).removeprefix("torch."),
            batch_size=training.batch_size,
            steps=steps,
            seconds_per_step=whole,
            seconds=_parts(found, encoder),
            bytes=memory,
            encoder_seconds=encoder,
            advice=_advice(run, given, whole, found, alone),
        )


class _Clock:
    """Adds up the seconds that functions take, each call less the calls of others inside it."""

    def __init__(self) -> None:
        self.device = torch.device("cpu")
        self.seconds: dict[str, float] = {}
        self.part: list[str] = []
        self._inside: list[float] = []

    def now(self) -> float:
        if self.device.type != "cpu":
            torch.accelerator.synchronize()
        return time.perf_counter()

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            begin = self.now()
            self.part.append(part)
            self._inside.append(0.0)
            try:
                return function(*arguments, **named)
            finally:
                taken = self.now() - begin
                self.seconds[part] = self.seconds.get(part, 0.0) + taken - self._inside.pop()
                self.part.pop()
                if self._inside:
                    self._inside[-1] += taken

        return watched


def _watch(run: Run, clock: _Clock) -> list[tuple[Any, ...]]:
    """Time every part of a run's steps; what the encoder was last given comes into the list."""
    given: list[tuple[Any, ...]] = []
    method = run.job.method
    for name, network in method.named_children():
        vars(network)["forward"] = clock.timed(f"{name}, forward", network.forward)
    for name in {"local", "visible"} & set(dir(method.encoder)):
        plain = clock.timed("encoder, forward", getattr(method.encoder, name))
        vars(method.encoder)[name] = plain
    for name in {"forward", "local", "visible"} & set(dir(method.encoder)):
        vars(method.encoder)[name] = _noted(name, getattr(method.encoder, name), clock, given)
    vars(method)["after_step"] = clock.timed(_AFTERWARDS, method.after_step)
    fabric: Any = run.fabric
    optimiser: Any = run.optimiser
    batches: Any = run.batches
    fabric.backward = clock.timed(_BACKWARD, fabric.backward)
    optimiser.step = clock.timed(_OPTIMISER, optimiser.step)
    batches.at = clock.timed(_WAITING, batches.at)
    run.forward = clock.timed(_FORWARD, run.forward)
    return given


def _noted(name: str, function: Callable[..., Any], clock: _Clock, given: list[tuple[Any, ...]]) -> Callable[..., Any]:
    def noted(*arguments: Any) -> Any:
        if "encoder, forward" not in clock.part and torch.is_grad_enabled():
            given.append((name, *arguments))
        return function(*arguments)

    return noted


def _alone(run: Run, given: Sequence[tuple[Any, ...]], precision: torch.dtype, batch: slice = slice(None)) -> float:
    """Seconds of the encoder's forward and backward pass over what a step gave it; the better of two."""
    encoder, clock, taken = copy.deepcopy(run.job.method.encoder), _Clock(), list[float]()
    clock.device = run.fabric.device
    for name in ("forward", "local", "visible"):
        vars(encoder).pop(name, None)
    for _ in range(3):
        begin = clock.now()
        for name, *arguments in given:
            cut = [each[batch] if isinstance(each, Tensor) else each for each in arguments]
            with autocast(run.fabric.device, precision):
                found = getattr(encoder, name)(*cut)
            found.float().square().mean().backward()
        taken.append(clock.now() - begin)
        encoder.zero_grad()
    return min(taken[1:])


def _parts(found: Mapping[str, float], encoder: float) -> dict[str, float]:
    """The backward pass, told apart by what the encoder takes alone."""
    forward = found.get("encoder, forward", 0.0)
    backward = min(max(encoder - forward, 0.0), found[_BACKWARD])
    parts = {name: seconds for name, seconds in found.items() if name not in (_FORWARD, _BACKWARD)}
    parts["encoder, backward"] = backward
    parts["loss, forward"] = found[_FORWARD]
    parts["heads and loss, backward"] = found[_BACKWARD] - backward
    order = [_WAITING, _VIEWS, "encoder, forward", "encoder, backward"]
    return {name: parts[name] for name in sorted(parts, key=lambda name: order.index(name) if name in order else 9)}


def _memory(run: Run, step: int, clock: _Clock) -> dict[str, int]:
    """What one more step holds."""
    method, seen = run.job.method, set[int]()
    weights = [*method.parameters(), *method.buffers()]
    fixed = {each.untyped_storage().data_ptr() for each in weights}
    kept = {"activations of the encoder": 0, "activations of heads and loss": 0}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in seen | fixed:
            seen.add(storage.data_ptr())
            inside = "encoder, forward" in clock.part
            kept["activations of the encoder" if inside else "activations of heads and loss"] += storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        learn(run, step)
    trained = sum(weight.nbytes for weight in method.parameters() if weight.requires_grad)
    state = [value for each in run.optimiser.state.values() for value in each.values() if isinstance(value, Tensor)]
    return {
        "weights": sum(each.nbytes for each in weights),
        "gradients": trained,
        "optimiser": sum(each.nbytes for each in state),
        **kept,
    }


def _advice(
    run: Run,
    given: Sequence[tuple[Any, ...]],
    whole: float,
    found: Mapping[str, float],
    alone: Mapping[torch.dtype, float],
) -> list[str]:
    advice: list[str] = []
    other = torch.float32 if run.precision == torch.bfloat16 else torch.bfloat16
    gain = alone[run.precision] / alone[other]
    if gain > _WORTH_SAYING:
        name = str(other).removeprefix("torch.")
        advice.append(f"--precision {name}: the encoder alone is {gain:.1f} times as fast as now")
    items = run.job.settings.batch_size
    gain = _gain_of_half(run, given, alone[run.precision])
    if gain is not None and gain > _WORTH_SAYING:
        advice.append(f"--batch-size {items // 2}: the encoder alone is {gain:.1f} times as fast an item as now")
    if found.get(_WAITING, 0.0) > whole / 10:
        share = found[_WAITING] / whole
        advice.append(f"data: {share:.0%} of a step waits for items; decode them once, into an array file")
    if found.get(_VIEWS, 0.0) > whole / 4:
        advice.append(
            f"views: {found[_VIEWS] / whole:.0%} of a step; smaller images or fewer changes make them cheaper"
        )
    if alone[run.precision] > whole / 2 and not run.job.settings.compile:
        advice.append("--compile: most of a step is the encoder; what compiling gains is measured and said in the end")
    return advice


def _gain_of_half(run: Run, given: Sequence[tuple[Any, ...]], encoder_seconds: float) -> float | None:
    """How many times as fast an item the encoder alone is with half the batch; None where it takes no such batch."""
    half = run.job.settings.batch_size // 2
    if half < 4 or not all(isinstance(each[1], Tensor) for each in given):
        return None
    try:
        return encoder_seconds / (2 * _alone(run, given, run.precision, slice(half)))
    except UserError:  # batch norm by groups wants batches that split into them
        return None
