"""How well objects and points are found again in a clip: region similarity, and the share of correct points."""

import math
from dataclasses import asdict, dataclass
from typing import Any, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.data import MovingClothes
from selftaught.evaluation.dense_scores import boxes_of

__all__ = ["Tracks", "mask_shares", "masks_of", "point_shares", "points_of", "tracks_of"]

_NEAR, _NEARER = 0.2, 0.1  # of an object's longer side


@final
@dataclass(frozen=True, kw_only=True)
class Tracks:
    """How well the objects and points of a first frame were found again in the frames after it, each in [0, 1].

    Args:
        region_similarity: J, the overlap of an object's mask with the true one, over their union; mean over objects
            and frames.
        by_frame: the same for each frame after the first.
        correct_points: PCK at 0.2: how often a point lies no farther from its true place than a fifth of its object's
            longer side.
        correct_points_strict: PCK at 0.1, the same for a tenth.

    Example:
        >>> from selftaught.evaluation.tracks import Tracks
        >>> tracks = Tracks(region_similarity=0.5, by_frame=(0.6, 0.4), correct_points=0.7, correct_points_strict=0.3)
        >>> tracks.as_json()["by_frame"]
        [0.6, 0.4]
    """

    region_similarity: float
    by_frame: tuple[float, ...]
    correct_points: float
    correct_points_strict: float

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {**asdict(self), "by_frame": list(self.by_frame)}


def mask_shares(masks: Int[Tensor, "n s s"], grid: int) -> Float[Tensor, "n m k"]:
    """How much of each place of a grid every object covers, and nothing, which comes first.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.tracks import mask_shares
        >>> mask_shares(torch.tensor([[[0, 2], [1, 1]]]), 1)
        tensor([[[0.2500, 0.5000, 0.2500]]])
    """
    ones = F.one_hot(masks, 3).permute(0, 3, 1, 2).float()
    return F.adaptive_avg_pool2d(ones, grid).flatten(2).transpose(1, 2)


def point_shares(points: Float[Tensor, "n p 2"], grid: int, side: int) -> Float[Tensor, "n m p"]:
    """Each point among the four places of a grid around it, by how near they are.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.tracks import point_shares
        >>> point_shares(torch.tensor([[[0.5, 0.0]]]), 2, 2).flatten()
        tensor([0.5000, 0.5000, 0.0000, 0.0000])
    """
    at = ((points + 0.5) * grid / side - 0.5).clamp(0, grid - 1)  # in places, from the middle of the first
    line = torch.arange(grid)
    across, down = ((1 - (at[..., axis, None] - line).abs()).clamp(min=0) for axis in range(2))  # (n, p, grid)
    return (down[..., :, None] * across[..., None, :]).flatten(2).transpose(1, 2)


def masks_of(shares: Float[Tensor, "n t m k"], side: int) -> Int[Tensor, "n t s s"]:
    """The object that has the largest share of each pixel, shares being brought to its size bilinearly.

    Args:
        shares: as of `mask_shares`, for every frame.
        side: of a frame, in pixels.

    Example:
        >>> from selftaught.data import make_moving_clothes
        >>> from selftaught.evaluation.tracks import mask_shares, masks_of
        >>> made = make_moving_clothes(1, frames=1, image_size=16, part="test")
        >>> bool((masks_of(mask_shares(made.masks[0], 16)[None], 16) == made.masks).all())
        True
    """
    n, t, places, kinds = shares.shape
    grid = math.isqrt(places)
    maps = shares.flatten(0, 1).transpose(1, 2).reshape(n * t, kinds, grid, grid)
    return F.interpolate(maps, size=(side, side), mode="bilinear").argmax(1).unflatten(0, (n, t))


def points_of(shares: Float[Tensor, "n t m p"], side: int) -> Float[Tensor, "n t p 2"]:
    """The middle of what lies in the nine places around the strongest, in pixels.

    Args:
        shares: as of `point_shares`, for every frame.
        side: of a frame, in pixels.

    Example:
        >>> from selftaught.data import make_moving_clothes
        >>> from selftaught.evaluation.tracks import point_shares, points_of
        >>> made = make_moving_clothes(1, frames=1, image_size=16, part="test")
        >>> inside = made.shown[0, 0]
        >>> found = points_of(point_shares(made.points[0], 16, 16)[None], 16)
        >>> bool(((found - made.points)[0, 0, inside].abs() < 1e-3).all())
        True
    """
    grid = math.isqrt(shares.shape[2])
    strongest = shares.argmax(2, keepdim=True)  # (n, t, 1, p)
    place = torch.arange(grid * grid)[:, None]
    near = ((place % grid - strongest % grid).abs() <= 1) & ((place // grid - strongest // grid).abs() <= 1)
    weights = shares.clamp(min=0).masked_fill(~near, 0)
    weights = weights / weights.sum(2, keepdim=True).clamp(min=1e-12)
    middle = torch.stack([(weights * axis).sum(2) for axis in (place % grid, place // grid)], 3)  # (n, t, p, 2)
    return (middle + 0.5) * side / grid - 0.5


def tracks_of(masks: Int[Tensor, "n t s s"], points: Float[Tensor, "n t p 2"], made: MovingClothes) -> Tracks:
    """Compare found masks and points with the true ones, in all frames after the first.

    Args:
        masks: of the objects, 0 for none.
        points: across and down, in pixels.
        made: the truth.

    Source:
        J: Perazzi et al. 2016, https://doi.org/10.1109/CVPR.2016.85, section 4.1; PCK: Yang and Ramanan 2013,
        https://doi.org/10.1109/TPAMI.2012.261, section 6.1, by the longer side of the box around the object.

    Example:
        >>> from selftaught.data import make_moving_clothes
        >>> from selftaught.evaluation.tracks import tracks_of
        >>> made = make_moving_clothes(2, frames=3, image_size=32, part="test")
        >>> tracks_of(made.masks, made.points, made).region_similarity
        1.0
    """
    pairs = [(masks == number, made.masks == number) for number in (1, 2)]
    overlap = torch.stack([_overlap(found[:, 1:], truth[:, 1:]) for found, truth in pairs])  # (2, n, t - 1)
    seen = torch.stack([truth[:, 1:].any(3).any(2) for _, truth in pairs])
    sides = torch.stack([_longer_sides(truth) for _, truth in pairs], 2)[..., made.owners - 1]
    far = (points - made.points).norm(dim=3) / sides.clamp(min=1)
    shown = made.shown & made.shown[:, :1]  # a point that is hidden at first cannot be followed
    shown[:, 0] = False
    return Tracks(
        region_similarity=float(overlap[seen].mean()),
        by_frame=tuple((overlap * seen).sum((0, 1)).div(seen.sum((0, 1)).clamp(min=1)).tolist()),
        correct_points=float((far[shown] <= _NEAR).double().mean()),
        correct_points_strict=float((far[shown] <= _NEARER).double().mean()),
    )


def _overlap(found: Bool[Tensor, "n t s s"], truth: Bool[Tensor, "n t s s"]) -> Float[Tensor, "n t"]:
    """What is in both, divided by what is in either."""
    both, either = (found & truth).sum((2, 3)), (found | truth).sum((2, 3))
    return both.double() / either.clamp(min=1)


def _longer_sides(masks: Bool[Tensor, "n t s s"]) -> Float[Tensor, "n t"]:
    boxes = boxes_of(masks.flatten(0, 1))
    return (boxes[:, 2:] - boxes[:, :2]).amax(1).float().unflatten(0, masks.shape[:2])
