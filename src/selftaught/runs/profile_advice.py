"""What would make a training step faster or smaller, as far as it was measured."""

import copy
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from selftaught.core import Encoder, Track, UserError, entries_of, silent
from selftaught.runs.step_clock import VIEWS, WAITING, Asked, Clock
from selftaught.training.compiling import check_compiler
from selftaught.training.devices import autocast
from selftaught.training.pieces import embedding_in_pieces, of_rows
from selftaught.training.settings import TrainingSettings

__all__ = ["ACTIVATIONS", "EncoderAlone", "advice_on"]

ACTIVATIONS = "activations of the encoder"
_WORTH_SAYING = 1.1  # times as fast
_LEAST_ITEMS = 4

Resize = Callable[[Any], Any]


@final
@dataclass(frozen=True, kw_only=True)
class EncoderAlone:
    """The encoder by itself, asked again what a step asks of it: no step is faster.

    Args:
        encoder: of which copies work.
        asked: by one step.
        device: where.
        pieces: items that go through it at a time; None for all.

    Example:
        >>> import torch
        >>> from selftaught.runs.profile_advice import EncoderAlone
        >>> from selftaught.runs.step_clock import Asked
        >>> from selftaught.testing import ExampleEncoder
        >>> asked = [Asked("", "forward", (torch.zeros(4, 3, 16, 16),), {})]
        >>> alone = EncoderAlone(encoder=ExampleEncoder(), asked=asked, device=torch.device("cpu"))
        >>> alone.seconds(torch.float32) > 0
        True
    """

    encoder: Encoder
    asked: Sequence[Asked]
    device: torch.device
    pieces: int | None = None

    def seconds(self, precision: torch.dtype, *, resize: Resize | None = None, compiled: bool = False) -> float:
        """Of its forward and backward pass; the better of two.

        Args:
            precision: of the network.
            resize: makes another batch of the one that was given.
            compiled: by `torch.compile`.

        Raises:
            UserError: the encoder does not take such a batch.
        """
        encoder, clock, taken = copy.deepcopy(self.encoder), Clock(), list[float]()
        clock.device = self.device
        vars(encoder).pop("forward", None)
        for network, function in entries_of(encoder):
            vars(network).pop(function, None)  # what watched it
        if compiled:
            for network, function in entries_of(encoder):
                vars(network)[function] = torch.compile(getattr(network, function))
        with nullcontext() if self.pieces is None else embedding_in_pieces(encoder, self.pieces):
            for _ in range(3):
                begin = clock.now()
                for each in self.asked:
                    given = [part if resize is None else resize(part) for part in each.given]
                    with autocast(self.device, precision):
                        found = getattr(encoder.get_submodule(each.network), each.function)(*given, **each.shared)
                    parts: Sequence[Tensor] = [found] if isinstance(found, Tensor) else found
                    torch.stack([part.float().square().mean() for part in parts]).sum().backward()
                taken.append(clock.now() - begin)
                encoder.zero_grad()
        return min(taken[1:])

    def seconds_of(self, resize: Resize, precision: torch.dtype) -> float | None:
        """The same with another batch; None where the encoder takes no such batch.

        Args:
            resize: makes another batch of the one that was given.
            precision: of the network.
        """
        try:
            return self.seconds(precision, resize=resize)
        except UserError:  # the nodes of a graph; batch norm by groups, which wants batches that split into them
            return None


def advice_on(
    alone: EncoderAlone,
    settings: TrainingSettings,
    precision: torch.dtype,
    *,
    whole: float,
    found: Mapping[str, float],
    held: Mapping[str, int],
    track: Track = silent,
) -> tuple[float, list[str]]:
    """A line for everything that was seen to be worth a change.

    Args:
        alone: the encoder, with what a step asks of it.
        settings: with which the steps were taken.
        precision: of the network.
        whole: seconds a step.
        found: seconds of every part of it.
        held: bytes of memory, by what for; the encoder's activations among them.
        track: who watches.

    Returns:
        The seconds of the encoder alone with these settings, and the lines.

    Example:
        >>> import torch
        >>> from selftaught.runs.profile_advice import EncoderAlone, advice_on
        >>> from selftaught.runs.step_clock import Asked
        >>> from selftaught.testing import ExampleEncoder
        >>> from selftaught.training import TrainingSettings
        >>> asked = [Asked("", "forward", (torch.zeros(4, 3, 16, 16),), {})]
        >>> alone = EncoderAlone(encoder=ExampleEncoder(), asked=asked, device=torch.device("cpu"))
        >>> slow = {"whole": 100.0, "found": {"views": 60.0}, "held": {"activations of the encoder": 0, "weights": 1}}
        >>> advice_on(alone, TrainingSettings(batch_size=4), torch.float32, **slow)[1][-1]
        'views: 60% of a step; smaller images or fewer changes make them cheaper'
    """
    now, advice = alone.seconds(precision, compiled=settings.compile), list[str]()
    other = torch.float32 if precision == torch.bfloat16 else torch.bfloat16
    if (gain := now / alone.seconds(other, compiled=settings.compile)) > _WORTH_SAYING:
        name = str(other).removeprefix("torch.")
        advice.append(f"--precision {name}: the encoder alone is {gain:.1f} times as fast as now")
    if not settings.compile:  # which would compile anew for every size
        advice += _on_batches(alone, settings.batch_size, precision, now, held)
    if found.get(WAITING, 0.0) > whole / 10:
        share = found[WAITING] / whole
        advice.append(f"data: {share:.0%} of a step waits for items; --cache FOLDER decodes photographs once")
    if found.get(VIEWS, 0.0) > whole / 4:
        advice.append(f"views: {found[VIEWS] / whole:.0%} of a step; smaller images or fewer changes make them cheaper")
    if now > whole / 2 and not settings.compile:
        advice += _on_compiling(alone, precision, now, track)
    return now, advice + _on_memory(settings, alone.device, held)


def _on_batches(
    alone: EncoderAlone, size: int, precision: torch.dtype, now: float, held: Mapping[str, int]
) -> list[str]:
    """Half the batch and, where memory has room for it, twice the batch: the faster, where it pays."""
    gains: dict[int, float] = {}
    if size // 2 >= _LEAST_ITEMS and (half := alone.seconds_of(_halved, precision)) is not None:
        gains[size // 2] = now / (2 * half)
    if 3 * held[ACTIVATIONS] < free_bytes(alone.device):
        double = alone.seconds_of(_doubled, precision)
        if double is not None:
            gains[2 * size] = 2 * now / double
    best = max(gains, key=lambda items: gains[items], default=size)
    if gains.get(best, 0.0) <= _WORTH_SAYING:
        return []
    return [f"--batch-size {best}: the encoder alone is {gains[best]:.1f} times as fast an item as now"]


def _on_compiling(alone: EncoderAlone, precision: torch.dtype, now: float, track: Track) -> list[str]:
    try:
        check_compiler()
    except UserError:  # which `--compile` would say
        return ["--compile was not tried: there is no C++ compiler"]
    tries = track([True], "compiling the encoder, to time it", 1)
    (fast,) = [alone.seconds(precision, compiled=compiled) for compiled in tries]
    torch.compiler.reset()
    return (
        [f"--compile: the encoder alone is {now / fast:.1f} times as fast as now"] if now > _WORTH_SAYING * fast else []
    )


def _on_memory(settings: TrainingSettings, device: torch.device, held: Mapping[str, int]) -> list[str]:
    kept = held[ACTIVATIONS]
    if settings.embed_in_pieces is not None or kept < max(sum(held.values()) / 2, free_bytes(device) / 4):
        return []
    piece = max(settings.batch_size // 8, 1)
    share = kept / sum(held.values())
    return [
        f"--embed-in-pieces {piece}: {share:.0%} of what a step holds are the encoder's activations, of which there "
        "would be an eighth, for one more forward pass"
    ]


def free_bytes(device: torch.device) -> int:
    """What memory of a device nobody holds; 0 where the system does not tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    names = ("SC_AVPHYS_PAGES", "SC_PAGE_SIZE")
    if device.type != "cpu" or not set(names) <= os.sysconf_names.keys():
        return 0
    pages, size = map(os.sysconf, names)
    return pages * size


def _halved(part: Any) -> Any:
    return of_rows(part, lambda rows: rows[: len(rows) // 2])


def _doubled(part: Any) -> Any:
    return of_rows(part, lambda rows: torch.cat([rows, rows]))
