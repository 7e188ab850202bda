"""How many views a second are made, at 32 and 224 pixels, beside lightly's transform of PIL images in two workers?

Both with SimCLR's numbers, on decoded images, both free to use every core; repeats alternate between the two. Then one
thread makes views by itself and says where its time goes, beside what decoding a JPEG file of 500 x 375 pixels takes.
"""

import argparse
import io
import itertools
import time
from collections import defaultdict
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from lightly.transforms import SimCLRTransform
from lightly_simclr import PilImages
from PIL import Image
from record import RESULTS, origin, spread, write
from sklearn.datasets import load_sample_images
from torch import Tensor
from torch.utils.data import DataLoader

from selftaught.data.decode import decode
from selftaught.training import keep_freed_memory
from selftaught.views import Change, DrawnView, Draws, TwoViews

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


def parts(pixels: np.ndarray, size: int, batch_size: int, batches: int) -> dict[str, float]:
    """Microseconds of one thread for each view of `TwoViews`, by what they go to."""
    spent: defaultdict[str, float] = defaultdict(float)
    apply, crop, draw = Change.apply, DrawnView.crop, TwoViews.draw

    def timed_apply(change: Change, images: Tensor, rows: slice) -> Tensor:
        begin = time.perf_counter()
        changed = apply(change, images, rows)
        operation = getattr(change.operation, "func", change.operation)
        spent[operation.__name__.replace("_", " ")] += time.perf_counter() - begin
        return changed

    def timed_crop(view: DrawnView, *given: Any) -> Tensor:
        begin = time.perf_counter()
        cropped = crop(view, *given)
        spent["crop and resize"] += time.perf_counter() - begin
        return cropped

    def timed_draw(maker: TwoViews, *given: Any) -> DrawnView:
        begin = time.perf_counter()
        drawn = draw(maker, *given)
        spent["drawing random numbers"] += time.perf_counter() - begin
        return drawn

    threads, made = torch.get_num_threads(), 2 * batch_size * batches
    torch.set_num_threads(1)
    ours(pixels, size, batch_size, 1)
    timed = {Change: ("apply", timed_apply), DrawnView: ("crop", timed_crop), TwoViews: ("draw", timed_draw)}
    patches = [patch.object(kind, name, function) for kind, (name, function) in timed.items()]
    for each in patches:
        each.start()
    whole = made / ours(pixels, size, batch_size, batches)
    for each in patches:
        each.stop()
    torch.set_num_threads(threads)
    most_first = sorted(spent, key=lambda name: -spent[name])
    return {name: 1e6 * spent[name] / made for name in most_first} | {"all": 1e6 * whole / made}


def decoding(repeats: int = 50) -> float:
    """Microseconds of one thread to decode a JPEG file of 500 x 375 pixels."""
    held = io.BytesIO()
    Image.fromarray(load_sample_images().images[0][:375, :500]).save(held, "JPEG", quality=90)
    begin = time.perf_counter()
    for _ in range(repeats):
        decode(held.getvalue())
    return 1e6 * (time.perf_counter() - begin) / repeats


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
        measured: dict[str, object] = {who: spread(values) for who, values in rates.items()}
        measured["microseconds"] = parts(pixels, size, batch_size, options.batches)
        sizes.append({"image_size": size} | measured)
    task = "Views a second of SimCLR's two views of RGB photographs; the peer is lightly's PIL transform, two workers."
    jpeg = {"jpeg_decoding_microseconds": decoding()}
    write(RESULTS / "views.json", {"task": task, "sizes": sizes, **jpeg, **origin()})


if __name__ == "__main__":
    main()
