"""What an encoder follows, as pictures: a clip a row, its frames from left to right."""

import math
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Shaped, UInt8
from torch import Tensor

from selftaught.core import Encoder, Preparation
from selftaught.evaluation.propagation import follow, moving_clips, place_vectors, propagate
from selftaught.evaluation.tracks import point_shares, points_of

__all__ = ["drawn_points", "drawn_tracks"]

_CLIPS, _FRAMES = 3, 10
_ENLARGED, _DOT = 2, 2  # times, and pixels to each side of a point's middle
_TINT = 0.45
_MASK_COLOURS = ((0, 0, 0), (255, 60, 60), (70, 110, 255))
_POINTS_A_SIDE = 4


def drawn_tracks(
    encoder: Encoder, preparation: Preparation, *, clips: int = _CLIPS, frames: int = _FRAMES, seed: int = 0
) -> Mapping[str, UInt8[np.ndarray, "h w 3"]]:
    """Made clips with their true masks and points, and with those that were followed from the first frame.

    Args:
        encoder: see `measure_propagation`.
        preparation: from clips or images to what it takes.
        clips: how many, one a row.
        frames: of each.
        seed: of the clips.

    Example:
        >>> from selftaught.encoders import FrameResNet, VideoPreprocessing
        >>> from selftaught.evaluation import drawn_tracks
        >>> prepare = VideoPreprocessing(16, 4, 1, (0.5,) * 3, (0.25,) * 3)
        >>> drawn = drawn_tracks(FrameResNet(image_size=16, middle_width=16), prepare, clips=2, frames=3)
        >>> {name: picture.shape for name, picture in drawn.items()}
        {'true masks and points': (68, 102, 3), 'followed from the first frame': (68, 102, 3)}
    """
    made = moving_clips(preparation, clips=clips, frames=frames, seed=seed)
    masks, points = follow(place_vectors(encoder, preparation, made.frames), made, likeness="inner product")
    shown = made.shown & made.shown[:, :1]
    return {
        "true masks and points": _painted(made.frames, made.masks, made.points, shown),
        "followed from the first frame": _painted(made.frames, masks, points, shown[:, :1].expand_as(shown)),
    }


def drawn_points(
    encoder: Encoder, preparation: Preparation, frames: Float[Tensor, "n t 3 s s"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Clips of one's own, with a grid of points in the first frame and where they are found in the others.

    Args:
        encoder: see `measure_propagation`.
        preparation: from clips or images to what it takes.
        frames: in 0..1, of the size that the encoder takes.

    Example:
        >>> import torch
        >>> from selftaught.encoders import FrameResNet, VideoPreprocessing
        >>> from selftaught.evaluation import drawn_points
        >>> prepare = VideoPreprocessing(16, 4, 1, (0.5,) * 3, (0.25,) * 3)
        >>> drawn_points(FrameResNet(image_size=16, middle_width=16), prepare, torch.rand(1, 4, 3, 16, 16)).shape
        (34, 136, 3)
    """
    vectors, side = place_vectors(encoder, preparation, frames), frames.shape[-1]
    line = (torch.arange(_POINTS_A_SIDE) + 0.5) / _POINTS_A_SIDE * side - 0.5
    points = torch.stack(torch.meshgrid(line, line, indexing="xy"), 2).view(1, -1, 2).expand(len(frames), -1, -1)
    shares = propagate(vectors, point_shares(points, math.isqrt(vectors.shape[2]), side))
    found = points_of(shares, side)
    nothing = torch.zeros(*frames.shape[:2], side, side, dtype=torch.int64)
    return _painted(frames, nothing, found, torch.ones(found.shape[:3], dtype=torch.bool))


def _painted(
    frames: Float[Tensor, "n t 3 s s"], masks: Int[Tensor, "n t s s"], points: Tensor, shown: Tensor
) -> UInt8[np.ndarray, "h w 3"]:
    large = F.interpolate(frames.flatten(0, 1), scale_factor=_ENLARGED, mode="nearest").unflatten(0, frames.shape[:2])
    pictures = (255 * large.permute(0, 1, 3, 4, 2)).numpy()
    wide = masks.numpy().repeat(_ENLARGED, 2).repeat(_ENLARGED, 3)
    tint = np.array(_MASK_COLOURS)[wide]
    pictures = np.where(wide[..., None] > 0, (1 - _TINT) * pictures + _TINT * tint, pictures).astype(np.uint8)
    hues = _hues(points.shape[2])
    middles = ((points + 0.5) * _ENLARGED - 0.5).round().long().numpy()
    for clip, frame, point in shown.nonzero().tolist():
        across, down = middles[clip, frame, point]
        rows, columns = (slice(max(at - _DOT, 0), max(at + _DOT + 1, 0)) for at in (down, across))
        pictures[clip, frame, rows, columns] = hues[point]
    framed = np.pad(pictures, ((0, 0), (0, 0), (0, 2), (0, 2), (0, 0)), constant_values=255)
    return np.concatenate([np.concatenate(list(clip), 1) for clip in framed])


def _hues(count: int) -> Shaped[np.ndarray, "count 3"]:
    """Colours that can be told apart."""
    turn = np.arange(count)[:, None] / count + np.array([0.0, 1 / 3, 2 / 3])
    return (255 * (0.5 + 0.5 * np.cos(2 * np.pi * turn))).astype(np.uint8)
