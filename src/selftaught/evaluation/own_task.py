"""How well a method does what it was trained to do, on held-out items, beside its chance."""

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np
import torch

from selftaught.core import Method, Step, Track, UserError, silent, unknown_name
from selftaught.evaluation.asking import views_to_ask_about
from selftaught.extraction import reading

__all__ = ["TaskFigure", "own_task"]


@final
@dataclass(frozen=True, kw_only=True)
class TaskFigure:
    """One figure of a method's own task.

    Args:
        value: what the method reaches.
        chance: what one reaches who guesses; see `Method.chance`.
        at_start: what the method reached before training; None where nobody asked.

    Example:
        >>> from selftaught.evaluation import TaskFigure
        >>> TaskFigure(value=0.75, chance=0.5, at_start=0.5).as_json()
        {'value': 0.75, 'chance': 0.5, 'at_start': 0.5}
    """

    value: float
    chance: float
    at_start: float | None = None

    def as_json(self) -> dict[str, float | None]:
        """The three numbers by their names."""
        return asdict(self)


def own_task(
    method: Method[Any],
    make_views: Any,
    items: Any,
    *,
    start: Method[Any] | None = None,
    device: torch.device | None = None,
    seed: int = 0,
    track: Track = silent,
) -> dict[str, TaskFigure]:
    """The losses and metrics of a method's own step in eval mode, of which it says what guessing comes to.

    Over a seeded sample of 512 items, drawn into batches of 64, as large as each other: the other items of a batch are
    candidates of contrastive methods, so that chance depends on their number. Items of one batch, such as a graph's
    nodes, stay together. A figure is the mean over batches, and so is its chance.

    Args:
        method: left in the mode and on the device it came in.
        make_views: its view maker.
        items: what a step takes a batch of, at least 2; held out, or the figures say how well these were learned.
        start: the method before training, which is asked about the same views.
        device: where the methods work; the CPU if None.
        seed: of the sample and the views.
        track: shows progress.

    Returns:
        By name of the loss or metric; empty where the method knows no chance.

    Raises:
        UserError: there are fewer than 2 items, or the method gives a chance to what is no figure of its step.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.evaluation import own_task
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.views import TwoViews
        >>> source = open_images(torch.arange(8 * 256).view(8, 1, 16, 16).remainder(251).byte()).train
        >>> found = own_task(SimCLR(SmallResNet(channels=1)), TwoViews(image_size=16, channels=1), source)
        >>> sorted(found), round(1 / found["top_1_accuracy"].chance)  # of 16 views, one is the question
        (['mutual_information_bound_nats', 'nt_xent', 'top_1_accuracy'], 15)
    """
    if len(items) < 2:
        raise UserError(f"expected at least 2 items to ask a method about, got {len(items)}")
    device = torch.device("cpu") if device is None else device
    methods = {"value": method} | ({} if start is None else {"at_start": start})
    seen: dict[str, dict[str, list[float]]] = {}  # by figure, by "value", "at_start" and "chance"; one a batch
    with ExitStack() as borrowed:
        for each in methods.values():
            borrowed.enter_context(reading(each, device))
        asked = views_to_ask_about(
            make_views, items, "asking the method's own question", device=device, seed=seed, track=track
        )
        for views in asked:
            found = {name: _figures(each.step(views)) for name, each in methods.items()}
            for figure, guessed in method.chance(views).items():
                if figure not in found["value"]:
                    raise unknown_name("loss or metric", figure, list(found["value"]))
                numbers = {"chance": guessed, **{name: each[figure] for name, each in found.items()}}
                for name, number_of_batch in numbers.items():
                    seen.setdefault(figure, {}).setdefault(name, []).append(number_of_batch)
    return {
        figure: TaskFigure(**{name: float(np.mean(each)) for name, each in lists.items()})
        for figure, lists in seen.items()
    }


def _figures(step: Step) -> dict[str, float]:
    return {name: float(value) for name, value in {**step.losses, **step.metrics}.items()}
