"""In the same minutes: views as large as the images, or smaller ones and more of them?

SimCLR with the small ResNet and this project's recipe, on four fifths of the training images of CIFAR-10 and of
Fashion-MNIST, with `--view-size` and without; then kNN (20 neighbours, cosine, temperature 0.07) of the last fifth,
whole images, by those four. Test images are not looked at, so that `learning_per_minute.py` may take the size that is
best here. The numbers go to results/view_sizes.json.
"""

import argparse
import shutil
from typing import Any

from evidence import where
from learning_per_minute import RECIPES, knn
from record import RESULTS, ROOT, origin, read, write

import selftaught
from selftaught.data import open_images

DOCUMENT = RESULTS / "view_sizes.json"
QUESTION = "In the same minutes: views as large as the images, or smaller ones and more of them?"
SIZES = {"cifar10": (32, 24, 20, 16, 12), "fashion-mnist": (28, 20, 16)}


def measure(data: str, size: int, minutes: float, seed: int) -> dict[str, Any]:
    """Train once, and see how held-out training images fare."""
    images = open_images(where(data)).train
    edge = len(images) * 4 // 5
    learned, held_out = images.take(range(edge)), images.take(range(edge, len(images)))
    folder = ROOT / "runs" / "view_sizes" / f"{data}-{size}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    settings = {"minutes": minutes, "seed": seed, "watch_every": 0, "view_size": size}
    run = selftaught.pretrain("simclr", learned, folder, recipe=RECIPES[data], settings=settings)
    saved, seen = run.encoder(), run.record.steps * run.record.settings["training"]["batch_size"]
    accuracy = knn(saved.encoder, saved.preprocessing, learned, held_out)
    asked = {"data": data, "view_size": size, "image_size": saved.preprocessing.image_size, "minutes": minutes}
    return {**asked, "seed": seed, "knn": accuracy, "images_seen": seen, **origin()}


def main() -> None:
    """Measure what is missing, and write after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--data", nargs="+", choices=SIZES, default=list(SIZES))
    options = parser.parse_args()
    runs: list[Any] = [run for run in read(DOCUMENT).get("runs", []) if run["minutes"] == options.minutes]
    asked = [(data, size, seed) for data in options.data for size in SIZES[data] for seed in range(options.seeds)]
    known = {(run["data"], run["view_size"], run["seed"]) for run in runs}
    for data, size, seed in (each for each in asked if each not in known):
        runs.append(measure(data, size, options.minutes, seed))
        write(DOCUMENT, {"question": QUESTION, "runs": runs, **origin()})
        print(
            f"{data}, views of {size}: kNN {100 * runs[-1]['knn']:.1f}, {runs[-1]['images_seen']:,} images", flush=True
        )


if __name__ == "__main__":
    main()
