"""Whether vectors of places follow what moves: labels of a first frame, copied from frame to frame by likeness."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, final

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Clips, Encoder, ImageBatch, LocalEncoder, Preparation, UserError
from selftaught.data import MovingClothes, make_moving_clothes
from selftaught.encoders import Preprocessing, VideoPreprocessing
from selftaught.evaluation.tracks import Tracks, mask_shares, masks_of, point_shares, points_of, tracks_of
from selftaught.extraction import reading
from selftaught.objectives import copied_labels

__all__ = ["Likeness", "Propagation", "follow", "measure_propagation", "moving_clips", "place_vectors", "propagate"]

Likeness = Literal["inner product", "cosine"]

TEMPERATURES: Mapping[Likeness, float] = {"inner product": 0.5, "cosine": 0.05}
"""Of the copying: that of Vondrick et al. 2018 for inner products, that of Jabri et al. 2020 for cosines."""

_CPU = torch.device("cpu")
_CLIPS, _FRAMES, _MEMORY = 64, 10, 3
_CLIPS_AT_ONCE = 8


@final
@dataclass(frozen=True, kw_only=True)
class Propagation:
    """What `measure_propagation` found.

    Args:
        copied: by likeness, for labels that were copied from frame to frame.
        staying: for labels that stay where they are: copying without motion.
        ceiling: for true labels, as coarse as the grid of places.
        grid: places along a side.
        clips: how many were followed.
        frames: how many each has.
        seed: of the clips.

    Example:
        >>> from selftaught.evaluation.propagation import Propagation
        >>> from selftaught.evaluation.tracks import Tracks
        >>> tracks = Tracks(region_similarity=0.5, by_frame=(0.5,), correct_points=0.7, correct_points_strict=0.3)
        >>> found = Propagation(
        ...     copied={"cosine": tracks}, staying=tracks, ceiling=tracks, grid=16, clips=4, frames=2, seed=0
        ... )
        >>> sorted(found.as_json())
        ['ceiling', 'clips', 'copied', 'frames', 'grid', 'seed', 'staying']
    """

    copied: Mapping[str, Tracks]
    staying: Tracks
    ceiling: Tracks
    grid: int
    clips: int
    frames: int
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Each likeness, beside what it can be compared to."""
        return {
            "copied": {name: tracks.as_json() for name, tracks in self.copied.items()},
            "staying": self.staying.as_json(),
            "ceiling": self.ceiling.as_json(),
            "grid": self.grid,
            "clips": self.clips,
            "frames": self.frames,
            "seed": self.seed,
        }


def propagate(
    vectors: Float[Tensor, "n t m d"],
    first: Float[Tensor, "n m k"],
    *,
    likeness: Likeness = "inner product",
    temperature: float | None = None,
    memory: int = _MEMORY,
) -> Float[Tensor, "n t m k"]:
    """Labels of the first frame, copied to each later frame from the few frames before it, whose labels were copied.

    Args:
        vectors: one a place, of every frame.
        first: labels of the first frame: how much of each a place has.
        likeness: what is compared.
        temperature: of the softmax over the places that are copied from; None for `TEMPERATURES`.
        memory: how many frames are copied from at most.

    Returns:
        Labels of every frame; those of the first are as they were given.

    Source:
        Vondrick et al. 2018, https://arxiv.org/abs/1806.09594, section 3.5.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import propagate
        >>> still = torch.eye(4).expand(1, 3, 4, 4) * 9  # four places that differ, and do not move
        >>> propagate(still, torch.eye(4)[None])[0, 2].argmax(1)
        tensor([0, 1, 2, 3])
    """
    if memory < 1:
        raise UserError(f"memory: expected at least 1 frame, got {memory}")
    compared = F.normalize(vectors, dim=3) if likeness == "cosine" else vectors
    warmth = TEMPERATURES[likeness] if temperature is None else temperature
    found = [first]
    for frame in range(1, vectors.shape[1]):
        begin = max(frame - memory, 0)
        reference, labels = compared[:, begin:frame].flatten(1, 2), torch.cat(found[begin:frame], 1)
        found.append(copied_labels(compared[:, frame], reference, labels, temperature=warmth))
    return torch.stack(found, 1)


def follow(
    vectors: Float[Tensor, "n t m d"], made: MovingClothes, *, likeness: Likeness
) -> tuple[Int[Tensor, "n t s s"], Float[Tensor, "n t p 2"]]:
    """The objects and points of the first frame, found again in every frame.

    Args:
        vectors: one a place, of every frame, row by row.
        made: the clips, of which only the first frame's masks and points are looked at.
        likeness: what is compared.

    Returns:
        Masks as those of the clips, and points as theirs.

    Example:
        >>> import torch
        >>> from selftaught.data import make_moving_clothes
        >>> from selftaught.evaluation.propagation import follow
        >>> made = make_moving_clothes(2, frames=3, image_size=32, part="test")
        >>> masks, points = follow(torch.randn(2, 3, 64, 8), made, likeness="cosine")
        >>> masks.shape, points.shape
        (torch.Size([2, 3, 32, 32]), torch.Size([2, 3, 8, 2]))
    """
    grid, side = math.isqrt(vectors.shape[2]), made.masks.shape[-1]
    objects, points = mask_shares(made.masks[:, 0], grid), point_shares(made.points[:, 0], grid, side)
    found = propagate(vectors, torch.cat([objects, points], 2), likeness=likeness)
    return masks_of(found[..., : objects.shape[2]], side), points_of(found[..., objects.shape[2] :], side)


def measure_propagation(
    encoder: Encoder,
    preparation: Preparation,
    *,
    clips: int = _CLIPS,
    frames: int = _FRAMES,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
) -> Propagation:
    """Follow two moving objects and the points on them through made clips, from their first frame.

    Args:
        encoder: of clips or of images, with places on a square grid, row by row; left as it was.
        preparation: from clips or images to what it takes.
        clips: how many are followed, of those that no clip for training shares an object or a background with.
        frames: how many each has, at least 2.
        device: where the encoder works.
        precision: of the encoder's arithmetic.
        seed: of the clips.

    Raises:
        UserError: the encoder has no square grid of places, or takes neither clips nor images in colour.

    Source:
        Labels by copying: Vondrick et al. 2018, https://arxiv.org/abs/1806.09594, section 4; J as in Perazzi et al.
        2016 (DAVIS), PCK as in Yang and Ramanan 2013. The clips are this library's: see `make_moving_clothes`.

    Example:
        >>> from selftaught.encoders import FrameResNet, VideoPreprocessing
        >>> from selftaught.evaluation import measure_propagation
        >>> encoder = FrameResNet(image_size=32, middle_width=16)
        >>> prepare = VideoPreprocessing(32, 4, 1, (0.5,) * 3, (0.25,) * 3)
        >>> found = measure_propagation(encoder, prepare, clips=4, frames=3)
        >>> found.grid, found.ceiling.region_similarity > found.staying.region_similarity
        (8, True)
    """
    if clips < 1 or frames < 2:
        raise UserError(f"expected at least 1 clip and 2 frames, got {clips} and {frames}")
    made = moving_clips(preparation, clips=clips, frames=frames, seed=seed)
    vectors = place_vectors(encoder, preparation, made.frames, device=device, precision=precision)
    grid, side = math.isqrt(vectors.shape[2]), made.masks.shape[-1]
    true_shares = mask_shares(made.masks.flatten(0, 1), grid).unflatten(0, (clips, frames))
    stay = (made.masks[:, :1].expand_as(made.masks), made.points[:, :1].expand_as(made.points))
    places = point_shares(made.points.flatten(0, 1), grid, side).unflatten(0, (clips, frames))
    return Propagation(
        copied={name: tracks_of(*follow(vectors, made, likeness=name), made) for name in TEMPERATURES},
        staying=tracks_of(*stay, made),
        ceiling=tracks_of(masks_of(true_shares, side), points_of(places, side), made),
        grid=grid,
        clips=clips,
        frames=frames,
        seed=seed,
    )


def moving_clips(preparation: Preparation, *, clips: int, frames: int, seed: int) -> MovingClothes:
    """Held-out made clips, of the size that an encoder takes.

    Args:
        preparation: from clips or images to what it takes.
        clips: how many.
        frames: of each.
        seed: of everything drawn.

    Raises:
        UserError: it takes neither clips nor images.

    Example:
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.propagation import moving_clips
        >>> moving_clips(Preprocessing(16, 1, (0.5,), (0.5,)), clips=2, frames=3, seed=0).frames.shape
        torch.Size([2, 3, 3, 16, 16])
    """
    if not isinstance(preparation, VideoPreprocessing | Preprocessing):
        raise UserError(f"propagation: expected an encoder of clips or images, got {type(preparation).__name__}")
    return make_moving_clothes(clips, frames=frames, image_size=preparation.image_size, part="test", seed=seed)


def place_vectors(
    encoder: Encoder,
    preparation: Preparation,
    frames: Float[Tensor, "n t 3 s s"],
    *,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
) -> Float[Tensor, "n t m d"]:
    """The vectors of every place of every frame, each frame seen alone.

    Args:
        encoder: left as it was.
        preparation: from clips or images to what it takes.
        frames: in 0..1, of the size that it takes.
        device: where the encoder works.
        precision: of its arithmetic.

    Raises:
        UserError: the encoder has no square grid of places.

    Example:
        >>> import torch
        >>> from selftaught.encoders import FrameResNet, VideoPreprocessing
        >>> from selftaught.evaluation.propagation import place_vectors
        >>> encoder = FrameResNet(image_size=16, middle_width=16)
        >>> prepare = VideoPreprocessing(16, 4, 1, (0.5,) * 3, (0.25,) * 3)
        >>> place_vectors(encoder, prepare, torch.rand(2, 3, 3, 16, 16)).shape
        torch.Size([2, 3, 16, 64])
    """
    if not isinstance(encoder, LocalEncoder):
        raise UserError(f"propagation: expected an encoder with places, got {type(encoder).__name__}")
    found: list[Tensor] = []
    with reading(encoder, device), torch.autocast(device.type, precision, enabled=precision != torch.float32):
        for some in frames.flatten(0, 1).split(_CLIPS_AT_ONCE * frames.shape[1]):
            batch: Any = ImageBatch.of(some) if isinstance(preparation, Preprocessing) else Clips(some[:, None])
            found.append(encoder.local(preparation(batch.to(device))).float().cpu())
    vectors = torch.cat(found)
    if math.isqrt(vectors.shape[1]) ** 2 != vectors.shape[1]:
        raise UserError(f"expected an encoder with a square grid of places, got {vectors.shape[1]} a frame")
    return vectors.unflatten(0, frames.shape[:2])
