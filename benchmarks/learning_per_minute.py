"""What does an encoder know after five minutes of wall time? kNN on the official test images, beside lightly's.

The small ResNet on Fashion-MNIST (60,000 images) and on CIFAR-10 (50,000), every core of the machine: ours by `pretrain
simclr --minutes 5 --view-size 16`, with this project's recipe for the data; lightly's SimCLR by
Lightning in bf16-mixed with two workers, its defaults otherwise. The minutes are those of training; ours has timed its
warm-up by then, lightly's workers start within them. kNN with 20 neighbours, cosine similarity and temperature 0.07,
over all training images.
"""

import argparse
import shutil
from collections.abc import Callable
from typing import Any

import torch
from evidence import where
from lightly_simclr import train_for
from record import RESULTS, ROOT, origin, read, spread, write
from torch import nn

import selftaught
from selftaught.core import Source
from selftaught.data import open_images
from selftaught.encoders import Preprocessing, SmallResNet
from selftaught.evaluation import evaluate_vectors
from selftaught.extraction import extract

DOCUMENT = RESULTS / "learning_per_minute.json"
RECIPES = {"fashion-mnist": "simclr_fashion_mnist", "cifar10": "simclr_cifar10"}
VIEW_SIZE = 16  # pixels, the best on held-out training images of both: view_sizes.py
BATCH, WORKERS = 128, 2
TASK = "Minutes of wall time of SimCLR with the small ResNet, kNN (20, cosine, 0.07) on the official test images."


def knn(encoder: nn.Module, preprocessing: Preprocessing, train: Source, test: Source) -> float:
    """Accuracy of the nearest training images' labels."""
    vectors, labels = zip(*(_read(encoder, preprocessing, part) for part in (train, test)), strict=True)
    found = evaluate_vectors(vectors[0], labels[0], vectors[1], labels[1], protocols=["knn"])
    return found.as_json()["knn"]["accuracy"]


def ours(data: str, minutes: float, seed: int) -> tuple[float, float]:
    """kNN, and images seen."""
    folder = ROOT / "runs" / "learning_per_minute" / f"{data}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    settings = {"minutes": minutes, "seed": seed, "watch_every": 0, "view_size": VIEW_SIZE}
    run = selftaught.pretrain("simclr", where(data), folder, recipe=RECIPES[data], settings=settings)
    saved, seen = run.encoder(), run.record.steps * run.record.settings["training"]["batch_size"]
    return knn(saved.encoder, saved.preprocessing, *_parts(data)), seen


def lightly(data: str, minutes: float, seed: int) -> tuple[float, float]:
    """kNN, and images seen; its transform normalises as ImageNet's users do, and so does what reads the images."""
    torch.manual_seed(seed)
    source, test = _parts(data, channels=3)
    pixels = source.batch(range(len(source))).pixels.permute(0, 2, 3, 1).contiguous().numpy()
    network = SmallResNet(channels=3, image_size=pixels.shape[1])
    steps = train_for(
        60 * minutes,
        network,
        network.width,
        pixels,
        batch_size=BATCH,
        workers=WORKERS,
        precision="bf16-mixed",
    )
    preprocessing = Preprocessing(pixels.shape[1], 3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    return knn(network.eval(), preprocessing, source, test), steps * BATCH


CONTESTANTS: dict[str, Callable[[str, float, int], tuple[float, float]]] = {"ours": ours, "lightly": lightly}


def main() -> None:
    """Measure what is missing, and write after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--data", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--only", choices=CONTESTANTS, help="one of the two")
    options = parser.parse_args()
    document: Any = read(DOCUMENT)
    runs = [run for run in document.get("runs", []) if run.get("view_size") in (None, VIEW_SIZE)]
    for seed in range(options.seeds):
        for data in options.data:
            for name in [options.only] if options.only else CONTESTANTS:
                asked = {"who": name, "data": data, "minutes": options.minutes, "seed": seed}
                asked |= {"view_size": VIEW_SIZE} if name == "ours" else {}
                if any({key: run.get(key) for key in asked} == asked for run in runs):
                    continue
                accuracy, images = CONTESTANTS[name](data, options.minutes, seed)
                runs.append({**asked, "knn": accuracy, "images_seen": images, **origin()})
                print(f"{data}, {name}: kNN {100 * accuracy:.1f} after {images:,} images", flush=True)
                found = {"task": TASK, "accuracies": accuracies(runs, options.minutes), "runs": runs}
                write(DOCUMENT, {**found, **origin()})


def accuracies(runs: list[Any], minutes: float) -> dict[str, dict[str, dict[str, object]]]:
    """By data and contestant, over seeds."""
    found: dict[str, dict[str, list[float]]] = {}
    for run in runs:
        if run["minutes"] == minutes:
            found.setdefault(run["data"], {}).setdefault(run["who"], []).append(run["knn"])
    return {data: {who: spread(values) for who, values in each.items()} for data, each in found.items()}


def _parts(data: str, channels: int | None = None) -> tuple[Source, Source]:
    images = open_images(where(data), channels=channels)
    return images.train, images.test


def _read(encoder: nn.Module, preprocessing: Preprocessing, part: Source) -> tuple[torch.Tensor, torch.Tensor]:
    vectors = extract(encoder, preprocessing, part)
    return vectors, torch.as_tensor(part.labels)


if __name__ == "__main__":
    main()
