"""What a method makes, as picture files in the run folder."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from PIL import Image

from selftaught.core import Method
from selftaught.encoders import FrameResNet, Preprocessing, VideoPreprocessing
from selftaught.evaluation import drawn_points, drawn_tracks
from selftaught.extraction import reading
from selftaught.report import Picture, to_pictures
from selftaught.runs.planning import Plan
from selftaught.views import Draws

__all__ = ["picture_grid", "write_pictures"]

_COUNT, _CLIPS = 10, 3


def write_pictures(plan: Plan) -> None:
    """Ask the method what it makes of a few items, and write a row of pictures for each answer.

    Args:
        plan: whose method is trained; it may make no pictures, and then nothing is written.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from selftaught.runs.picturing import write_pictures
        >>> from selftaught.runs.planning import plan_run
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_pictures(plan_run("simclr", np.zeros((8, 12, 12), np.uint8), folder, settings={"batch_size": 4}))
        >>> list(folder.iterdir())
        []
    """
    pictures = {**_followed(plan), **_made(plan)}
    if pictures:
        plan.folder.pictures.mkdir(exist_ok=True)
    for place, (name, picture) in enumerate(pictures.items()):  # the order in which they are shown
        Image.fromarray(picture).save(plan.folder.pictures / f"{place}-{name.replace(' ', '-')}.png")


def _made(plan: Plan) -> Mapping[str, np.ndarray]:
    seen, make_views = plan.preprocessing, cast("Any", plan.make_views)
    if type(plan.method).pictures is Method.pictures or not isinstance(seen, Preprocessing | VideoPreprocessing):
        return {}
    rows = np.sort(np.random.default_rng(plan.record.seed).permutation(len(plan.source))[:_COUNT])
    draws = Draws.at(plan.record.seed, "pictures", batch=len(rows))
    with reading(plan.method, torch.device("cpu")):
        views = make_views(plan.source.batch(rows), index=torch.from_numpy(rows), draws=draws)
        made = plan.method.pictures(views)
    statistics: dict[str, Any] = {"mean": seen.mean, "standard_deviation": seen.standard_deviation}
    return {name: picture_grid(to_pictures(images, **statistics)) for name, images in made.items()}


def _followed(plan: Plan) -> Mapping[str, np.ndarray]:
    """What an encoder of frames follows in made clips, and in a few of those that it learned from."""
    seen = plan.preprocessing
    if not (isinstance(seen, VideoPreprocessing) and isinstance(plan.encoder, FrameResNet)):
        return {}
    rows = np.sort(np.random.default_rng(plan.record.seed).permutation(len(plan.source))[:_CLIPS])
    own = plan.source.batch(rows).frames.float() / 255
    with reading(plan.encoder, torch.device("cpu")):
        return {
            "points followed in clips to learn from": drawn_points(plan.encoder, seen, own),
            **drawn_tracks(plan.encoder, seen, seed=plan.record.seed),
        }


def picture_grid(pictures: Sequence[Picture], *, across: int = _COUNT) -> np.ndarray:
    """Pictures of one size on one, with a white line between, enlarged to be seen: (height, width, channels).

    Args:
        pictures: at least one.
        across: how many stand in a row.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.picturing import picture_grid
        >>> picture_grid([np.zeros((28, 28, 1), np.uint8)] * 12).shape
        (120, 600)
    """
    side = pictures[0].shape[0]
    factor = max(1, 64 // side)
    framed = [
        np.pad(each[..., :3].repeat(factor, 0).repeat(factor, 1), ((2, 2), (2, 2), (0, 0)), constant_values=255)
        for each in pictures
    ]
    blank = np.full_like(framed[0], 255)
    framed += [blank] * (-len(framed) % across)
    rows = [np.concatenate(framed[start : start + across], axis=1) for start in range(0, len(framed), across)]
    whole = np.concatenate(rows)
    return whole[..., 0] if whole.shape[2] == 1 else whole if whole.shape[2] == 3 else whole[..., 0]
