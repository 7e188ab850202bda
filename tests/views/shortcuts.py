"""Photographs, what gives away where their parts lie without a look at what they show, and a linear model of that."""

from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int
from skimage import data
from sklearn.datasets import load_sample_images
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from torch.nn import functional as F

COUNT, SIDE = 1200, 120  # squares of the photographs, and their pixels
_DARKEST = 0.25  # of the light in the brightest corner


@cache
def photographs() -> Float[Tensor, "n 3 side side"]:
    """Random squares of six photographs."""
    shots = [*load_sample_images().images, data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    generator = np.random.default_rng(0)
    squares = []
    for number in range(COUNT):
        shot = torch.from_numpy(shots[number % len(shots)].copy()).permute(2, 0, 1)[None] / 255
        side = int(generator.integers(200, 301))
        top, left = (int(generator.integers(most - side + 1)) for most in shot.shape[2:])
        square = shot[:, :, top : top + side, left : left + side]
        squares.append(F.interpolate(square, (SIDE, SIDE), mode="bilinear", antialias=True))
    return torch.cat(squares)


def lit_from_a_corner() -> Float[Tensor, "n 3 side side"]:
    """The same, bright above on the left and dark below on the right."""
    along = torch.linspace(0, 1, SIDE)
    return photographs() * (1 - (1 - _DARKEST) * (along[:, None] + along) / 2)


def with_fringes(enlarged: float) -> Float[Tensor, "n 3 side side"]:
    """The same through a lens whose middle is that of the picture, and which shows green larger than red and blue."""
    items = photographs()
    matrix = torch.eye(2, 3)[None].expand(len(items), 2, 3) / enlarged
    grid = F.affine_grid(matrix, [len(items), 1, SIDE, SIDE], align_corners=False)
    green = F.grid_sample(items[:, 1:2], grid, mode="bicubic", padding_mode="border", align_corners=False)
    return torch.cat([items[:, :1], green, items[:, 2:]], 1)


def light(tiles: Float[Tensor, "n tiles c s s"]) -> Float[Tensor, "n _"]:
    """Mean and deviation of every channel of every tile."""
    deviation, mean = torch.std_mean(tiles, dim=(3, 4))
    return torch.cat([mean.flatten(1), deviation.flatten(1)], 1)


def edges(tiles: Float[Tensor, "n tiles c s s"]) -> Float[Tensor, "n _"]:
    """How unlike the right edge of every tile is to the left one of every other, and the lower to the upper."""
    across = tiles[:, :, None, :, :, -1] - tiles[:, None, :, :, :, 0]  # (n, tiles, tiles, c, s)
    down = tiles[:, :, None, :, -1] - tiles[:, None, :, :, 0]
    return torch.cat([each.abs().mean((3, 4)).flatten(1) for each in (across, down)], 1)


def lines(tiles: Float[Tensor, "n tiles c s s"]) -> Float[Tensor, "n _"]:
    """Whether fine lines that leave a tile at an edge enter the other there: edges by their detail, correlated."""

    def detail(edge: Float[Tensor, "n tiles c s"]) -> Float[Tensor, "n tiles _"]:
        return F.normalize(edge.diff(n=2, dim=3).flatten(2), dim=2)

    across = detail(tiles[..., -1]) @ detail(tiles[..., 0]).mT  # (n, tiles, tiles)
    down = detail(tiles[..., -1, :]) @ detail(tiles[..., 0, :]).mT
    return torch.cat([across.flatten(1), down.flatten(1)], 1)


def fringes(tiles: Float[Tensor, "n tiles c s s"]) -> Float[Tensor, "n _"]:
    """How far, and which way, the first channel of every tile is shifted against each of the others; least squares."""
    centred = tiles - tiles.mean((3, 4), keepdim=True)
    scaled = centred / centred.std((3, 4), keepdim=True).clamp(min=1e-3)
    down, across = torch.gradient(scaled[:, :, 1:], dim=(3, 4))
    apart = scaled[:, :, :1] - scaled[:, :, 1:]
    found = [(apart * slope).mean((3, 4)) / (slope.square().mean((3, 4)) + 1e-3) for slope in (down, across)]
    return torch.cat(found, 2).flatten(1)


def told(features: Float[Tensor, "n _"], answers: Int[Tensor, " n"]) -> float:
    """How often a linear model of some features finds the answers of questions that it has not seen: every other."""
    x, y = features.double().numpy(), answers.numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    return model.fit(x[::2], y[::2]).score(x[1::2], y[1::2])
