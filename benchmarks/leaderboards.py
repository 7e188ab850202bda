"""How do the methods of a family compare, with the same minutes and, where they can, the same network?

The comparison of `selftaught compare` on Fashion-MNIST's 60,000 training images, or on CIFAR-10's 50,000, each method
with its recipe for these data, at the learning rate that `recipe_tries.py` found best: probes learn from the first
10,000 training images, and all official test images test them. The network is the small ResNet of half its width, which
sees three times as many images in these minutes; only the models that read pixel by pixel have their own. A method's
minutes are those of training. Beside the probes stands how well each does its own task on test images. What is finished
in runs/leaderboards/ is not run again, so that the whole can be stopped and continued, and seeds and methods can be
added. Numbers go to results/leaderboard_FAMILY.json, without the pairs of methods, which stand on the page beside the
runs. Several processes share the runs by `--only 1/2` and `--only 2/2`; a last call without it gathers them.

    python benchmarks/leaderboards.py joint_embedding --minutes-each 4 --seeds 1
    python benchmarks/leaderboards.py pretext_and_generative --data cifar10 --minutes-each 10 --seeds 1

CIFAR-10 is read from the folder `cifar10` in SELFTAUGHT_BENCH_DATA, where that is set, else from torchvision.
"""

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evidence import where
from record import RESULTS, ROOT, origin, read, write
from tried_rates import taken_rate

from selftaught.data import open_images
from selftaught.runs.comparing import fitting_recipe
from selftaught.runs.studies import Contender, Study, finish_study

PROBED, TRIES = range(10_000), RESULTS / "recipe_tries.json"
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
        "gan",
        "bigan",
        "pixelcnn",
        "made",
    ],
}
ON_CIFAR10 = {
    "joint_embedding": [*FAMILIES["joint_embedding"], "cmc"],
    "pretext_and_generative": [
        "rotation",
        "jigsaw",
        "relative_position",
        "inpainting",
        "colorization",
        "split_brain",
        "autoencoder",
        "vae",
        "vq_vae",
    ],
}
ENCODER = {"encoder.name": "small_resnet", "encoder.features": 16}
OWN_ENCODER = ("pixelcnn", "made")
RECIPES = {  # where a method has none for the data
    "fashion-mnist": {},
    "cifar10": {
        name: f"{name}_fashion_mnist"
        for name in (
            *("jigsaw", "relative_position", "autoencoder", "vae", "vq_vae"),
            *("simsiam", "barlow_twins", "vicreg", "lejepa", "dino", "deepcluster", "deepercluster"),
            *("deep_infomax", "amdim", "cpc_images", "local_aggregation", "pirl"),
        )
    }
    | {"instdisc": "instdisc_fashion_mnist_10k"},
}
TELLING = (
    "accuracy",
    "top_1_accuracy",
    "accuracy_1",
    "bits_per_dimension",
    "bits_per_dimension_elbo",
    "reconstruction",
    "colour",
)
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


def recipe_of(method: str, data: str) -> str | None:
    """The recipe that a method has on the board."""
    return RECIPES[data].get(method) or fitting_recipe(method, data)


def contender(method: str, data: str, minutes: float, *, rate: float | None) -> Contender:
    """A method with its recipe, the network of all, so many minutes and, where one is given, this learning rate."""
    recipe = recipe_of(method, data)
    encoder = {} if method in OWN_ENCODER else ENCODER
    settings = {"warmup_epochs": None, "minutes": minutes, **encoder}
    settings |= {} if rate is None else {"learning_rate": rate}
    return Contender(name=method, method=method, recipe=recipe, settings=settings)


def main() -> None:
    """Run what is missing of a family."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--data", choices=("fashion-mnist", "cifar10"), default="fashion-mnist")
    parser.add_argument("--minutes-each", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", help="these only")
    parser.add_argument("--only", metavar="K/N", help="every Nth run from the Kth on, and nothing is written")
    options = parser.parse_args()
    lists = FAMILIES if options.data == "fashion-mnist" else ON_CIFAR10
    methods, name = options.methods or lists[options.family], options.family
    name += "" if options.data == "fashion-mnist" else f"_{options.data}"
    tried = read(TRIES)
    images, folder = open_images(where(options.data)), ROOT / "runs" / "leaderboards" / name
    board = finish_study(
        Study(
            folder=folder,
            kind="comparison",
            contenders=tuple(
                contender(method, options.data, options.minutes_each, rate=taken_rate(tried, method, options.data))
                for method in methods
            ),
            seeds=options.seeds,
            data=where(options.data),
            labelled=images.train.take(PROBED),
            test_data=images.test,
            evaluation={"protocols": "knn,linear,label_free,energy,own_task"},
        ),
        only=options.only,
        tell=lambda words: print(words, flush=True),
    )
    if board is None:
        return
    told: dict[str, Any] = {name: board[name] for name in KEPT}
    told["rows"] = [{key: row[key] for key in row if key != "settings"} for row in board["rows"]]
    for row in told["rows"]:
        row["own_task"] = own_task([folder / run["folder"] for run in row["runs"]]) if row["role"] == "method" else None
    budget = {"data": options.data, "minutes_each": options.minutes_each, "seeds": options.seeds}
    write(RESULTS / f"leaderboard_{name}.json", {"family": options.family, **budget, **told, **origin()})
    print(board["headline"], *board["sentences"], sep="\n")


if __name__ == "__main__":
    main()
