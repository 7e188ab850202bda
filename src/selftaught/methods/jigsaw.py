"""Jigsaw: tell in which order nine tiles of an image stand, each having been looked at alone.

Paper    Noroozi and Favaro 2016, https://arxiv.org/abs/1603.09246
Needs    an encoder that takes images of any size, as tiles are smaller; pictures in which places differ
Differs  the encoder is any, and its vector of a whole image is the representation; a tile's vector is its pooled one,
         where the paper's first linear layer sees all positions; batch norm in the head, and no dropout; among
         permutations with equal sums of distances, the one farthest from its nearest is taken; one puzzle an image
         in each pass. What the gaps leave of edges still tells a linear model some: of ten orders of photographs' tiles
         it finds more than a guess, a tenth, and less than 0.35 (tests/views/test_shortcuts.py)
"""

import math
from collections.abc import Mapping
from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Method, ShuffledTiles, Step, UserError
from selftaught.objectives import answer_accuracy, answer_surprise
from selftaught.parts import BatchNorm, mlp
from selftaught.views import TilePuzzles

__all__ = ["Jigsaw"]

_TILES = 9


@final
class Jigsaw(Method[ShuffledTiles]):
    """An encoder and a layer that see one tile at a time, and a classifier of all nine into the orders.

    Args:
        encoder: what is kept after training.
        permutations: in how many orders the tiles can stand, at least 2; the paper has 100 and more, up to 1,000.
        tile_width: features of a tile before they are joined.
        hidden_width: features after that.

    Raises:
        UserError: fewer than 2 permutations, or other than nine tiles.

    Example:
        >>> import torch
        >>> from selftaught.core import ShuffledTiles
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import Jigsaw
        >>> method = Jigsaw(SmallResNet(image_size=16), tile_width=32, hidden_width=64)
        >>> step = method.step(ShuffledTiles.example(8, torch.Generator()))
        >>> sorted(step.losses), method.joined[0].in_features, method.joined[-1].out_features
        (['order'], 288, 100)
    """

    views_type = ShuffledTiles
    view_maker = TilePuzzles
    view_arguments: ClassVar[Mapping[str, str]] = {"orders": "permutations"}
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self, encoder: Encoder, *, permutations: int = 100, tile_width: int = 512, hidden_width: int = 4096
    ) -> None:
        super().__init__()
        if permutations < 2:
            raise UserError(f"expected at least 2 permutations, got {permutations}")
        self.encoder = encoder
        self.permutations = permutations
        self.tile = nn.Sequential(nn.Linear(encoder.width, tile_width, bias=False), BatchNorm(tile_width), nn.ReLU())
        self.joined = mlp(_TILES * tile_width, hidden_width, permutations)

    def step(self, views: ShuffledTiles) -> Step:
        """Tell the order of every image's tiles."""
        scores = self._scores(views)
        accuracy = answer_accuracy(scores.detach(), views.orders)
        return Step(losses={"order": answer_surprise(scores, views.orders).mean()}, metrics={"accuracy": accuracy})

    def chance(self, views: ShuffledTiles) -> Mapping[str, float]:
        """Every order is drawn as often as any other."""
        return {"accuracy": 1 / self.permutations, "order": math.log(self.permutations)}

    def energy(self, views: ShuffledTiles) -> Float[Tensor, " n"]:
        """Minus the log-probability of the order in which an image's tiles are said to stand."""
        return answer_surprise(self._scores(views), views.orders)

    def _scores(self, views: ShuffledTiles) -> Float[Tensor, "n permutations"]:
        if views.tiles.shape[1] != _TILES:
            raise UserError(f"expected {_TILES} tiles of every image, got {views.tiles.shape[1]}")
        each = self.tile(self.encoder(views.tiles.flatten(0, 1)))  # (9 n, tile_width)
        return self.joined(each.unflatten(0, (-1, _TILES)).flatten(1))
