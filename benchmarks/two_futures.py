"""Where things turn left or right by chance: does SVG-LP draw both futures, and what does a predictor without latents?

Trains svg_lp and future_frames on the same clips, in which two pieces of clothing fly over a photograph and, after the
last frame that is seen, each goes on at a right angle: nothing says to which side. Of clips that share nothing with
those all four futures are drawn, and each prediction is compared with all of them, where they differ. Beside it the
mean of the four, which is what a single answer with the least squared error would be: a prediction nearer to one of
the four than that mean is has made up its mind. The numbers go to results/two_futures.json, a picture to docs/images/.
Finished runs are taken from runs/two_futures/.
"""

import argparse
import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from finished_runs import trained
from jaxtyping import Bool, Float
from picture_page import draw_rows
from record import RESULTS, ROOT, origin, read, spread, write
from torch import Tensor

from selftaught.core import ClipsWithLatents
from selftaught.data.moving_clothes import make_moving_clothes
from selftaught.extraction import reading
from selftaught.methods import SVGLP, FutureFrames
from selftaught.report import to_pictures
from selftaught.runs import Run
from selftaught.runs.picturing import picture_grid
from selftaught.runs.rebuilding import methods_of

DOCUMENT, DRAWING = RESULTS / "two_futures.json", ROOT / "docs" / "images" / "two_futures.png"
QUESTION = "Where clips go on in several ways by chance, are they all drawn?"
DATA, RECIPES = "turning-clothes", {"svg_lp": "svg_lp_fashion_mnist", "future_frames": "future_frames_fashion_mnist"}
SIDES = list(itertools.product((-1, 1), repeat=2))
FRAMES, SEEN, CLIPS, COMPLETIONS, SHOWN, DRAWN = 8, 4, 200, 8, 6, 4


@dataclass(frozen=True)
class Futures:
    """Clips of which all ways to go on are known.

    Args:
        past: what is seen.
        ways: the four ways to go on.
        differ: the pixels in which these are not all the same.
    """

    past: Float[Tensor, "n t 3 s s"]
    ways: Float[Tensor, "n 4 k 3 s s"]
    differ: Bool[Tensor, "n 1 k 1 s s"]

    def nearest(self, drawn: Float[Tensor, "n d k 3 s s"]) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        """How far each drawing is from the nearest of the four ways, where they differ, and which that is."""
        differ = self.differ.expand(-1, -1, -1, 3, -1, -1)
        errors = [
            ((drawn - way.unsqueeze(1)).square() * differ).flatten(2).sum(2) / differ.flatten(2).sum(2)
            for way in self.ways.unbind(1)
        ]
        found = torch.stack(errors, 2).min(2)
        return found.values, found.indices


def futures(clips: int, image_size: int, mean: Tensor, deviation: Tensor) -> Futures:
    """Clips, normalised as a run takes them, whose objects and photographs no run has learned from."""
    settings: Any = {"frames": FRAMES, "image_size": image_size, "part": "test", "turn_after": SEEN, "seed": 1}
    made = [(make_moving_clothes(clips, **settings, turns=turns).frames - mean) / deviation for turns in SIDES]
    ways = torch.stack([frames[:, SEEN:] for frames in made], 1)
    differ = (ways.amax(1) - ways.amin(1)).amax(2) > 0  # (n, k, s, s)
    return Futures(made[0][:, :SEEN], ways, differ[:, None, :, None])


@torch.no_grad()
def drawn_by(method: SVGLP | FutureFrames, known: Futures, seed: int) -> Float[Tensor, "n d k 3 s s"]:
    """The frames that follow: one way, or as many as latents are drawn."""
    frames = known.ways.shape[2]
    if isinstance(method, FutureFrames):
        return method.predict(known.past, frames)[:, None]
    shape = (len(known.past), COMPLETIONS, frames, method.latent_width)
    latents = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    unknown = torch.zeros_like(known.ways[:, 0])
    return method.complete(ClipsWithLatents(torch.arange(len(known.past)), known.past, unknown, latents))


def figures(drawn: Float[Tensor, "n d k 3 s s"], known: Futures) -> dict[str, float]:
    """How sharp, how near, and to how many sides.

    Returns:
        `to_nearest`: error of a drawing to the nearest way, over that of the mean of the ways; below 1 it has made up
        its mind. `best`: the least error to a way drawn by chance, over that of copying the last frame. `ways`: of the
        four, how many are the nearest to some drawing. `left`: how often that way lets the object in front turn left.
    """
    errors, which = known.nearest(drawn)
    blurred, _ = known.nearest(known.ways.mean(1, keepdim=True))
    one = Futures(known.past, known.ways[torch.arange(len(which)), _by_chance(len(which))][:, None], known.differ)
    copied = known.past[:, None, -1:].expand_as(one.ways)
    fronts = torch.tensor(SIDES)[:, 1]
    return {
        "to_nearest": (errors.mean() / blurred.mean()).item(),
        "best": (one.nearest(drawn)[0].amin(1).mean() / one.nearest(copied)[0].mean()).item(),
        "ways": statistics.fmean(len(each.unique()) for each in which),
        "left": (fronts[which] < 0).double().mean().item(),
    }


def measure(method: str, seed: int, minutes: float) -> tuple[dict[str, Any], Run]:
    """Train and compare once."""
    folder = ROOT / "runs" / "two_futures" / f"{method}-{seed}"
    settings = {"seed": seed, "minutes": minutes, "warmup_epochs": 0, "watch_every": 0}
    run = trained(DATA, folder, recipe=RECIPES[method], settings=settings)
    found: dict[str, Any] = {"method": method, "seed": seed, "steps": run.record.steps, "minutes": minutes}
    known, drawn = compared(run, CLIPS, seed)
    return {**found, **figures(drawn, known), **origin()}, run


def compared(run: Run, clips: int, seed: int) -> tuple[Futures, Float[Tensor, "n d k 3 s s"]]:
    """All futures of clips, and what a run draws."""
    seen, method = run.encoder().preprocessing, methods_of(run)["trained"]
    known = futures(
        clips, seen.image_size, *(torch.tensor(each).view(3, 1, 1) for each in (seen.mean, seen.standard_deviation))
    )
    with reading(method, torch.device("cpu")):
        return known, drawn_by(method, known, seed)


def summarise(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean and deviation over seeds, by method."""
    return {
        method: {
            name: spread([run[name] for run in runs if run["method"] == method])
            for name in ("to_nearest", "best", "ways", "left")
        }
        for method in dict.fromkeys(run["method"] for run in runs)
    }


def draw(runs: Sequence[Run], path: Path) -> None:
    """The last frame that is seen, the four true ones that are last, and what each run makes of it."""
    strips: list[tuple[str, np.ndarray]] = []
    for run in runs:
        seen = run.encoder().preprocessing
        known, drawn = compared(run, SHOWN, seed=0)
        true = {f"true, where {_sides(way)}": known.ways[:, place, -1] for place, way in enumerate(SIDES)}
        several = drawn[:, :DRAWN, -1].unbind(1)
        names = [f"{run.record.method}, drawing {place + 1}" for place in range(len(several))]
        named = dict(zip(names, several, strict=True)) if len(several) > 1 else {run.record.method: several[0]}
        shown = named if strips else {"the last frame that is seen": known.past[:, -1], **true, **named}
        statistics: Any = {"mean": seen.mean, "standard_deviation": seen.standard_deviation}
        strips += [(name, picture_grid(to_pictures(frames, **statistics))) for name, frames in shown.items()]
    draw_rows(strips, path, across=SHOWN)


def _sides(way: tuple[int, int]) -> str:
    behind, front = ("left" if side < 0 else "right" for side in way)
    return f"the one behind turns {behind}, the one in front {front}"


def _by_chance(clips: int) -> Tensor:
    return torch.randint(len(SIDES), (clips,), generator=torch.Generator().manual_seed(0))


def main() -> None:
    """Measure each method and seed that is missing, write after it, and draw the first seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=6, help="of training, each")
    options = parser.parse_args()
    first: list[Run] = []
    kept: list[Any] = list(read(DOCUMENT).get("runs", []))
    for method, seed in itertools.product(RECIPES, range(options.seeds)):
        found, run = measure(method, seed, options.minutes)
        first += [run] if seed == 0 else []
        kept = [each for each in kept if (each["method"], each["seed"]) != (method, seed)] + [found]
        write(DOCUMENT, {"question": QUESTION, "summary": summarise(kept), "runs": kept, **origin()})
        print(", ".join(f"{name} {value}" for name, value in found.items() if name in summarise([found])[method]))
    draw(first, DRAWING)


if __name__ == "__main__":
    main()
