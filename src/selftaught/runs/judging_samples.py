"""How a run's new images lie among true ones, beside as many other true ones."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Source, Track, UserError
from selftaught.data import open_images
from selftaught.encoders import Preprocessing
from selftaught.evaluation import compare_made
from selftaught.extraction import extract, raw_vectors
from selftaught.report import Picture
from selftaught.runs.embedding import open_parts
from selftaught.runs.opening import Run
from selftaught.runs.rivals import find_rival

__all__ = ["judge_samples"]

_MOST = 10_000  # true images: the square of their number is compared


def judge_samples(
    pictures: Sequence[Picture],
    opened: Run,
    against: Any,
    *,
    judge: str | Path | Run | None,
    label: str | None,
    device: torch.device,
    seed: int,
    strict: bool,
    tell: Callable[[str], object],
    track: Track,
) -> dict[str, Any]:
    """`compare_made` of new images with true ones, and of as many other true ones with the same.

    The others say what would be reached by images as good as true ones. Where the data come in two parts the second is
    compared with, and the others are of the first, from which runs learn; where they come in one it is divided.

    Args:
        pictures: the new images.
        opened: the run that made them; its preprocessing says how pixels are seen.
        against: true images, as for `evaluate`.
        judge: an encoder whose vectors are compared, as `find_rival` takes one; None for pixels.
        label: the column of the classes; None for the usual one.
        device: where the judge works.
        seed: which true images are taken, where there are more than 10,000 or than are needed.
        strict: stop at an image that cannot be read, instead of leaving it out.
        tell: is told what was found.
        track: who watches.

    Returns:
        `new` and `true`, the figures of `MadeItems`, the latter None where too few true images are left over; `judge`,
        in words; `count`, how many images are new; `reference`, how many true ones both are compared with.

    Raises:
        UserError: the judge is not one of images, or there are too few of these.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from selftaught.runs import pretrain, sample
        >>> images = np.random.default_rng(0).integers(0, 256, (60, 16, 16), dtype=np.uint8)
        >>> settings = {"epochs": 1, "batch_size": 20, "generator_width": 8}
        >>> run = pretrain("gan", images, tempfile.mkdtemp(), settings=settings)
        >>> compared = sample(run, count=20, against=images).compared
        >>> compared["reference"], compared["judge"], compared["true"]["precision"] > 0.5
        (40, 'pixels', True)
    """
    rival = None if judge is None else find_rival(judge)
    model = opened.encoder() if rival is None else rival.model
    seen = model.preprocessing
    if not isinstance(seen, Preprocessing):
        raise UserError(f"judge: expected an encoder of images, got one of {model.kind}")
    how: dict[str, Any] = {"options": {}, "label": label, "strict": strict, "tell": tell, "track": track}
    reference, others = _divided([*open_parts(model, against, str(opened.path), **how).values()], len(pictures), seed)
    made = open_images(np.stack(pictures), channels=seen.channels).train

    def vectors(source: Source) -> Float[Tensor, "n d"]:
        if rival is None:
            return raw_vectors(seen, source, track=track)
        return extract(model.encoder, seen, source, device=device, track=track)

    true = vectors(reference)
    labels = None if reference.labels is None else torch.as_tensor(reference.labels)
    found = {"new": made, "true": others}
    figures = {
        name: None if source is None else compare_made(vectors(source), true, labels).as_json()
        for name, source in found.items()
    }
    told = "pixels" if rival is None else rival.told
    return {**figures, "judge": told, "count": len(pictures), "reference": len(reference)}


def _divided(parts: Sequence[Source], count: int, seed: int) -> tuple[Source, Source | None]:
    """What is compared with, and as many others as there are new images, if there are so many."""
    generator = np.random.default_rng(seed)
    orders = [generator.permutation(len(part)) for part in parts]
    if len(parts) == 1:
        [part], [order] = parts, orders
        left_over = order[:count] if len(order) >= 2 * count else order[:0]
        return part.take(order[len(left_over) :][:_MOST]), part.take(left_over) if len(left_over) else None
    others = parts[0].take(orders[0][:count]) if len(parts[0]) >= count else None
    return parts[-1].take(orders[-1][:_MOST]), others
