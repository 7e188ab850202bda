"""Methods that must collapse, on a network small enough to see it in seconds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from selftaught.core import Encoder, LocalEncoder, Method, MultiView, Step
from selftaught.data import open_images
from selftaught.encoders import Preprocessing
from selftaught.objectives import cosine_distance, negative_cosine
from selftaught.parts import BatchNorm, Teacher, mlp
from selftaught.runs.watch_settings import WatchSettings
from selftaught.runs.watching import RunObserver, watched_sample
from selftaught.training import Look, TrainingSettings, train
from selftaught.views import TwoViews


class Small(LocalEncoder):
    """Three convolutions."""

    width, channels, image_size = 64, 1, 28

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((1, 16), (16, 32), (32, 64)):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, items: Tensor) -> Tensor:
        return self.layers(items).mean((2, 3))

    def local(self, items: Tensor) -> Tensor:
        return self.layers(items).flatten(2).transpose(1, 2)


class WithoutNegatives(Method[MultiView]):
    """SimCLR with nothing but the attraction of two views."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.width, 128, 64)

    def step(self, views: MultiView) -> Step:
        return Step(losses={"distance": self.energy(views).mean()})

    def energy(self, views: MultiView) -> Tensor:
        first, second = views.pair()
        return cosine_distance(self.projector(self.encoder(first)), self.projector(self.encoder(second)))


class WithoutPredictor(Method[MultiView]):
    """BYOL whose projection itself is drawn to the teacher's."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.width, 128, 64)
        self.teacher = Teacher(self.encoder, self.projector, momentum=0.99)

    def step(self, views: MultiView) -> Step:
        return Step(losses={"distance": self.energy(views).mean()})

    def after_step(self, step: Step, progress: float) -> None:
        self.teacher.follow(self.encoder, self.projector)

    def energy(self, views: MultiView) -> Tensor:
        first, second = views.pair()
        there = cosine_distance(self.projector(self.encoder(first)), self.teacher(second))
        return there + cosine_distance(self.projector(self.encoder(second)), self.teacher(first))


class WithoutStoppedGradient(Method[MultiView]):
    """SimSiam whose target moves towards the prediction, too."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = nn.Sequential(*mlp(encoder.width, 128, 64), BatchNorm(64, affine=False))
        self.predictor = mlp(64, 16, 64)

    def step(self, views: MultiView) -> Step:
        return Step(losses={"negative_cosine": self.energy(views).mean()})

    def energy(self, views: MultiView) -> Tensor:
        first, second = (self.projector(self.encoder(view)) for view in views.pair())
        there = negative_cosine(self.predictor(first), second)
        return (there + negative_cosine(self.predictor(second), first)) / 2


def train_and_look(
    method: Method[Any],
    folder: Path,
    *,
    epochs: float,
    watch: WatchSettings,
    views: Mapping[str, Any] | None = None,
    **numbers: Any,
) -> list[Look]:
    """Train on the packaged clothes, with a high learning rate, and return what was seen.

    Views are those of SimCLR without blur, or, with options of its own, those of the method's view maker.
    """
    splits = open_images("fashion-mnist-10k", labelled=False, channels=1)
    source = splits.train.take(np.arange(1024))
    mean, deviation = source.statistics()
    images = {"image_size": 28, "channels": 1, "mean": mean, "standard_deviation": deviation}
    maker = TwoViews(**images, blur_probability=(0.0, 0.0)) if views is None else method.view_maker(**images, **views)
    settings = {"batch_size": 64, "learning_rate": 1e-2, "weight_decay": 1e-4, "device": "cpu", **numbers}
    preparation = Preprocessing(28, 1, mean, deviation)
    observer = RunObserver(sample=watched_sample(source, splits.test), preparation=preparation, settings=watch)
    looks: list[Look] = []
    train(
        method,
        source,
        maker,
        TrainingSettings(epochs=epochs, log_every=1000, **settings),
        folder=folder,
        preprocessing=preparation,
        observer=observer,
        onlookers=[looks.append],
    )
    return looks
