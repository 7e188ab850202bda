"""How do the methods of a family compare, with the same minutes and, where they can, the same network?

`selftaught compare` on Fashion-MNIST's 60,000 training images, or on CIFAR-10's 50,000, each method with its recipe for
these data: probes learn from the first 10,000 training images, and all official test images test them. A method's
minutes are those of training. Beside the probes stands how well each does its own task on test images. What is finished
in runs/leaderboards/ is not run again, so that the whole can be stopped and continued, and seeds and methods can be
added. Numbers go to results/leaderboard_FAMILY.json, without the pairs of methods, which stand on the page beside the
runs.

    python benchmarks/leaderboards.py joint_embedding --minutes-each 4 --seeds 1
    python benchmarks/leaderboards.py pretext_and_generative --data cifar10 --minutes-each 5 --seeds 1

CIFAR-10 is read from the folder `cifar10` in SELFTAUGHT_BENCH_DATA, where that is set, else from torchvision.
"""

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evidence import where
from record import RESULTS, ROOT, origin, write

import selftaught
from selftaught.data import open_images
from selftaught.recipes import find_recipe

PROBED = range(10_000)
FAMILIES = {
    "joint_embedding": [
        "simclr",
        "moco",
        "byol",
        "simsiam",
        "barlow_twins",
        "vicreg",
        "lejepa",
        "swav",
        "dino",
        "deepcluster",
        "deepercluster",
        "deep_infomax",
        "amdim",
        "cpc_images",
        "local_aggregation",
        "instdisc",
        "pirl",
    ],
    "pretext_and_generative": [
        "rotation",
        "jigsaw",
        "relative_position",
        "inpainting",
        "autoencoder",
        "vae",
        "vq_vae",
        "aae",
        "bigan",
        "pixelcnn",
        "made",
    ],
}
ON_CIFAR10 = {
    "pretext_and_generative": [
        "rotation",
        "jigsaw",
        "relative_position",
        "inpainting",
        "colorization",
        "split_brain",
        "mae",
        "autoencoder",
        "vae",
        "vq_vae",
    ],
}
ENCODER = {"joint_embedding": "small_resnet", "pretext_and_generative": "own"}  # some read pixel by pixel
RECIPES = {  # and those that fit for the others
    ("joint_embedding", "fashion-mnist"): "fit",
    ("pretext_and_generative", "fashion-mnist"): "inpainting_cifar10",
    ("pretext_and_generative", "cifar10"): ",".join(
        f"{method}_fashion_mnist" for method in ("jigsaw", "relative_position", "autoencoder", "vae", "vq_vae")
    ),
}
TELLING = ("accuracy", "bits_per_dimension", "bits_per_dimension_elbo", "reconstruction", "colour")
KEPT = ("headline", "sentences", "notes", "rule", "decided_by", "columns", "rows", "items", "found", "missing")


def own_task(folders: Sequence[Path]) -> dict[str, Any] | None:
    """The figure of a method's own task that tells most, its mean over runs beside its chance; None where none does.

    Args:
        folders: of the runs of one method, each evaluated.
    """
    texts = [(folder / "evaluation.json").read_text(encoding="utf-8") for folder in folders]
    tasks: list[Mapping[str, Any]] = [json.loads(text)["own_task"] or {} for text in texts]
    name = next((name for name in TELLING if all(name in task for task in tasks)), None)
    if name is None:
        return None
    means = {key: statistics.fmean(task[name][key] for task in tasks) for key in ("value", "chance")}
    return {"figure": name, **means}


def _recipes_of(methods: Sequence[str], words: str) -> str:
    """Without the recipes of methods that are left out."""
    kept = [word for word in words.split(",") if word == "fit" or find_recipe(word).method in methods]
    return ",".join(kept) or "fit"


def main() -> None:
    """Run what is missing of a family."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--data", choices=("fashion-mnist", "cifar10"), default="fashion-mnist")
    parser.add_argument("--minutes-each", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", help="these only")
    options = parser.parse_args()
    lists = FAMILIES if options.data == "fashion-mnist" else ON_CIFAR10
    if options.family not in lists:
        raise SystemExit(f"expected one of {', '.join(lists)} for {options.data}, got {options.family}")
    methods, name = options.methods or lists[options.family], options.family
    name += "" if options.data == "fashion-mnist" else f"_{options.data}"
    images, folder = open_images(where(options.data)), ROOT / "runs" / "leaderboards" / name
    board = selftaught.compare(
        methods,
        where(options.data),
        folder,
        minutes_each=options.minutes_each,
        seeds=options.seeds,
        encoder=ENCODER[options.family],
        recipe=_recipes_of(methods, RECIPES[options.family, options.data]),
        labelled=images.train.take(PROBED),
        test_data=images.test,
        protocols="knn,linear,label_free,energy,own_task",
        tell=lambda words: print(words, flush=True),
    )
    if board is None:
        raise SystemExit("expected a leaderboard")
    told: dict[str, Any] = {name: board[name] for name in KEPT}
    told["rows"] = [{key: row[key] for key in row if key != "settings"} for row in board["rows"]]
    for row in told["rows"]:
        row["own_task"] = own_task([folder / run["folder"] for run in row["runs"]]) if row["role"] == "method" else None
    budget = {"data": options.data, "minutes_each": options.minutes_each, "seeds": options.seeds}
    write(RESULTS / f"leaderboard_{name}.json", {"family": options.family, **budget, **told, **origin()})
    print(board["headline"], *board["sentences"], sep="\n")


if __name__ == "__main__":
    main()
