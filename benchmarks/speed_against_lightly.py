"""How fast is SimCLR trained, beside lightly run the way its users run it?

ResNet-18 with the small-image stem, Fashion-MNIST as RGB, 28x28, batches of 256, projector 512-2048-128; lightly with
Lightning, its PIL transform and two workers, in its float32 default and in bf16-mixed; selftaught with its defaults,
with `--compile`, and in float32. Every measurement is a process of its own, and the contestants take turns, so that
what else the machine does falls on all alike. Counted are the steps after a warm-up that is longer than what the
workers prepare ahead.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from record import RESULTS, origin, spread, write

BATCH_SIZE, WORKERS, IMAGE_SIZE = 256, 2, 28
CONTESTANTS = {
    "lightly": "lightly 1.6, Lightning, float32 (its default)",
    "lightly-bf16": "lightly 1.6, Lightning, bf16-mixed",
    "selftaught": "selftaught, default precision",
    "selftaught-compiled": "selftaught, default precision, `--compile`",
    "selftaught-float32": "selftaught, float32",
}
BESIDE = "lightly"


def lightly_times(steps: int, precision: str) -> list[float]:
    """When each step of lightly's training ended."""
    from lightly_simclr import step_times

    from selftaught.data import open_images

    source = open_images("fashion-mnist-10k", channels=3).train
    pixels = source.batch(range(len(source))).pixels.permute(0, 2, 3, 1).contiguous().numpy()
    return step_times(pixels, steps=steps, batch_size=BATCH_SIZE, workers=WORKERS, precision=precision)


def our_times(steps: int, precision: str, *, compiles: bool) -> list[float]:
    """When each step of our training ended; what compiling takes comes before the first."""
    from selftaught.data import open_images
    from selftaught.encoders import TimmEncoder
    from selftaught.methods import SimCLR
    from selftaught.training import TrainingSettings, train
    from selftaught.views import TwoViews

    times: list[float] = []

    def watch(step: int, row: Mapping[str, float]) -> None:
        times.append(time.perf_counter())

    source = open_images("fashion-mnist-10k", channels=3).train
    method = SimCLR(TimmEncoder("resnet18", channels=3, image_size=IMAGE_SIZE, stem="small"))
    settings = TrainingSettings(batch_size=BATCH_SIZE, precision=precision, compile=compiles, log_every=1)
    with tempfile.TemporaryDirectory() as folder:
        views = TwoViews(image_size=IMAGE_SIZE)
        train(method, source, views, settings, folder=Path(folder), total_steps=steps, watchers=[watch])
    return times


def images_per_second(contestant: str, warmup_steps: int, steps: int) -> float:
    """Measure one contestant in this process."""
    total = warmup_steps + steps
    if contestant.startswith("lightly"):
        times = lightly_times(total, "bf16-mixed" if contestant.endswith("bf16") else "32-true")
    else:
        precision = "float32" if contestant.endswith("float32") else "auto"
        times = our_times(total, precision, compiles=contestant.endswith("compiled"))
    return BATCH_SIZE * steps / (times[total - 1] - times[warmup_steps - 1])


def main() -> None:
    """Let the contestants take turns, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warmup-steps", type=int, default=5)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=CONTESTANTS, help="measure one contestant once, in this process")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(images_per_second(options.only, options.warmup_steps, options.steps)))
        return
    rates: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for repeat in range(options.repeats):
        for name in CONTESTANTS:
            numbers = [f"--warmup-steps={options.warmup_steps}", f"--steps={options.steps}"]
            command = [sys.executable, __file__, "--only", name, *numbers]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            rates[name].append(float(done.stdout.splitlines()[-1]))
            print(f"{repeat + 1} of {options.repeats}: {name} {rates[name][-1]:.1f} images a second", flush=True)
    base = spread(rates[BESIDE])["mean"]
    contestants = [
        {"name": name, "title": CONTESTANTS[name], "images_per_second": found, "ratio": found["mean"] / base}
        for name, found in ((name, spread(values)) for name, values in rates.items())
    ]
    task = (
        f"SimCLR, ResNet-18 with the small-image stem, {IMAGE_SIZE}x{IMAGE_SIZE}x3, batch {BATCH_SIZE}; "
        f"{options.steps} steps after {options.warmup_steps}, {options.repeats} times in turn; "
        f"lightly with {WORKERS} workers."
    )
    write(RESULTS / "speed_against_lightly.json", {"task": task, "contestants": contestants, **origin()})
    for one in contestants:
        print(f"{one['title']}: {one['ratio']:.2f} times")


if __name__ == "__main__":
    main()
