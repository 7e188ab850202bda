"""What a method makes, as picture files in the run folder."""

from typing import Any

import numpy as np
import torch
from PIL import Image

from selftaught.core import Method
from selftaught.encoders import Preprocessing
from selftaught.extraction import reading
from selftaught.report import Picture, to_pictures
from selftaught.runs.planning import Plan
from selftaught.views import Draws

__all__ = ["write_pictures"]

_COUNT = 10


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
    seen = plan.preprocessing
    if type(plan.method).pictures is Method.pictures or not isinstance(seen, Preprocessing):
        return
    rows = np.sort(np.random.default_rng(plan.record.seed).permutation(len(plan.source))[:_COUNT])
    draws = Draws.at(plan.record.seed, "pictures", batch=len(rows))
    make_views: Any = plan.make_views
    with reading(plan.method, torch.device("cpu")):
        views = make_views(plan.source.batch(rows), index=torch.from_numpy(rows), draws=draws)
        made = plan.method.pictures(views)
    plan.folder.pictures.mkdir(exist_ok=True)
    for place, (name, images) in enumerate(made.items()):  # the order in which they are shown
        shown = to_pictures(images, mean=seen.mean, standard_deviation=seen.standard_deviation)
        Image.fromarray(_grid(shown)).save(plan.folder.pictures / f"{place}-{name.replace(' ', '-')}.png")


def _grid(pictures: list[Picture]) -> np.ndarray:
    """Ten a row, with a white line between, enlarged to be seen: (height, width, channels)."""
    side = pictures[0].shape[0]
    factor = max(1, 64 // side)
    framed = [
        np.pad(each[..., :3].repeat(factor, 0).repeat(factor, 1), ((2, 2), (2, 2), (0, 0)), constant_values=255)
        for each in pictures
    ]
    blank = np.full_like(framed[0], 255)
    framed += [blank] * (-len(framed) % _COUNT)
    rows = [np.concatenate(framed[start : start + _COUNT], axis=1) for start in range(0, len(framed), _COUNT)]
    whole = np.concatenate(rows)
    return whole[..., 0] if whole.shape[2] == 1 else whole if whole.shape[2] == 3 else whole[..., 0]
