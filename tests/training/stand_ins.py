"""Small real methods, data and views: training them takes milliseconds, and every number can be followed."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from selftaught.core import Encoder, ImageBatch, Method, MultiView, ParameterGroup, Step, gather

PIXELS, WIDTH, QUEUE = 16, 6, 12


class Linear(Encoder):
    """Flattens and multiplies; with batch norm and dropout where asked for."""

    width = WIDTH

    def __init__(self, *, batch_norm: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.weights = nn.Linear(PIXELS, WIDTH)
        self.norm = nn.BatchNorm1d(WIDTH) if batch_norm else nn.Identity()
        self.dropout = nn.Dropout(dropout)

    def forward(self, items: Tensor) -> Tensor:
        return self.dropout(self.norm(self.weights(items.flatten(1))))


class Remembering(Method[MultiView]):
    """Distance of two views, minus that to a queue of past vectors of a slow copy: every kind of state there is."""

    def __init__(self, encoder: Encoder | None = None, *, momentum: float = 0.9) -> None:
        super().__init__()
        self.encoder = encoder or Linear()
        self.predictor = nn.Linear(WIDTH, WIDTH)
        self.teacher = nn.Linear(PIXELS, WIDTH).requires_grad_(requires_grad=False)
        self.momentum = momentum
        self.register_buffer("queue", torch.zeros(QUEUE, WIDTH))
        self.register_buffer("progress", torch.zeros(()))

    def step(self, views: MultiView) -> Step:
        first, second = views.pair()
        predicted = self.predictor(self.encoder(first))
        key = self.teacher(second.flatten(1))
        everyone = gather(predicted)
        near = (predicted - key).square().mean()
        apart = (everyone @ self.queue.T).square().mean()
        spread = (everyone.T @ everyone / len(everyone) - torch.eye(WIDTH)).square().mean()
        return Step(
            losses={"near": near, "apart": 0.1 * apart + spread},
            remember={"key": gather(key)},
            metrics={"length": predicted.detach().norm(dim=1).mean()},
        )

    def energy(self, views: MultiView) -> Tensor:
        first, second = views.pair()
        return (self.predictor(self.encoder(first)) - self.teacher(second.flatten(1))).square().sum(1)

    @torch.no_grad()
    def after_step(self, step: Step, progress: float) -> None:
        self.teacher.weight.lerp_(self.encoder.weights.weight, 1 - self.momentum)
        self.queue.copy_(torch.cat([step.remember["key"], self.queue])[:QUEUE])
        self.progress.fill_(progress)

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        return [
            ParameterGroup("encoder", list(self.encoder.parameters())),
            ParameterGroup("predictor", list(self.predictor.parameters()), 10.0, constant_learning_rate=True),
        ]


class Exploding(Remembering):
    """Its second loss is infinite from a step on."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after
        self.register_buffer("count", torch.zeros(()))

    def step(self, views: MultiView) -> Step:
        step = super().step(views)
        broken = step.losses["apart"] * (torch.inf if self.count >= self.after else 1.0)
        return Step(losses={**step.losses, "apart": broken}, remember=step.remember)

    def after_step(self, step: Step, progress: float) -> None:
        super().after_step(step, progress)
        self.count += 1


class Choosing(Remembering):
    """Draws the first half of the items only, from the second epoch on, and notes when it was asked."""

    def __init__(self, items: int) -> None:
        super().__init__()
        self.register_buffer("asked", torch.zeros((), dtype=torch.long))
        self.items = items

    def before_epoch(self, features: Any) -> Tensor | None:
        self.asked += 1
        noise = torch.rand(self.items)  # from the default generator: must be the same after a resume
        return None if self.asked == 1 else noise * (torch.arange(self.items) < self.items // 2)


@dataclass
class Numbers:
    """Images whose pixels follow from their row; reading them can take a while."""

    items: int = 40
    seconds: float = 0.0

    def __len__(self) -> int:
        return self.items

    def batch(self, rows: Any) -> ImageBatch:
        time.sleep(self.seconds)
        grid = torch.as_tensor(rows).float()[:, None] * torch.arange(1, PIXELS + 1)
        return ImageBatch.of(torch.sin(grid).reshape(-1, 1, 4, 4) / 2 + 0.5)


@dataclass
class NoisyCopies:
    """Two copies of each image with noise from the draws."""

    noise: float = 0.1

    def __call__(self, items: ImageBatch, *, index: Tensor | None = None, draws: Any = None) -> MultiView:
        views = tuple(items.pixels + self.noise * draws.normal(*items.pixels.shape[1:]) for _ in range(2))
        return MultiView(torch.arange(len(items)) if index is None else index, views)


def fresh(build: Callable[..., Any] = Remembering, seed: int = 0, **arguments: Any) -> Any:
    """A method whose start depends on nothing but the seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build(**arguments)


def same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether two states are equal to the bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
