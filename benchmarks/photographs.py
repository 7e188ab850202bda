"""How many views a second come from a folder of JPEG files, without and with the cache, beside lightly's two workers?

Files of 500 x 375 pixels, views of 224, SimCLR's numbers. The set is treated as one too large for the memory, so that
every batch is read from the files, or from the cache, while the views of the batch before are made. Repeats
alternate between the three. What is read is in the page cache of the machine for all of them.
"""

import argparse
import itertools
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from lightly.transforms import SimCLRTransform
from PIL import Image
from record import RESULTS, origin, spread, write
from sklearn.datasets import load_sample_images
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

from selftaught.core import Source
from selftaught.data import open_images, survey
from selftaught.training import Order, keep_freed_memory
from selftaught.training.batches import Batches
from selftaught.views import Draws, TwoViews

SIZE, WIDTH, HEIGHT, BATCH = 224, 500, 375, 64


def write_files(folder: Path, count: int) -> None:
    """Pieces of scikit-learn's two photographs, mirrored at random, as JPEG files of quality 90 in one class."""
    photos = load_sample_images().images  # 427 x 640
    random = np.random.default_rng(0)
    (folder / "photos").mkdir(parents=True)
    for row in range(count):
        photo = photos[row % len(photos)]
        top, left = random.integers(photo.shape[0] - HEIGHT), random.integers(photo.shape[1] - WIDTH)
        piece = photo[top : top + HEIGHT, left : left + WIDTH]
        Image.fromarray(piece[:, :: random.choice([-1, 1])]).save(folder / "photos" / f"{row:05}.jpg", quality=90)


def ours(source: Source, batches: int) -> float:
    """Views a second of `TwoViews`, batches being read ahead as in training."""
    make_views, order = TwoViews(image_size=SIZE), Order(items=len(source), batch_size=BATCH, seed=0)
    with Batches(source, order, torch.device("cpu"), batches + 1) as read:
        items, index = read.at(0)
        make_views(items, index=index, draws=Draws.at(0, 0, batch=BATCH))
        begin = time.perf_counter()
        for step in range(1, batches + 1):
            items, index = read.at(step)
            make_views(items, index=index, draws=Draws.at(0, step, batch=BATCH))
        return 2 * BATCH * batches / (time.perf_counter() - begin)


def lightly(folder: Path, batches: int) -> float:
    """Views a second of lightly's transform in two workers, their start and first batches not counted."""
    dataset = ImageFolder(str(folder), SimCLRTransform(input_size=SIZE))
    loader = DataLoader(dataset, batch_size=BATCH, num_workers=2, drop_last=True, shuffle=True)
    endless = itertools.chain.from_iterable(itertools.repeat(loader))
    for _ in range(4):  # what the workers prepare ahead
        next(endless)
    begin = time.perf_counter()
    for _ in itertools.islice(endless, batches):
        pass
    return 2 * BATCH * batches / (time.perf_counter() - begin)


def main() -> None:
    """Measure the three several times in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1024)
    parser.add_argument("--batches", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    keep_freed_memory()  # as training does
    rates: dict[str, list[float]] = {"peer": [], "files": [], "cache": []}
    with tempfile.TemporaryDirectory() as folder:
        files, kept = Path(folder, "files"), Path(folder, "kept")
        write_files(files, options.files)
        survey.MEMORY_BYTES = 0
        opened: dict[str, Source] = {"files": open_images(files, image_size=SIZE).train}
        seconds: list[float] = []
        for _ in range(2):
            begin = time.perf_counter()
            opened["cache"] = open_images(files, image_size=SIZE, cache=kept).train
            seconds.append(time.perf_counter() - begin)
        for _ in range(options.repeats):
            rates["peer"].append(lightly(files, options.batches))
            for name, source in opened.items():
                rates[name].append(ours(source, options.batches))
            print(
                ", ".join(f"{name} {values[-1]:,.0f}" for name, values in rates.items()), "views a second", flush=True
            )
        size = sum(path.stat().st_size for path in kept.iterdir()) / options.files
    ratios = {
        name: spread([one / peer for one, peer in zip(rates[name], rates["peer"], strict=True)]) for name in opened
    }
    task = (
        f"Views a second of {SIZE} pixels from {options.files} JPEG files of {WIDTH} x {HEIGHT}; "
        "the peer is lightly's PIL transform in two workers."
    )
    found = {
        "task": task,
        "views_per_second": {name: spread(values) for name, values in rates.items()},
        "times_as_fast": ratios,
        "seconds_to_open": {"first": seconds[0], "again": seconds[1]},
        "cache_bytes_an_image": size,
    }
    write(RESULTS / "photographs.json", {**found, **origin()})
    print({name: round(ratio["mean"], 2) for name, ratio in ratios.items()}, seconds)


if __name__ == "__main__":
    main()
