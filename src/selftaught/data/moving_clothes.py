"""Made videos of which everything is known: clothes that move over photographs, with exact masks and points."""

import math
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from selftaught.core import UserError
from selftaught.data.built_in import open_built_in
from selftaught.data.survey import Wanted

__all__ = ["MADE_VIDEOS", "MOVING_CLOTHES", "MovingClothes", "make_moving_clothes", "moving_clothes_videos"]

MOVING_CLOTHES = "moving-clothes"
MADE_VIDEOS = {MOVING_CLOTHES: None, "turning-clothes": 4}
"""The names by which the made videos are known, and after how many frames their objects turn; None for never."""

_VIDEOS = {"train": 1000, "test": 200}
_VIDEO_FRAMES = 8
_SEED = 0

_OBJECTS, _POINTS = 2, 4  # of a video, and of each object
_SIZES = (0.35, 0.55)  # of an object, in sides of the frame
_SPEEDS = (0.02, 0.06)  # in sides a frame
_TURN = 0.12  # at most, radians a frame
_PAN = 0.01  # of the background at most, in sides a frame
_MARGIN = 0.2  # nearest to an edge that an object's centre comes, in sides
_DARKEST = 0.25
_TRAINING_SHARE = 0.6  # of a photograph's columns; the test sees the others
_PHOTOGRAPH_SIDES = 3  # of a photograph's shorter side, in sides of the frame
_AT_ONCE = 512  # frames that are drawn together


@final
@dataclass(frozen=True, kw_only=True)
class MovingClothes:
    """Videos of two objects each.

    Args:
        frames: in 0..1.
        masks: which object each pixel shows: 0 for none, 1 for the one behind, 2 for the one in front.
        points: places on the objects, those of the first object first: across and down, in pixels from the middle of
            the top left pixel.
        shown: which of them lie in the frame and not behind the other object.
        owners: of which object each point is, 1 or 2.
        turns: whether each object turned left, -1, or right, 1; None where they do not turn.

    Example:
        >>> from selftaught.data.moving_clothes import make_moving_clothes
        >>> made = make_moving_clothes(2, frames=3, image_size=32, part="test")
        >>> made.frames.shape, made.masks.shape, made.points.shape
        (torch.Size([2, 3, 3, 32, 32]), torch.Size([2, 3, 32, 32]), torch.Size([2, 3, 8, 2]))
    """

    frames: Float[Tensor, "n t 3 s s"]
    masks: Int[Tensor, "n t s s"]
    points: Float[Tensor, "n t p 2"]
    shown: Bool[Tensor, "n t p"]
    owners: Int[Tensor, " p"]
    turns: Int[Tensor, "n o"] | None = None


@dataclass(frozen=True)
class _Motion:
    """Where an object is in every frame, in sides of the frame from its top left corner."""

    centres: Float[Tensor, "n t 2"]
    sizes: Float[Tensor, " n"]
    angles: Float[Tensor, "n t"]

    def inside(self, places: Float[Tensor, "n t p 2"]) -> Float[Tensor, "n t p 2"]:
        """Places of the frame as places of the object, whose corners are at -1 and 1."""
        return _turned(places - self.centres[:, :, None], -self.angles) * (2 / self.sizes)[:, None, None, None]

    def outside(self, places: Float[Tensor, "n p 2"]) -> Float[Tensor, "n t p 2"]:
        """Places of the object as places of the frame."""
        scaled = (places * (self.sizes / 2)[:, None, None])[:, None].expand(-1, self.angles.shape[1], -1, -1)
        return _turned(scaled, self.angles) + self.centres[:, :, None]


def make_moving_clothes(
    count: int,
    *,
    frames: int,
    image_size: int,
    part: Literal["train", "test"],
    seed: int = 0,
    device: torch.device | None = None,
    turn_after: int | None = None,
    turns: tuple[int, int] | None = None,
) -> MovingClothes:
    """Draw videos: two pieces of Fashion-MNIST-10k, each in a colour of its own, move and turn over a photograph.

    Objects bounce off the edges, and may hide each other; the photograph drifts. Training and test share neither an
    object nor a column of a photograph.

    Args:
        count: how many videos.
        frames: of each.
        image_size: side of a frame in pixels, at least 8.
        part: training or test.
        seed: of everything drawn.
        device: on which they are drawn; None for the CPU.
        turn_after: frames after which each object goes on at a right angle to where it went; None for never. Nothing
            in the frames before says to which side.
        turns: to which side the one behind and the one in front turn in all videos, -1 for left and 1 for right; None
            for each by chance. Whatever else is drawn does not depend on it.

    Raises:
        UserError: an argument is out of range.

    Source:
        Objects from Xiao et al. 2017, https://arxiv.org/abs/1708.07747, photographs from scikit-learn; moving pictures
        with known motion as in Srivastava et al. 2015, https://arxiv.org/abs/1502.04681, section 4.1.

    Example:
        >>> from selftaught.data.moving_clothes import make_moving_clothes
        >>> made = make_moving_clothes(1, frames=2, image_size=32, part="train")
        >>> bool((made.points[:, 1] - made.points[:, 0]).abs().amax() > 0.1)  # they move
        True
    """
    if count < 1 or frames < 1 or image_size < 8:
        raise UserError(f"expected at least 1 video, 1 frame and 8 pixels, got {count}, {frames} and {image_size}")
    if turn_after is not None and not 1 <= turn_after < frames:
        raise UserError(f"turn_after: expected at least 1 frame and fewer than {frames}, got {turn_after}")
    generator = torch.Generator().manual_seed(seed + (0 if part == "train" else 2**32))
    sides = _turns(count, turns, seed) if turn_after is not None else None
    clothes = open_built_in("fashion-mnist-10k", Wanted())
    pieces = clothes.train if part == "train" or clothes.test is None else clothes.test
    chosen = torch.randint(len(pieces), (_OBJECTS, count), generator=generator)
    paths = [
        torch.arange(frames)[:, None] * torch.tensor([1.0, 0.0])
        if sides is None or turn_after is None
        else _turning(frames, turn_after, sides[:, number])
        for number in range(_OBJECTS)
    ]
    motions = [_motion(count, path, generator).__dict__ for path in paths]
    colours = _between(0.3, 1.0, (_OBJECTS, count, 3), generator)
    which, place, drift = _background_boxes(count, frames, generator)
    shapes = [_shape(pieces.batch(rows).pixels.float() / 255) for rows in chosen]
    picked = [_points_on(shape[:, 1], generator) for shape in shapes]
    videos = max(_AT_ONCE // frames, 1)
    drawn = [
        _drawn(
            [_Motion(**{name: part_of[some].to(device) for name, part_of in motion.items()}) for motion in motions],
            [shape[some].to(device) for shape in shapes],
            [each[some].to(device) for each in colours],
            _photographs(which[some], place[some], drift[some], image_size, part, device),
            [points[some].to(device) for points in picked],
        )
        for some in (slice(start, start + videos) for start in range(0, count, videos))
    ]
    whole = [torch.cat(several) for several in zip(*drawn, strict=True)]
    owners = torch.arange(1, _OBJECTS + 1, device=device).repeat_interleave(_POINTS)
    return MovingClothes(frames=whole[0], masks=whole[1], points=whole[2], shown=whole[3], owners=owners, turns=sides)


def moving_clothes_videos(image_size: int, turn_after: int | None = None) -> dict[str, UInt8[np.ndarray, "n t s s 3"]]:
    """The videos of `MADE_VIDEOS`: 1,000 to learn from and 200 kept out, of 8 frames each.

    Args:
        image_size: side of a frame in pixels.
        turn_after: see `make_moving_clothes`.

    Example:
        >>> from selftaught.data import open_video
        >>> len(open_video("moving-clothes", clip_frames=4, image_size=16).test)  # 2 clips of each of 200
        400
    """
    found: dict[str, np.ndarray] = {}
    for part, count in _VIDEOS.items():
        which: Literal["train", "test"] = "train" if part == "train" else "test"
        made = make_moving_clothes(
            count, frames=_VIDEO_FRAMES, image_size=image_size, part=which, seed=_SEED, turn_after=turn_after
        )
        found[part] = (made.frames * 255).round().to(torch.uint8).permute(0, 1, 3, 4, 2).numpy()
    return found


def _drawn(
    motions: list[_Motion], shapes: list[Tensor], colours: list[Tensor], frames: Tensor, picked: list[Tensor]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    n, t, _, side, _ = frames.shape
    line = (torch.arange(side, device=frames.device) + 0.5) / side
    places = torch.stack(torch.meshgrid(line, line, indexing="xy"), 2).view(1, 1, -1, 2)  # across, down
    masks = torch.zeros(n, t, side, side, dtype=torch.int64, device=frames.device)
    for number, (motion, shape, colour) in enumerate(zip(motions, shapes, colours, strict=True), 1):
        grid = motion.inside(places.expand(n, t, -1, -1)).view(n * t, side, side, 2)
        seen = F.grid_sample(shape.repeat_interleave(t, 0), grid, align_corners=False).view(n, t, 2, side, side)
        there = seen[:, :, 1] >= 0.5
        painted = (_DARKEST + (1 - _DARKEST) * seen[:, :, :1]) * colour[:, None, :, None, None]
        frames = torch.where(there[:, :, None], painted, frames)
        masks = torch.where(there, number, masks)
    tracks = torch.cat([motion.outside(points) for motion, points in zip(motions, picked, strict=True)], 2)
    points = tracks * side - 0.5
    nearest = points.round().long()
    within = ((nearest >= 0) & (nearest < side)).all(3)
    flat = (nearest[..., 1] * side + nearest[..., 0]).clamp(0, side * side - 1)
    owners = torch.arange(1, _OBJECTS + 1, device=frames.device).repeat_interleave(_POINTS)
    return frames, masks, points, within & (masks.flatten(2).gather(2, flat) == owners)


def _turns(count: int, turns: tuple[int, int] | None, seed: int) -> Int[Tensor, "n o"]:
    if turns is not None:
        return torch.tensor(turns).expand(count, -1)
    return torch.randint(2, (count, _OBJECTS), generator=torch.Generator().manual_seed(seed + 2**33)) * 2 - 1


def _turning(frames: int, turn_after: int, sides: Int[Tensor, " n"]) -> Float[Tensor, "n t 2"]:
    """How far ahead, and how far to the right, of where it first was in its first heading."""
    steps, last = torch.arange(frames).float(), turn_after - 1
    return torch.stack([steps.clamp(max=last).expand(len(sides), -1), (steps - last).clamp(min=0) * sides[:, None]], 2)


def _motion(count: int, path: Float[Tensor, "*n t 2"], generator: torch.Generator) -> _Motion:
    """Along a path of steps ahead and to the right, in a drawn heading at a drawn speed."""
    steps = torch.arange(path.shape[-2])
    sizes = _between(*_SIZES, (count,), generator)
    heading = _between(0.0, 2 * math.pi, (count,), generator)
    speed = _between(*_SPEEDS, (count,), generator)
    velocity = torch.stack([heading.cos(), heading.sin()], 1) * speed[:, None]
    room = 1 - 2 * _MARGIN
    right = torch.stack([-velocity[:, 1], velocity[:, 0]], 1)  # down counts as up does elsewhere
    moved = velocity[:, None] * path[..., :1] + right[:, None] * path[..., 1:]
    straight = torch.rand(count, 1, 2, generator=generator) * room + moved
    bounced = room - (straight.remainder(2 * room) - room).abs()  # back and forth between 0 and room
    angles = _between(-0.3, 0.3, (count, 1), generator) + _between(-_TURN, _TURN, (count, 1), generator) * steps
    return _Motion(_MARGIN + bounced, sizes, angles)


def _shape(objects: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n 2 h w"]:
    """Each object beside where it is; dark spots inside belong to it."""
    inside = (objects > 0).to(objects)
    closed = 1 - F.max_pool2d(1 - F.max_pool2d(inside, 3, 1, 1), 3, 1, 1)
    return torch.cat([objects, closed], 1)


def _points_on(inside: Float[Tensor, "n h w"], generator: torch.Generator) -> Float[Tensor, "n p 2"]:
    """Places of the object, drawn among those well inside it."""
    side = inside.shape[2]
    core = 1 - F.max_pool2d(1 - inside[:, None], 3, 1, 1)[:, 0]
    chances = (core + 1e-3 * inside + 1e-9).flatten(1)
    flat = torch.multinomial(chances, _POINTS, generator=generator)
    return (torch.stack([flat % side, flat // side], 2) + 0.5) / side * 2 - 1


def _background_boxes(count: int, frames: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Of which photograph, how large and where, and how it drifts."""
    which = torch.randint(2, (count,), generator=generator)
    place = torch.rand(count, 3, generator=generator)  # side, across, down
    drift = _between(-_PAN, _PAN, (count, 1, 2), generator) * torch.arange(frames)[:, None]
    return which, place, drift


def _photographs(
    which: Tensor, place: Tensor, drift: Tensor, side: int, part: str, device: torch.device | None
) -> Float[Tensor, "n t 3 s s"]:
    from sklearn.datasets import load_sample_images

    n, t = drift.shape[:2]
    line = (torch.arange(side) + 0.5) / side
    local = torch.stack(torch.meshgrid(line, line, indexing="xy"), 2).view(1, 1, side, side, 2)
    found = torch.empty(n, t, 3, side, side, device=device)
    for number, photograph in enumerate(load_sample_images().images):
        whole = torch.from_numpy(photograph.copy()).permute(2, 0, 1)[None].float() / 255
        whole = F.interpolate(
            whole, scale_factor=min(_PHOTOGRAPH_SIDES * side / min(whole.shape[2:]), 1.0), mode="area"
        )
        edge = int(whole.shape[3] * _TRAINING_SHARE)
        whole = (whole[..., :edge] if part == "train" else whole[..., edge:]).to(device)
        mine = which == number
        lengths = torch.tensor([whole.shape[3], whole.shape[2]])  # across, down
        sides = side + place[mine, :1] * max(min(2 * side, int(lengths.min())) - side, 0)
        corners = place[mine, 1:] * (lengths - sides).clamp(min=0)
        boxes = corners[:, None] + drift[mine] * sides[:, None]  # (mine, t, 2)
        grid = (boxes[:, :, None, None] + local * sides[:, None, None, None]) / lengths * 2 - 1
        below = grid.reshape(1, -1, side, 2).to(device)  # all frames as one tall picture
        seen = F.grid_sample(whole, below, padding_mode="reflection", align_corners=False)
        found[mine.to(device)] = seen[0].view(3, -1, t, side, side).permute(1, 2, 0, 3, 4)
    return found


def _turned(vectors: Float[Tensor, "n t p 2"], angles: Float[Tensor, "n t"]) -> Float[Tensor, "n t p 2"]:
    cosine, sine = angles.cos()[:, :, None], angles.sin()[:, :, None]
    across, down = vectors.unbind(3)
    return torch.stack([cosine * across - sine * down, sine * across + cosine * down], 3)


def _between(low: float, high: float, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=generator)
