"""How many bits does a pixel take, by each model that says how likely an image is?

Trains PixelCNN, both kinds of PixelRNN, MADE and the VAE with their recipes on the 8,000 training images of
fashion-mnist-10k, and asks them about its 2,000 others. Likelihoods of images rounded to 2, 16 and 256 levels cannot be
compared with each other, so each is set beside what the same images take with no network, at the same number of levels:
a histogram of every pixel, PNG, and all images in one file compressed by LZMA. What is exact, a bound or an estimate is
named. Finished runs are taken from runs/bits/, so that the whole can be stopped and continued; the numbers go to
results/bits_per_dimension.json after every run.

    python benchmarks/bits_per_dimension.py --minutes 2 --seeds 1
"""

import argparse
import io
import lzma
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from finished_runs import trained
from record import RESULTS, ROOT, origin, read, spread, write

from selftaught.cli.progress import Bars
from selftaught.core import Levels
from selftaught.data import ImageSource, open_images
from selftaught.extraction import reading
from selftaught.parts import LevelHistograms
from selftaught.runs import Run
from selftaught.runs.rebuilding import methods_of, views_of
from selftaught.views import Draws

DOCUMENT, RUNS, DATA = RESULTS / "bits_per_dimension.json", ROOT / "runs" / "bits", "fashion-mnist-10k"
QUESTION = "How many bits does a pixel take, by each model that says how likely an image is?"
_BITS, _TOGETHER = "bits_per_dimension", 100


@dataclass(frozen=True, kw_only=True)
class Model:
    """What is trained.

    Args:
        title: as the table calls it.
        recipe: its numbers.
        levels: to which pixels are rounded.
        settings: where it differs from the recipe.
        exact: how its exact likelihood comes about, where it has one.
    """

    title: str
    recipe: str
    levels: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    exact: str = "exact"


def _pixel_by_pixel(title: str, method: str, levels: int, encoder: str) -> Model:
    settings = {"encoder.name": encoder, "encoder.levels": levels}
    return Model(title=title, recipe=f"{method}_fashion_mnist", levels=levels, settings=settings)


MODELS = {
    "pixelcnn_2": _pixel_by_pixel("PixelCNN", "pixelcnn", 2, "pixel_cnn"),
    "made": Model(title="MADE", recipe="made_fashion_mnist", levels=2, exact="exact, of 8 orders mixed"),
    "pixelcnn": _pixel_by_pixel("PixelCNN", "pixelcnn", 16, "pixel_cnn"),
    "row_lstm": _pixel_by_pixel("PixelRNN, Row LSTM", "pixelrnn", 16, "row_lstm"),
    "diagonal_bilstm": _pixel_by_pixel("PixelRNN, Diagonal BiLSTM", "pixelrnn", 16, "diagonal_bilstm"),
    "pixelcnn_256": _pixel_by_pixel("PixelCNN", "pixelcnn", 256, "pixel_cnn"),
    "vae": Model(title="VAE", recipe="vae_fashion_mnist", levels=256),
}
PUBLISHED = (
    {
        "model": "Glow, a flow, after all 60,000 training images",
        "data": "Fashion-MNIST's 10,000 test images",
        "levels": 256,
        "bits": 2.958,
        "source": "Nalisnick et al. 2018, https://arxiv.org/abs/1810.09136, figure 1",
    },
    *(
        {
            "model": model,
            "data": "digits of MNIST in black and white",
            "levels": 2,
            "bits": nats / (784 * math.log(2)),
            "source": f"{nats} nats an image, {source}",
        }
        for model, nats, source in (
            ("PixelCNN", 81.30, "van den Oord et al. 2016, https://arxiv.org/abs/1601.06759, table 4"),
            ("PixelRNN, Row LSTM", 80.54, "the same"),
            ("PixelRNN, Diagonal BiLSTM of 7 layers", 79.20, "the same"),
            ("MADE of 2 layers, 32 orders", 86.64, "Germain et al. 2015, https://arxiv.org/abs/1502.03509, table 6"),
        )
    ),
)


def estimator(name: str, model: Model) -> str:
    """How a figure of a method comes about, in words.

    Args:
        name: of the figure, which begins with `bits_per_dimension`.
        model: whose it is.
    """
    kind = name.removeprefix(_BITS).strip("_")
    if kind == "elbo":
        return "upper bound: ELBO, one sample"
    if kind.startswith("importance_weighted_"):
        return f"too high on average: importance-weighted, {kind.removeprefix('importance_weighted_')} samples"
    return model.exact


def bits_of(run: Run, model: Model, items: ImageSource) -> dict[str, float]:
    """What the method says of all held-out images, by the estimator."""
    method, seen = methods_of(run)["trained"], run.encoder().preprocessing
    make_views: Any = views_of(run.record, seen)
    totals: dict[str, float] = {}
    with reading(method, torch.device("cpu")):
        for start in range(0, len(items), _TOGETHER):
            rows = np.arange(start, min(start + _TOGETHER, len(items)))
            draws = Draws.at(0, "bits", start, batch=len(rows))
            views = make_views(items.batch(rows), index=torch.from_numpy(rows), draws=draws)
            for name, value in method.step(views).metrics.items():
                if name.startswith(_BITS):
                    share = len(rows) / len(items)
                    totals[name] = totals.get(name, 0.0) + share * float(value)
    return {estimator(name, model): bits for name, bits in totals.items()}


def without_a_network(train: torch.Tensor, test: torch.Tensor, levels: int) -> dict[str, float]:
    """Bits that a pixel takes by what knows nothing of pictures.

    Args:
        train: numbers of levels, from 0, of images to learn from: only the histograms do.
        test: of the images to be described.
        levels: how many there are.
    """
    histograms = LevelHistograms(train[0].numel(), levels=levels)
    histograms.see(train)
    packed = lzma.compress(test.to(torch.uint8).numpy().tobytes(), preset=9 | lzma.PRESET_EXTREME)
    return {
        "equal chance": math.log2(levels),
        "a histogram of every pixel": float(histograms.bits_per_dimension(test)),
        "PNG, a file each": 8 * sum(_png_bytes(image, levels) for image in test[:, 0]) / test.numel(),
        "LZMA, all in one file": 8 * len(packed) / test.numel(),
    }


def _png_bytes(image: torch.Tensor, levels: int) -> int:
    from PIL import Image

    shades = (image * (255 // (levels - 1))).to(torch.uint8).numpy()
    file = io.BytesIO()
    Image.fromarray(shades).convert("1" if levels == 2 else "L", dither=Image.Dither.NONE).save(
        file, "PNG", optimize=True
    )
    return len(file.getvalue())


def rounded(items: ImageSource, levels: int) -> torch.Tensor:
    """The number of every pixel's level."""
    return Levels(count=levels, channels=1).of(items.batch(range(len(items))).pixels.float() / 255)


def measure(name: str, seed: int, minutes: float) -> dict[str, Any]:
    """Train a model, if it is not trained already, and ask it about the images held out."""
    model, images = MODELS[name], open_images(DATA)
    if images.test is None:
        raise SystemExit(f"expected {DATA} in two parts")
    settings = {**model.settings, "minutes": minutes, "warmup_epochs": 0, "seed": seed}
    with Bars() as bars:
        run = trained(DATA, RUNS / f"{name}-{seed}", recipe=model.recipe, settings=settings, track=bars)
    return {
        "model": name,
        "title": model.title,
        "levels": model.levels,
        "seed": seed,
        "minutes": minutes,
        "recipe": model.recipe,
        "changed": dict(model.settings),
        "steps": run.record.steps,
        "images_seen": (run.record.steps or 0) * run.record.values()["batch_size"],
        "train_seconds": run.record.seconds,
        "trained_at_commit": run.record.commit,
        "bits": bits_of(run, model, images.test),
        **origin(),
    }


def summarise(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Over seeds, by model: the fewest levels first, as in the list of models."""
    found: list[dict[str, Any]] = []
    for name in MODELS:
        own = [run for run in runs if run["model"] == name]
        if own:
            same = {key: own[0][key] for key in ("model", "title", "levels", "minutes", "recipe")}
            bits = {words: spread([run["bits"][words] for run in own]) for words in own[0]["bits"]}
            seen = spread([run["images_seen"] for run in own])
            found.append({**same, "seeds": [run["seed"] for run in own], "images_seen": seen, "bits": bits})
    return found


def main() -> None:
    """Measure what is missing, and write after every run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each, with the seeds 0, 1, ...")
    parser.add_argument("--minutes", type=float, default=5.0, help="of each training")
    options = parser.parse_args()
    images = open_images(DATA)
    if images.test is None:
        raise SystemExit(f"expected {DATA} in two parts")
    parts = {"train": len(images.train), "test": len(images.test)}
    wanted = [(name, seed) for seed in range(options.seeds) for name in options.models]
    for number, (name, seed) in enumerate(wanted, 1):
        kept: list[dict[str, Any]] = [
            run for run in read(DOCUMENT).get("runs", []) if run["minutes"] == options.minutes
        ]
        title = f"{number} of {len(wanted)}: {name}, seed {seed}"
        if any((run["model"], run["seed"]) == (name, seed) for run in kept):
            print(f"{title}: measured already", flush=True)
            continue
        print(f"{title} ...", flush=True)
        runs = [*kept, measure(name, seed, options.minutes)]
        counts = sorted({run["levels"] for run in runs})
        references = {
            str(count): without_a_network(rounded(images.train, count), rounded(images.test, count), count)
            for count in counts
        }
        told = {"items": parts, "models": summarise(runs), "without_a_network": references}
        write(DOCUMENT, {"question": QUESTION, **told, "published": list(PUBLISHED), "runs": runs, **origin()})
        found = "; ".join(f"{bits:.3f} {words}" for words, bits in runs[-1]["bits"].items())
        print(f"{title}: {found} ({runs[-1]['train_seconds']:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
