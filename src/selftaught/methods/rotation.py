"""Rotation: tell by how many quarters an image was turned, for which one must know what stands upright.

Paper    Gidaris et al. 2018, https://arxiv.org/abs/1803.07728
Needs    images with an upright; the memory of four images for each of the batch
Differs  the encoder is any, with a linear classifier on its vector, where the paper's networks classify their last
         feature map and are used from a middle layer; crops are resized, not padded; the optimiser is the run's
"""

import math
from collections.abc import Mapping
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Method, Step, TurnedImages
from selftaught.objectives import answer_accuracy, answer_surprise
from selftaught.views import QuarterTurns

__all__ = ["Rotation"]

_TURNS = 4


@final
class Rotation(Method[TurnedImages]):
    """An encoder, and a linear classifier of its vectors into the four quarter turns.

    Args:
        encoder: what is kept after training.

    Example:
        >>> import torch
        >>> from selftaught.core import TurnedImages
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import Rotation
        >>> method, views = Rotation(SmallResNet(image_size=16)), TurnedImages.example(8, torch.Generator())
        >>> step = method.step(views)
        >>> sorted(step.losses), sorted(step.metrics), method.chance(views)["accuracy"]
        (['turn'], ['accuracy'], 0.25)
    """

    views_type = TurnedImages
    view_maker = QuarterTurns
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.width, _TURNS)

    def step(self, views: TurnedImages) -> Step:
        """Tell the turn of all four copies of every image, in one batch."""
        scores, said = self._scores(views), views.turns.flatten()
        accuracy = answer_accuracy(scores.detach(), said)
        return Step(losses={"turn": answer_surprise(scores, said).mean()}, metrics={"accuracy": accuracy})

    def chance(self, views: TurnedImages) -> Mapping[str, float]:
        """Every turn is there as often as any other."""
        return {"accuracy": 1 / _TURNS, "turn": math.log(_TURNS)}

    def energy(self, views: TurnedImages) -> Float[Tensor, " n"]:
        """Minus the log-probability of what is said of an image's turn, the mean over its four copies."""
        return answer_surprise(self._scores(views), views.turns.flatten()).unflatten(0, (-1, _TURNS)).mean(1)

    def _scores(self, views: TurnedImages) -> Float[Tensor, "four_n 4"]:
        return self.classifier(self.encoder(views.images.flatten(0, 1)))
