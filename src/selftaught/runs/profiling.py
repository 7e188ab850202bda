"""Where the time and the memory of a training step go."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import torch
from torch import Tensor

from selftaught.core import Track, silent
from selftaught.runs.planning import Plan
from selftaught.runs.profile_advice import ACTIVATIONS, EncoderAlone, advice_on
from selftaught.runs.step_clock import BACKWARD, ENCODER, VIEWS, WAITING, Asked, Clock, watch_networks
from selftaught.training.loop import Run, begin_epoch, learn
from selftaught.training.preparing import embedding_as_asked, prepare
from selftaught.training.processes import connect

__all__ = ["Profile", "profile_plan"]

_ENDLESS = 10**9
_FORWARD, _OPTIMISER, _AFTERWARDS = "forward", "optimiser", "teachers, queues, banks"
_WARM_STEPS, _LEAST_STEPS, _MOST_STEPS, _SECONDS = 2, 3, 30, 5.0


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
        bytes: what memory holds, by what for: activations are those kept for the backward pass, but for
            those of the one piece that is worked through where `embed_in_pieces` is set.
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
        >>> import os
        >>> from unittest import mock
        >>> import numpy as np
        >>> from selftaught.runs.planning import plan_run
        >>> from selftaught.runs.profiling import profile_plan
        >>> numbers = {"batch_size": 4, "hidden_width": 16, "device": "cpu"}
        >>> plan = plan_run("simclr", np.zeros((8, 12, 12), np.uint8), "runs/none", settings=numbers)
        >>> with mock.patch.dict(os.environ, CXX="no-such-compiler"):  # nothing is compiled to see what that would gain
        ...     found = profile_plan(plan)
        >>> found.seconds["encoder, forward"] > 0
        True
    """
    from selftaught.training.job import Job

    training = replace(plan.settings.training, devices=1)
    clock = Clock()
    job = Job(
        method=copy.deepcopy(plan.method),
        source=plan.training_items,
        make_views=clock.timed(VIEWS, plan.make_views),
        settings=training,
        folder=plan.folder.path,
        preprocessing=plan.preprocessing,
    )
    with connect(training) as fabric:
        clock.device = fabric.device
        run = prepare(job, fabric, _ENDLESS)
        begin_epoch(run, 0)
        with run.batches, run.monitor, embedding_as_asked(job):
            asked = _watch(run, clock)
            for step in range(_WARM_STEPS):
                learn(run, step)
            clock.seconds.clear()
            begin, steps = clock.now(), 0
            for step in track(range(_WARM_STEPS, _WARM_STEPS + _MOST_STEPS), "profiling", _MOST_STEPS):
                asked.clear()
                learn(run, step)
                steps += 1
                if steps >= _LEAST_STEPS and clock.now() - begin > _SECONDS:
                    break
            whole = (clock.now() - begin) / steps
            found = {part: seconds / steps for part, seconds in clock.seconds.items()}
            asked.clear()  # it takes one more step, and what the encoder is asked is to be that of one
            held = _memory(run, _WARM_STEPS + steps, clock)
        alone = EncoderAlone(
            encoder=job.method.encoder, asked=asked, device=fabric.device, pieces=training.embed_in_pieces
        )
        encoder, advice = advice_on(alone, training, run.precision, whole=whole, found=found, held=held, track=track)
        return Profile(
            device=str(fabric.device),
            precision=str(run.precision).removeprefix("torch."),
            batch_size=training.batch_size,
            steps=steps,
            seconds_per_step=whole,
            seconds=_parts(found, encoder),
            bytes=held,
            encoder_seconds=encoder,
            advice=advice,
        )


def _watch(run: Run, clock: Clock) -> list[Asked]:
    """Time every part of a run's steps from now on; what they ask of the encoder comes into the list."""
    method = run.job.method
    asked = watch_networks(method, clock)
    vars(method)["after_step"] = clock.timed(_AFTERWARDS, method.after_step)
    fabric: Any = run.fabric
    optimiser: Any = run.optimiser
    batches: Any = run.batches
    fabric.backward = clock.timed(BACKWARD, fabric.backward)
    optimiser.step = clock.timed(_OPTIMISER, optimiser.step)
    batches.at = clock.timed(WAITING, batches.at)
    run.forward = clock.timed(_FORWARD, run.forward)
    return asked


def _parts(found: Mapping[str, float], encoder: float) -> dict[str, float]:
    """The backward pass, told apart by what the encoder takes alone."""
    forward = found.get(ENCODER, 0.0)
    backward = min(max(encoder - forward, 0.0), found[BACKWARD])
    parts = {name: seconds for name, seconds in found.items() if name not in (_FORWARD, BACKWARD)}
    parts["encoder, backward"] = backward
    parts["loss, forward"] = found[_FORWARD]
    parts["heads and loss, backward"] = found[BACKWARD] - backward
    order = [WAITING, VIEWS, ENCODER, "encoder, backward"]
    return {name: parts[name] for name in sorted(parts, key=lambda name: order.index(name) if name in order else 9)}


def _memory(run: Run, step: int, clock: Clock) -> dict[str, int]:
    """What one more step holds."""
    method, seen = run.job.method, set[int]()
    weights = [*method.parameters(), *method.buffers()]
    fixed = {each.untyped_storage().data_ptr() for each in weights}
    kept = {ACTIVATIONS: 0, "activations of heads and loss": 0}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in seen | fixed:
            seen.add(storage.data_ptr())
            inside = ENCODER in clock.parts
            kept[ACTIVATIONS if inside else "activations of heads and loss"] += storage.nbytes()
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
