"""Pictures whose every pixel is known to belong to an object or not: clothes pasted on photographs or on noise."""

from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from sklearn.datasets import load_sample_images
from torch import Tensor

from selftaught.core import UserError
from selftaught.data import open_images
from selftaught.evaluation.corruptions.warping import cloud, random_numbers
from selftaught.evaluation.robustness import few_rows
from selftaught.views import Draws

__all__ = ["Background", "Composites", "make_composites"]

Background = Literal["photographs", "noise"]

_OBJECT_SIDES = (0.4, 0.7)  # of the picture's
_PHOTOGRAPH_SIDES = 4  # of a photograph's shorter side, in sides of the picture, so that objects stay large on it
_TRAINING_SHARE = 0.6  # of a photograph's columns; the test sees the others
_DARKEST = 0.25
_NOISE_DECAY = 1.6
_LUMA = (0.299, 0.587, 0.114)


@final
@dataclass(frozen=True)
class Composites:
    """Pictures with one object each.

    Args:
        images: in 0..1.
        masks: which pixels show the object.
        classes: of the objects, 0 to 9.

    Example:
        >>> from selftaught.evaluation.composites import make_composites
        >>> found = make_composites(4, image_size=32, channels=3, part="test", seed=0)
        >>> found.images.shape, found.masks.shape, bool(found.masks.any((1, 2)).all())
        (torch.Size([4, 3, 32, 32]), torch.Size([4, 32, 32]), True)
    """

    images: Float[Tensor, "n c s s"]
    masks: Bool[Tensor, "n s s"]
    classes: Int[Tensor, " n"]


def make_composites(
    count: int,
    *,
    image_size: int,
    channels: int,
    part: Literal["train", "test"],
    background: Background = "photographs",
    seed: int = 0,
) -> Composites:
    """Paste clothes of Fashion-MNIST-10k, each in a colour, size and place of its own, on backgrounds.

    Training and test share neither an object nor a column of a photograph.

    Args:
        count: how many, up to 8,000 in training and 2,000 in the test.
        image_size: side in pixels, at least 8.
        channels: 1 or 3.
        part: training or test.
        background: two photographs that scikit-learn ships, or coloured smooth noise.
        seed: of everything drawn.

    Raises:
        UserError: an argument is out of range.

    Source:
        Fashion-MNIST, Xiao et al. 2017, https://arxiv.org/abs/1708.07747; the idea of known masks by pasting from
        Dwibedi et al. 2017, https://arxiv.org/abs/1708.01642.

    Example:
        >>> from selftaught.evaluation.composites import make_composites
        >>> make_composites(2, image_size=16, channels=1, part="train", background="noise").classes.shape
        torch.Size([2])
    """
    splits = open_images("fashion-mnist-10k")
    clothes = splits.train if part == "train" or splits.test is None else splits.test
    if not 1 <= count <= len(clothes) or image_size < 8 or channels not in (1, 3):
        given = f"{count}, {image_size} and {channels}"
        raise UserError(f"expected 1 to {len(clothes)} composites, at least 8 pixels, 1 or 3 channels, got {given}")
    rows = few_rows(len(clothes), count, seed)
    objects = clothes.batch(rows).pixels.float() / 255
    generator = torch.Generator().manual_seed(Draws.at(seed, part, batch=1).seed)
    shown, masks = _placed(objects, image_size, generator)
    behind = _photographs(count, image_size, part, generator) if background == "photographs" else None
    if behind is None:
        behind = torch.cat([cloud(shown, _NOISE_DECAY, generator) for _ in range(3)], 1)
    if channels == 1:
        behind = (behind * behind.new_tensor(_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    colours = random_numbers((count, channels, 1, 1), 0.4, 1.0, generator, shown)
    front = (_DARKEST + (1 - _DARKEST) * shown) * colours
    labels = np.zeros(len(clothes), dtype=np.int64) if clothes.labels is None else clothes.labels[rows]
    return Composites(torch.where(masks[:, None], front, behind).clamp(0, 1), masks, torch.from_numpy(labels).long())


def _placed(
    objects: Float[Tensor, "n 1 h w"], side: int, generator: torch.Generator
) -> tuple[Float[Tensor, "n 1 s s"], Bool[Tensor, "n s s"]]:
    """Each object at a size and place of its own, and where it then is."""
    inside = (objects > 0).to(objects)
    closed = 1 - F.max_pool2d(1 - F.max_pool2d(inside, 3, 1, 1), 3, 1, 1)  # dark spots belong to the object
    n = len(objects)
    sizes = random_numbers((n,), *_OBJECT_SIDES, generator, objects)
    corners = random_numbers((n, 2), 0.0, 1.0, generator, objects) * (1 - sizes[:, None])
    centres = (torch.arange(side) + 0.5) / side
    down, across = ((centres - corners[:, [axis]]) / sizes[:, None] * 2 - 1 for axis in range(2))  # (n, s)
    places = torch.stack([across[:, None].expand(-1, side, -1), down[:, :, None].expand(-1, -1, side)], 3)
    found = F.grid_sample(torch.cat([objects, closed], 1), places, align_corners=False)
    return found[:, :1], found[:, 1] >= 0.5


def _photographs(count: int, side: int, part: str, generator: torch.Generator) -> Float[Tensor, "n 3 s s"]:
    """Squares of two photographs, from their left part or their right part."""
    backgrounds = torch.empty(count, 3, side, side)
    drawn = torch.rand((4, count), generator=generator)
    for number, photograph in enumerate(load_sample_images().images):
        whole = torch.from_numpy(photograph.copy()).permute(2, 0, 1)[None].float() / 255
        shrunk = min(_PHOTOGRAPH_SIDES * side / min(whole.shape[2:]), 1.0)
        whole = F.interpolate(whole, scale_factor=shrunk, mode="area")
        edge = int(whole.shape[3] * _TRAINING_SHARE)
        whole = whole[..., :edge] if part == "train" else whole[..., edge:]
        height, width = whole.shape[2:]
        mine = torch.where(drawn[0] < 0.5, 0, 1) == number
        least, most = min(side, height, width), min(2 * side, height, width)
        sides = least + drawn[1, mine] * (most - least)
        steps = (torch.arange(side) + 0.5) / side
        down, across = (
            ((drawn[2 + axis, mine] * (length - sides))[:, None] + steps * sides[:, None]) / length * 2 - 1
            for axis, length in enumerate((height, width))
        )
        places = torch.stack([across[:, None].expand(-1, side, -1), down[:, :, None].expand(-1, -1, side)], 3)
        found = F.grid_sample(whole.expand(len(sides), -1, -1, -1), places, padding_mode="border", align_corners=False)
        backgrounds[mine] = found
    return backgrounds
