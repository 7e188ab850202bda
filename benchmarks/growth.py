"""Does the time for an image, or the memory, grow with the data? 10,000, 100,000 and 1,000,000 images of 32x32.

SimCLR with the small ResNet on a .npy file that is mapped, not read: Fashion-MNIST's images as RGB, over and over. Each
size is trained in a process of its own. What counts is the memory that it holds itself after the last step (what large
tensors leave is kept until then); the pages of the file that the system has mapped for it, by the megabyte if it likes,
and may take away at any time, are told beside it. The file of a million images takes 3 GB of disk while this runs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from record import RESULTS, origin, spread, write

import selftaught
from selftaught.data import open_images

SIZES, BATCH, SIDE = (10_000, 100_000, 1_000_000), 256, 32


def write_images(path: Path, count: int) -> None:
    """Training images of Fashion-MNIST in the middle of 32x32, three times over as colours, again and again."""
    small = open_images("fashion-mnist-10k").train
    whole = np.zeros((len(small), SIDE, SIDE, 3), dtype=np.uint8)
    whole[:, 2:30, 2:30] = small.batch(range(len(small))).pixels.numpy().transpose(0, 2, 3, 1)
    images = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(count, SIDE, SIDE, 3))
    for start in range(0, count, len(whole)):
        images[start : start + len(whole)] = whole[: count - start]
    images.flush()


def resident_gib(path: Path) -> dict[str, float]:
    """What this process holds itself, and the pages of a file that are mapped into it."""
    whole = mapped = 0
    name = ""
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if line.startswith("Rss:"):
            kib = int(line.split()[1])
            whole, mapped = whole + kib, mapped + kib * name.endswith(str(path.resolve()))
        elif not line.split()[0].endswith(":"):
            name = line
    return {"own_gib": (whole - mapped) / 2**20, "mapped_gib": mapped / 2**20}


def measure(path: Path, steps: int) -> dict[str, float]:
    """Train in this process."""
    begin, ends, held = time.perf_counter(), list[float](), dict[str, float]()

    def watch(step: int, row: Mapping[str, float]) -> None:
        ends.append(time.perf_counter())
        if len(ends) == steps:
            held.update(resident_gib(path))

    with tempfile.TemporaryDirectory() as folder:
        count = len(np.load(path, mmap_mode="r"))
        settings = {"epochs": (steps + 0.5) * BATCH / count, "batch_size": BATCH, "log_every": 1, "watch_every": 0}
        selftaught.pretrain("simclr", path, Path(folder, "run"), settings=settings, watchers=[watch])
    return {
        "seconds_to_first_step": ends[0] - begin,
        "images_per_second": BATCH * (len(ends) - 2) / (ends[-1] - ends[1]),
        **held,
    }


def main() -> None:
    """Measure every size several times in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--only", type=Path, help="measure one file in this process")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.steps)))
        return
    found: dict[int, list[dict[str, float]]] = {size: [] for size in SIZES}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            write_images(Path(folder, f"{size}.npy"), size)
        for _ in range(options.repeats):
            for size, runs in found.items():
                command = [
                    sys.executable,
                    __file__,
                    f"--steps={options.steps}",
                    "--only",
                    str(Path(folder, f"{size}.npy")),
                ]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                runs.append(json.loads(done.stdout.splitlines()[-1]))
                print(f"{size:,} images: {runs[-1]}", flush=True)
    sizes = [
        {"images": size} | {name: spread([run[name] for run in runs]) for name in runs[0]}
        for size, runs in found.items()
    ]
    task = f"SimCLR with the small ResNet on mapped RGB images of {SIDE}x{SIDE}, {options.steps} steps of {BATCH}."
    write(RESULTS / "growth.json", {"task": task, "sizes": sizes, **origin()})


if __name__ == "__main__":
    main()
