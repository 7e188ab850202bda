"""What a method makes of the same random latents, again and again while it trains: a small file in the run folder."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Method, Preparation, Track, silent
from selftaught.encoders import Preprocessing
from selftaught.extraction import reading
from selftaught.methods import METHODS
from selftaught.report import Picture, to_pictures
from selftaught.training import ViewMaker
from selftaught.views import Draws

__all__ = ["DRAWN_TOGETHER", "SampleStrip", "images_of_latents", "kept_looks", "read_strip", "sample_strip"]

DRAWN_TOGETHER = 50  # images
_LATENTS, _TIMES = 8, 8


@final
@dataclass(frozen=True, kw_only=True)
class SampleStrip:
    """Draws images of the same latents at each look at a run, and keeps those of a few looks, evenly spaced, in a file.

    The file says everything: a resumed run goes on with the strip that it finds, less the rows of looks after its
    checkpoint, which it takes once more.

    Args:
        file: which it writes anew at every look.
        make_views: of the run; its views bring the latents.
        preparation: of the run's images.
        seed: of the latents.

    Example:
        >>> from pathlib import Path
        >>> import tempfile
        >>> import numpy as np
        >>> import torch
        >>> from selftaught.runs.planning import plan_run
        >>> from selftaught.runs.sample_strip import read_strip
        >>> settings = {"batch_size": 4, "generator_width": 8}
        >>> plan = plan_run("gan", np.zeros((8, 16, 16), np.uint8), tempfile.mkdtemp(), settings=settings)
        >>> plan.observer.strip(plan.method, torch.device("cpu"), step=0, earlier=[])
        >>> {step: picture.shape for step, picture in read_strip(plan.observer.strip.file).items()}
        {0: (16, 128, 1)}
    """

    file: Path
    make_views: ViewMaker
    preparation: Preprocessing
    seed: int

    def __call__(self, method: Method[Any], device: torch.device, *, step: int, earlier: Sequence[int]) -> None:
        """Draw after a step.

        Args:
            method: what is trained.
            device: where it is.
            step: how many steps are done.
            earlier: the steps of the looks before.
        """
        seen = self.preparation
        images = images_of_latents(method, self.make_views, seen, _LATENTS, seed=self.seed, device=device)
        drawn = to_pictures(images, mean=seen.mean, standard_deviation=seen.standard_deviation)
        rows = {**read_strip(self.file), step: np.concatenate(drawn, axis=1)}
        looks = [*earlier, step]
        kept = [looks[place] for place in kept_looks(len(looks)).tolist() if looks[place] in rows]
        aside = self.file.with_name(self.file.name + ".partial")
        try:
            with aside.open("wb") as stream:
                np.savez_compressed(stream, steps=np.array(kept), pictures=np.stack([rows[each] for each in kept]))
            os.replace(aside, self.file)
        finally:
            aside.unlink(missing_ok=True)


def sample_strip(
    method: str, make_views: ViewMaker | None, preparation: Preparation, *, file: Path, seed: int
) -> SampleStrip | None:
    """A strip for a run whose method makes images of latents in one pass; None for others.

    Drawn value by value, images would cost more than the looks that they are drawn at.

    Args:
        method: its name.
        make_views: of the run; None where they are one's own, which may bring no latents.
        preparation: of the run's items.
        file: where the strip goes.
        seed: of the latents.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.sample_strip import sample_strip
        >>> from selftaught.views import WithLatents
        >>> views = WithLatents(image_size=16)
        >>> seen = Preprocessing(image_size=16, channels=3, mean=(0.5,) * 3, standard_deviation=(0.5,) * 3)
        >>> [name for name in ("gan", "pixelcnn") if sample_strip(name, views, seen, file=Path("strip"), seed=0)]
        ['gan']
    """
    entry = METHODS.get(method)
    in_one_pass = entry is not None and entry.samples_from == "latents" and entry.architecture != "autoregressive"
    if make_views is None or not in_one_pass or not isinstance(preparation, Preprocessing):
        return None
    return SampleStrip(file=file, make_views=make_views, preparation=preparation, seed=seed)


def kept_looks(count: int) -> Int[np.ndarray, " kept"]:
    """Which of so many looks a strip keeps: the first, the last, and every so many between, at most 8 in all.

    The spacing is a power of two, so that what is kept of many looks was kept of fewer.

    Args:
        count: of the looks, at least 1.

    Example:
        >>> from selftaught.runs.sample_strip import kept_looks
        >>> kept_looks(8).tolist(), kept_looks(12).tolist()
        ([0, 1, 2, 3, 4, 5, 6, 7], [0, 2, 4, 6, 8, 10, 11])
    """
    spacing = 1
    while -(-(count - 1) // spacing) >= _TIMES:
        spacing *= 2
    return np.unique([*range(0, count, spacing), count - 1])


def read_strip(file: Path) -> Mapping[int, Picture]:
    """What was drawn, by the number of steps done: one picture a time, the same latents beside one another.

    Args:
        file: none holds nothing.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.sample_strip import read_strip
        >>> read_strip(Path("runs/none/strip.npz"))
        {}
    """
    if not file.is_file():
        return {}
    with np.load(file) as kept:
        return dict(zip(kept["steps"].tolist(), kept["pictures"], strict=True))


def images_of_latents(
    method: Method[Any],
    make_views: ViewMaker,
    seen: Preprocessing,
    count: int,
    *,
    seed: int,
    device: torch.device,
    track: Track = silent,
) -> Float[Tensor, "n c h w"]:
    """What a method makes of the latents that come with views; of which images these are does not matter.

    Args:
        method: whose `pictures` have `samples`.
        make_views: of its run.
        seen: how the run's images are prepared.
        count: how many images.
        seed: of the latents.
        device: where the method works.
        track: who watches.

    Returns:
        Normalised images, on the CPU.

    Example:
        >>> import torch
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.methods import GAN
        >>> from selftaught.runs.sample_strip import images_of_latents
        >>> from selftaught.views import WithLatents
        >>> method, views = GAN(SmallResNet(channels=1, image_size=16)), WithLatents(image_size=16, channels=1)
        >>> seen = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> images_of_latents(method, views, seen, 3, seed=0, device=torch.device("cpu")).shape
        torch.Size([3, 1, 16, 16])
    """
    made: list[Tensor] = []
    with reading(method, device):
        for start in track(range(0, count, DRAWN_TOGETHER), "drawing images"):
            here = min(DRAWN_TOGETHER, count - start)
            blank = torch.zeros(here, seen.channels, seen.image_size, seen.image_size, dtype=torch.uint8)
            draws = Draws.at(seed, "samples", start, batch=here)
            views: Any = make_views(blank, index=torch.arange(here), draws=draws)
            made.append(method.pictures(views.to(device))["samples"].float().cpu())
    return torch.cat(made)
