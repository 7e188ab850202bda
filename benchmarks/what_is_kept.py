"""What does a representation keep of how its images were changed, and what does the projection forget?

Pre-trains SimCLR on CIFAR-10, once for each of greyscale, rotation, noise, Sobel and blur, with that change added to
the views of crops and colours, and once with none of them; the projection is as wide as the encoder's output. Then
linear probes tell which change was made to an image that neither has seen: from the encoder's output, and from the
projection. This asks again what table 3 of Chen et al. 2020, https://arxiv.org/abs/2002.05709, shows.

What is there already is measured again only if its settings have changed, so that the whole can be stopped and
continued. CIFAR-10 is read from the folder `cifar10` in SELFTAUGHT_BENCH_DATA, where that is set, else from
torchvision.

    python benchmarks/what_is_kept.py --minutes 5 --seed 0 1 2
"""

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from evidence import settings_of, where
from record import RESULTS, ROOT, origin, read, spread, write
from study_drawings import draw_sides

from selftaught.data import ImageSplits, open_images
from selftaught.evaluation import measure_kept_changes
from selftaught.runs.asking_methods import projections_of, rebuilt_methods
from selftaught.runs.planning import plan_run
from selftaught.runs.pretraining import train_plan

DOCUMENT = RESULTS / "what_is_kept.json"
DRAWING = ROOT / "docs" / "images" / "what_is_kept.svg"
FOLDER = ROOT / "runs" / "what_is_kept"
QUESTION = "What does a representation keep of how its images were changed, and what does the projection forget?"
RECIPE, WIDTH = "simclr_cifar10", 256  # of the small ResNet's output
NONE = "none"
# As often as probes see them: half of the views, of quarter turns three quarters
ADDED: Mapping[str, Mapping[str, Any]] = {
    NONE: {},
    "greyscale": {"grey_probability": 0.5},
    "rotation": {"rotation_probability": 0.75},
    "noise": {"noise_probability": 0.5},
    "sobel": {"sobel_probability": 0.5},
    "blur": {"blur_probability": (0.5, 0.5)},
}
PUBLISHED = {  # encoder and projection, ResNet-50 on ImageNet, probes with a hidden layer
    "greyscale": (0.993, 0.974),
    "rotation": (0.676, 0.256),
    "noise": (0.995, 0.596),
    "sobel": (0.966, 0.563),
}


def settings_for(added: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """What a run changes of the recipe, as JSON keeps it."""
    length = {} if options.minutes is None else {"minutes": options.minutes, "warmup_epochs": None}
    changes = {"grey_probability": 0.0, "embedding_width": WIDTH, **ADDED[added], **length}
    run = {"seed": seed, "device": options.device, "watch_every": 0}
    return json.loads(json.dumps({**changes, **run}))


def measure(added: str, seed: int, images: ImageSplits, options: argparse.Namespace) -> dict[str, Any]:
    """Pre-train with one change among the views, and see which changes probes can tell."""
    folder, settings = FOLDER / f"{added}-{seed}", settings_for(added, seed, options)
    shutil.rmtree(folder, ignore_errors=True)
    run = train_plan(plan_run("simclr", images.train, folder, recipe=RECIPE, settings=settings), report=False)
    projections = projections_of(rebuilt_methods(run))
    told: dict[str, Any] = {"added": added, "seed": seed, "settings": settings, "recipe_settings": settings_of(RECIPE)}
    told |= {"steps": run.record.steps, "train_seconds": run.record.seconds}
    for name, loaded in (("encoder", run.encoder()), ("random_start", run.start())):
        found = measure_kept_changes(
            *(loaded.encoder, projections[name], loaded.preprocessing, images.test),
            most_items=options.probe_images,
            device=torch.device(options.device),
            seed=seed,
        ).as_json()
        told |= {name: found["changes"], "items": found["items"]}
    return told | origin(options.device)


def summarise(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each change the accuracies over seeds, of runs with it among the views, without any, and untrained."""
    rows: list[dict[str, Any]] = []
    for change in (name for name in ADDED if name != NONE):
        row: dict[str, Any] = {"change": change}
        for title, added, network in (
            ("among_the_views", change, "encoder"),
            ("not_among_them", NONE, "encoder"),
            ("random_start", NONE, "random_start"),
        ):
            found = [run[network][change] for run in runs if run["added"] == added]
            if found:
                row["chance"] = found[0]["chance"]
                row[title] = {side: spread([one[side] for one in found]) for side in ("encoder", "projection")}
        if "among_the_views" in row:
            row["published"] = PUBLISHED.get(change)
            rows.append(row)
    return rows


def main() -> None:
    """Measure what is missing, and write after every run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--added", nargs="+", choices=list(ADDED), default=list(ADDED))
    parser.add_argument("--seed", nargs="+", type=int, default=[0])
    parser.add_argument("--minutes", type=float, help="of each run; the recipe's one pass over the images if not given")
    parser.add_argument("--probe-images", type=int, default=2000, help="test images for probes, of which a fifth tests")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--again", action="store_true", help="measure again what is there already")
    options = parser.parse_args()
    images = open_images(where("cifar10"))
    for added, seed in [(added, seed) for seed in options.seed for added in options.added]:
        kept: list[dict[str, Any]] = read(DOCUMENT).get("runs", [])
        wanted = {"settings": settings_for(added, seed, options), "recipe_settings": settings_of(RECIPE)}
        same = [run for run in kept if (run["added"], run["seed"]) == (added, seed)]
        if not options.again and any(all(run[name] == value for name, value in wanted.items()) for run in same):
            print(f"{added}, seed {seed}: measured already", flush=True)
            continue
        result = measure(added, seed, images, options)
        runs = [run for run in kept if (run["added"], run["seed"]) != (added, seed)] + [result]
        runs.sort(key=lambda run: (list(ADDED).index(run["added"]), run["seed"]))
        last = {name: runs[-1][name] for name in ("command", "commit", "date", "machine", "versions")}
        write(DOCUMENT, {"question": QUESTION, "changes": summarise(runs), "runs": runs, **last})
        scores = {
            name: f"{100 * one['encoder']:.1f}/{100 * one['projection']:.1f}" for name, one in result["encoder"].items()
        }
        print(f"{added}, seed {seed}: encoder/projection {scores} ({result['train_seconds']:.0f} s)", flush=True)
    if changes := read(DOCUMENT).get("changes"):
        draw_sides(changes, DRAWING)


if __name__ == "__main__":
    main()
