"""Which learning rate does each method of a leaderboard want? The same tries for each, on held-out training images.

Three tries for each method: the rate of its recipe, a third of it and three times it, the rest as on the board. Each
learns for some minutes from four fifths of the training images of Fashion-MNIST or of CIFAR-10; then kNN (20
neighbours, cosine, temperature 0.07) of the last fifth by these four. Test images are not looked at. A rate other than
the recipe's is taken where it is better by more than a point, about what seeds differ by, as each try is of one seed;
`leaderboards.py` reads from results/recipe_tries.json which, and the recipes of four methods have taken theirs since.
What is there is not measured again; several processes share the tries by `--only 1/2` and `--only 2/2`, and a last call
without it gathers them.

    python benchmarks/recipe_tries.py joint_embedding --data cifar10 --minutes 1.5
"""

import argparse
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evidence import where
from leaderboards import FAMILIES, ON_CIFAR10, TRIES, contender, recipe_of
from learning_per_minute import knn
from record import ROOT, origin, read, write

import selftaught
from selftaught.core import Source
from selftaught.data import open_images
from selftaught.recipes import find_recipe
from selftaught.training import NonFiniteLoss

FOLDER = ROOT / "runs" / "recipe_tries"
QUESTION = "Which learning rate does each method of a leaderboard want?"
FACTORS = (1 / 3, 1.0, 3.0)  # of the recipe's rate


def measure(asked: Mapping[str, Any], images: Source, folder: Path) -> dict[str, Any]:
    """One try; its kNN is None where the loss became infinite."""
    edge = len(images) * 4 // 5
    learned, held_out = images.take(range(edge)), images.take(range(edge, len(images)))
    tried = contender(asked["method"], asked["data"], asked["minutes"], rate=asked["learning_rate"])
    shutil.rmtree(folder, ignore_errors=True)
    settings = {**tried.settings, "seed": 0, "watch_every": 0}
    try:
        run = selftaught.pretrain(asked["method"], learned, folder, recipe=tried.recipe, settings=settings)
    except NonFiniteLoss:
        return {**asked, "knn": None, "images_seen": None, **origin()}
    saved, seen = run.encoder(), run.record.steps * run.record.settings["training"]["batch_size"]
    accuracy = knn(saved.encoder, saved.preprocessing, learned, held_out)
    shutil.rmtree(folder)
    return {**asked, "knn": accuracy, "images_seen": seen, **origin()}


def gather() -> None:
    """Write the document of what was ever tried here, in the order of its files' names."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    write(TRIES, {"question": QUESTION, "factors": FACTORS, "runs": runs, **origin()})


def main() -> None:
    """Try what is missing of a family, and write after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--data", choices=("fashion-mnist", "cifar10"), default="fashion-mnist")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--methods", nargs="+", help="these only")
    parser.add_argument("--only", metavar="K/N", default="1/1", help="every Nth try from the Kth on")
    options = parser.parse_args()
    first, step = (int(part) for part in options.only.split("/"))
    methods = options.methods or (FAMILIES if options.data == "fashion-mnist" else ON_CIFAR10)[options.family]
    for run in read(TRIES).get("runs", []):
        write(FOLDER / f"{run['data']}-{run['method']}-{run['factor']:.2f}.json", run)
    images = open_images(where(options.data)).train
    for method, factor in [(method, factor) for method in methods for factor in FACTORS][first - 1 :: step]:
        recipe: Any = recipe_of(method, options.data)
        settings: Any = find_recipe(recipe).settings
        rate = float(f"{settings['learning_rate'] * factor:.3g}")
        asked = {"data": options.data, "method": method, "factor": factor, "learning_rate": rate}
        asked |= {"recipe": recipe, "minutes": options.minutes}
        kept = FOLDER / f"{options.data}-{method}-{factor:.2f}.json"
        if {**read(kept), **asked} != read(kept):
            write(kept, measure(asked, images, kept.with_suffix("")))
            accuracy = read(kept)["knn"]
            print(f"{options.data}, {method} at {rate:g}: kNN {accuracy and round(100 * accuracy, 1)}", flush=True)
        gather()


if __name__ == "__main__":
    main()
