"""How many views a second are made, at 32 and 224 pixels, beside lightly's transform of PIL images in two workers?

Both with SimCLR's numbers, on decoded images, both free to use every core; repeats alternate between the two.
"""

import argparse
import itertools
import time

import numpy as np
import torch
from lightly.transforms import SimCLRTransform
from lightly_simclr import PilImages
from record import RESULTS, origin, spread, write
from sklearn.datasets import load_sample_images
from torch.utils.data import DataLoader

from selftaught.training import keep_freed_memory
from selftaught.views import Draws, TwoViews

# image size, side of the stored images, images in a batch
SIZES = ((32, 32, 256), (224, 256, 64))


def photographs(count: int, side: int) -> np.ndarray:
    """Square pieces of scikit-learn's two photographs: (count, side, side, 3)."""
    photos = load_sample_images().images  # 427 x 640
    random = np.random.default_rng(0)
    pieces: list[np.ndarray] = []
    for row in range(count):
        photo = photos[row % len(photos)]
        top, left = random.integers(photo.shape[0] - side), random.integers(photo.shape[1] - side)
        pieces.append(photo[top : top + side, left : left + side])
    return np.stack(pieces)


def ours(pixels: np.ndarray, size: int, batch_size: int, batches: int) -> float:
    """Views a second of `TwoViews`."""
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    make_views = TwoViews(image_size=size)
    make_views(images[:batch_size], draws=Draws.at(0, batch=batch_size))
    begin = time.perf_counter()
    for step in range(batches):
        rows = torch.arange(step * batch_size, (step + 1) * batch_size) % len(images)
        make_views(images[rows], draws=Draws.at(0, step, batch=batch_size))
    return 2 * batch_size * batches / (time.perf_counter() - begin)


def lightly(pixels: np.ndarray, size: int, batch_size: int, batches: int) -> float:
    """Views a second of lightly's transform, the workers' start and their first batches not counted."""
    endless = np.concatenate([pixels] * (1 + (batches + 8) * batch_size // len(pixels)))
    dataset = PilImages(endless, SimCLRTransform(input_size=size))
    loader = iter(DataLoader(dataset, batch_size=batch_size, num_workers=2, drop_last=True))
    for _ in range(4):  # what the workers prepare ahead
        next(loader)
    begin = time.perf_counter()
    for _ in itertools.islice(loader, batches):
        pass
    return 2 * batch_size * batches / (time.perf_counter() - begin)


def main() -> None:
    """Measure both at every size, several times in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    keep_freed_memory()  # as training does
    sizes: list[dict[str, object]] = []
    for size, side, batch_size in SIZES:
        pixels = photographs(4 * batch_size, side)
        rates: dict[str, list[float]] = {"ours": [], "peer": []}
        for _ in range(options.repeats):
            rates["ours"].append(ours(pixels, size, batch_size, options.batches))
            rates["peer"].append(lightly(pixels, size, batch_size, options.batches))
            print(
                f"{size} px: ours {rates['ours'][-1]:,.0f}, lightly {rates['peer'][-1]:,.0f} views a second", flush=True
            )
        sizes.append({"image_size": size} | {who: spread(values) for who, values in rates.items()})
    task = "Views a second of SimCLR's two views of RGB photographs; the peer is lightly's PIL transform, two workers."
    write(RESULTS / "views.json", {"task": task, "sizes": sizes, **origin()})


if __name__ == "__main__":
    main()
