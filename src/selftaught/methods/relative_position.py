"""RelativePosition: tell where a patch lies from another one, each having been looked at alone.

Paper    Doersch et al. 2015, https://arxiv.org/abs/1505.05192
Needs    an encoder that takes images of any size, as patches are smaller; pictures in which places differ
Differs  the encoder is any, and its vector of a whole image is the representation; a patch's vector is its pooled one,
         where the paper's first linear layer sees all positions; all eight neighbours of one patch of each image are
         asked about at once; no patch is shown at fewer pixels; batch norm before every ReLU of the head
"""

import math
from collections.abc import Mapping
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Method, PatchNeighbourhoods, Step
from selftaught.objectives import answer_accuracy, answer_surprise
from selftaught.parts import BatchNorm, mlp
from selftaught.views import NeighbouringPatches

__all__ = ["RelativePosition"]

_PLACES = 8


@final
class RelativePosition(Method[PatchNeighbourhoods]):
    """An encoder and a layer that see one patch at a time, and a classifier of two of them into eight places.

    Args:
        encoder: what is kept after training.
        patch_width: features of a patch before two are joined.
        hidden_width: features of the two layers after that.

    Example:
        >>> import torch
        >>> from selftaught.core import PatchNeighbourhoods
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import RelativePosition
        >>> method = RelativePosition(SmallResNet(image_size=16), patch_width=32, hidden_width=64)
        >>> views = PatchNeighbourhoods.example(8, torch.Generator())
        >>> step = method.step(views)
        >>> sorted(step.losses), sorted(step.metrics), method.chance(views)["accuracy"]
        (['place'], ['accuracy'], 0.125)
    """

    views_type = PatchNeighbourhoods
    view_maker = NeighbouringPatches
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(self, encoder: Encoder, *, patch_width: int = 4096, hidden_width: int = 4096) -> None:
        super().__init__()
        self.encoder = encoder
        self.patch = nn.Sequential(nn.Linear(encoder.width, patch_width, bias=False), BatchNorm(patch_width), nn.ReLU())
        self.joined = mlp(2 * patch_width, hidden_width, hidden_width, _PLACES)

    def step(self, views: PatchNeighbourhoods) -> Step:
        """Tell the places of the eight patches around each image's middle one."""
        scores, said = self._scores(views), views.places.flatten()
        accuracy = answer_accuracy(scores.detach(), said)
        return Step(losses={"place": answer_surprise(scores, said).mean()}, metrics={"accuracy": accuracy})

    def chance(self, views: PatchNeighbourhoods) -> Mapping[str, float]:
        """Every place is there as often as any other."""
        return {"accuracy": 1 / _PLACES, "place": math.log(_PLACES)}

    def energy(self, views: PatchNeighbourhoods) -> Float[Tensor, " n"]:
        """Minus the log-probability of where a patch is said to lie, the mean over the eight around the middle."""
        return answer_surprise(self._scores(views), views.places.flatten()).unflatten(0, (-1, _PLACES)).mean(1)

    def _scores(self, views: PatchNeighbourhoods) -> Float[Tensor, "eight_n 8"]:
        patches = torch.cat([views.middle[:, None], views.around], 1)  # (n, 9, c, side, side)
        each = self.patch(self.encoder(patches.flatten(0, 1))).unflatten(0, (len(views), -1))
        middle, around = each[:, :1].expand(-1, _PLACES, -1), each[:, 1:]  # (n, 8, patch_width) each
        return self.joined(torch.cat([middle, around], 2).flatten(0, 1))
