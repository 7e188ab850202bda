"""Where clothes turn left or right by chance: does SVG-LP draw both futures, and what do frames without latents show?

Trains svg_lp and future_frames, the latter once more before a critic, on the same made clips: a piece of Fashion-MNIST
comes down for three frames, and goes on to the left or to the right for three more; nothing tells to which side. Of
pieces that neither has seen both futures are drawn, and what each method predicts is compared with both. Beside it the
mean of the two, which is the single answer of least squared error: a prediction nearer to one of the futures than that
mean has made up its mind. The numbers go to results/two_futures.json, a picture to docs/images/. Finished runs are
taken from runs/two_futures/.
"""

import argparse
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from finished_runs import trained
from jaxtyping import Float, UInt8
from picture_page import draw_rows
from record import RESULTS, ROOT, origin, read, spread, write
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import ClipsWithLatents
from selftaught.data import open_images
from selftaught.extraction import reading
from selftaught.methods import FutureFrames
from selftaught.report import to_pictures
from selftaught.runs import Run
from selftaught.runs.picturing import picture_grid
from selftaught.runs.rebuilding import methods_of

DOCUMENT, DRAWING = RESULTS / "two_futures.json", ROOT / "docs" / "images" / "two_futures.png"
QUESTION = "Where clips go on in one of two ways by chance, are both drawn?"
CONTESTANTS: dict[str, tuple[str, dict[str, Any]]] = {  # recipe, and where it differs from that
    "svg_lp": ("svg_lp_fashion_mnist", {}),
    "future_frames": ("future_frames_fashion_mnist", {}),
    "future_frames_with_critic": ("future_frames_fashion_mnist", {"adversarial_weight": 0.05}),
}
SETTINGS = {"image_size": 24, "clip_frames": 6, "past_frames": 3, "flip_probability": 0.0, "watch_every": 0}
SIZE, PIECE, SEEN, FRAMES, SPEED = 24, 10, 3, 6, 2  # pixels, frames, pixels a frame
TRAINING, TEST, COMPLETIONS, SHOWN, DRAWN = 10_000, 200, 8, 10, 4
FIGURES = ("to_nearest", "best_of_all", "both_sides", "left")


def clips(count: int, part: str, *, side: int | None = None) -> UInt8[np.ndarray, "n t s s 3"]:
    """Clips of one piece each, which turns by chance or to one side, -1 for left and 1 for right.

    Args:
        count: how many.
        part: "train" or "test"; they share no piece.
        side: to which all turn; what is drawn beside it does not depend on it.
    """
    generator = torch.Generator().manual_seed(0 if part == "train" else 1)
    images: Any = open_images("fashion-mnist-10k")
    pieces = images.train if part == "train" else images.test
    chosen = pieces.batch(torch.randint(len(pieces), (count,), generator=generator)).pixels.float() / 255
    small = F.interpolate(chosen, (PIECE, PIECE), mode="bilinear", antialias=True)  # (n, 1, p, p)
    top = torch.randint(SIZE - PIECE - SPEED * (SEEN - 1), (count,), generator=generator)
    left = (SIZE - PIECE) // 2 + torch.randint(-1, 2, (count,), generator=generator)
    turns = torch.randint(2, (count,), generator=generator) * 2 - 1
    turns = turns if side is None else torch.full_like(turns, side)
    found, line = torch.zeros(count, FRAMES, 3, SIZE, SIZE), torch.arange(PIECE)
    for frame in range(FRAMES):
        rows = (top + SPEED * min(frame, SEEN - 1))[:, None] + line
        columns = (left + SPEED * turns * max(frame - SEEN + 1, 0))[:, None] + line
        place = rows[:, None, :, None], columns[:, None, None, :]
        found[torch.arange(count)[:, None, None, None], frame, torch.arange(3)[None, :, None, None], *place] = small
    return (found * 255).round().to(torch.uint8).permute(0, 1, 3, 4, 2).numpy()


def both_futures(count: int, seen: Any) -> tuple[Float[Tensor, "n t 3 s s"], Float[Tensor, "n 2 k 3 s s"]]:
    """The past of clips with new pieces, and how they go on to the left and to the right, normalised as a run's are."""
    mean, deviation = (torch.tensor(each).view(3, 1, 1) for each in (seen.mean, seen.standard_deviation))
    ways = [torch.from_numpy(clips(count, "test", side=side)).permute(0, 1, 4, 2, 3) / 255 for side in (-1, 1)]
    left, right = ((way - mean) / deviation for way in ways)
    return left[:, :SEEN], torch.stack([left, right], 1)[:, :, SEEN:]


def predictions(run: Run, past: Float[Tensor, "n t 3 s s"]) -> Float[Tensor, "n d k 3 s s"]:
    """The frames that follow: one way, or as many as latents are drawn."""
    method: Any = methods_of(run)["trained"]
    with reading(method, torch.device("cpu")):
        if isinstance(method, FutureFrames):
            return method.predict(past, FRAMES - SEEN)[:, None]
        shape = (len(past), COMPLETIONS, FRAMES - SEEN, method.latent_width)
        latents = torch.randn(shape, generator=torch.Generator().manual_seed(run.record.seed))
        unknown = past.new_zeros(len(past), FRAMES - SEEN, *past.shape[2:])
        return method.complete(ClipsWithLatents(torch.arange(len(past)), past, unknown, latents))


def figures(drawn: Float[Tensor, "n d k 3 s s"], ways: Float[Tensor, "n 2 k 3 s s"]) -> dict[str, float]:
    """How sharp predictions are, and to which sides they go.

    Returns:
        `to_nearest`: the error of a prediction to the nearer future, over that of the mean of both. `best_of_all`: the
        least error to one future, the mean over both futures, over that of the mean of both. `both_sides`: of how many
        clips some predictions are nearer to the left future and some to the right one; not there where there is one
        prediction a clip. `left`: how many of all are nearer to the left one.
    """
    errors = (drawn[:, :, None] - ways[:, None]).square().flatten(3).mean(3)  # (n, d, 2)
    blurred = (ways.mean(1, keepdim=True) - ways).square().mean()
    left = errors[..., 0] < errors[..., 1]
    both_sides = {"both_sides": (left.any(1) & ~left.all(1)).double().mean().item()} if drawn.shape[1] > 1 else {}
    return {
        "to_nearest": (errors.amin(2).mean() / blurred).item(),
        "best_of_all": (errors.amin(1).mean() / blurred).item(),
        "left": left.double().mean().item(),
        **both_sides,
    }


def measure(method: str, seed: int, minutes: float) -> tuple[dict[str, Any], Run]:
    """Train and compare once."""
    folder = ROOT / "runs" / "two_futures" / f"{method}-{seed}"
    recipe, own = CONTESTANTS[method]
    settings = {**SETTINGS, **own, "seed": seed, "minutes": minutes, "warmup_epochs": 0}
    run = trained(clips(TRAINING, "train"), folder, recipe=recipe, settings=settings)
    past, ways = both_futures(TEST, run.encoder().preprocessing)
    asked = {"method": method, "seed": seed, "minutes": minutes, "steps": run.record.steps}
    return {**asked, **figures(predictions(run, past), ways), **origin()}, run


def summarise(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean and deviation over seeds, by method."""
    methods = dict.fromkeys(run["method"] for run in runs)
    kept = {method: [run for run in runs if run["method"] == method] for method in methods}
    return {
        method: {name: spread([run[name] for run in each]) for name in FIGURES if all(name in run for run in each)}
        for method, each in kept.items()
    }


def draw(runs: Sequence[Run], path: Path) -> None:
    """The last frame that is seen, both true ones that are last, and what each run makes of it."""
    strips: list[tuple[str, np.ndarray]] = []
    for run in runs:
        seen: Any = run.encoder().preprocessing
        past, ways = both_futures(SHOWN, seen)
        several = predictions(run, past)[:, :DRAWN, -1].unbind(1)
        true = {"the last frame that is seen": past[:, -1], "true, to the left": ways[:, 0, -1]}
        shown = {} if strips else {**true, "true, to the right": ways[:, 1, -1]}
        title = run.path.name.rpartition("-")[0].replace("_", " ")
        names = [f"{title}, latents drawn {place + 1}" for place in range(len(several))]
        shown |= dict(zip(names if len(several) > 1 else [title], several, strict=True))
        statistics = {"mean": seen.mean, "standard_deviation": seen.standard_deviation}
        strips += [
            (name, picture_grid(to_pictures(frames, **statistics), across=SHOWN)) for name, frames in shown.items()
        ]
    draw_rows(strips, path, across=SHOWN)


def main() -> None:
    """Measure each method and seed, write after it, and draw the first seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=4, help="of training, each")
    options = parser.parse_args()
    kept: list[Any] = [run for run in read(DOCUMENT).get("runs", []) if run["minutes"] == options.minutes]
    first: list[Run] = []
    for method, seed in itertools.product(CONTESTANTS, range(options.seeds)):
        found, run = measure(method, seed, options.minutes)
        first += [run] if seed == 0 else []
        kept = [each for each in kept if (each["method"], each["seed"]) != (method, seed)] + [found]
        write(DOCUMENT, {"question": QUESTION, "summary_by_method": summarise(kept), "runs": kept, **origin()})
        print(
            f"{method}, seed {seed}: " + ", ".join(f"{name} {found[name]:.3f}" for name in FIGURES if name in found),
            flush=True,
        )
    draw(first, DRAWING)


if __name__ == "__main__":
    main()
