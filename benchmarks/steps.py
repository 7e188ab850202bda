"""What does a step cost beside its encoder alone, and beside SimCLR's? And extraction beside the forward pass?

SimCLR with ResNet-18 (small-image stem) and with the small ResNet, MoCo and BYOL with the small ResNet: Fashion-MNIST
as RGB, 28x28, batches of 256, defaults otherwise, by `selftaught profile`. The encoder alone is its forward and
backward pass over the same views in the same precision. Repeats take turns.
"""

import argparse
import time
from typing import Any

import torch
from record import RESULTS, origin, spread, write

from selftaught.data import open_images
from selftaught.encoders import Preprocessing, SmallResNet
from selftaught.extraction import extract
from selftaught.runs.planning import plan_run
from selftaught.runs.profiling import Profile, profile_plan

IMAGES = "fashion-mnist-10k"
STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "SimCLR, ResNet-18": ("simclr", {"encoder": "resnet18", "encoder.stem": "small"}),
    "SimCLR, small ResNet": ("simclr", {}),
    "MoCo, small ResNet": ("moco", {"queue": 4_096}),
    "BYOL, small ResNet": ("byol", {}),
}
BESIDE = "SimCLR, small ResNet"


def step(method: str, changes: dict[str, Any]) -> Profile:
    """A step of a method, measured."""
    settings = {"batch_size": 256, "channels": 3, "device": "cpu", **changes}
    return profile_plan(plan_run(method, IMAGES, "runs/none", settings=settings))


def share_of_forward() -> float:
    """How near the extraction of 8,000 images is to the forward passes that it cannot do without."""
    source = open_images(IMAGES, channels=3).train
    encoder = SmallResNet(channels=3, image_size=28).eval().to(memory_format=torch.channels_last)
    preprocessing = Preprocessing(28, 3, (0.5,) * 3, (0.5,) * 3)
    batch = preprocessing(source.batch(range(128))).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        encoder(batch)
        begin = time.perf_counter()
        for _ in range(len(source) // 128):
            encoder(batch)
        alone = (time.perf_counter() - begin) / (len(source) // 128 * 128)
    begin = time.perf_counter()
    extract(encoder, preprocessing, source, precision=torch.bfloat16)
    return alone * len(source) / (time.perf_counter() - begin)


def main() -> None:
    """Measure all in turn, several times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    found: dict[str, list[Profile]] = {name: [] for name in STEPS}
    extraction: list[float] = []
    for _ in range(options.repeats):
        for name, (method, changes) in STEPS.items():
            found[name].append(step(method, changes))
            last = found[name][-1]
            told = f"{last.items_per_second:.0f} images/s, {last.share_of_encoder:.2f} of its encoder's speed"
            print(f"{name}: {told}", flush=True)
        extraction.append(share_of_forward())
        print(f"extraction: {extraction[-1]:.2f} of the forward pass", flush=True)
    steps = {
        name: {
            "images_per_second": spread([each.items_per_second for each in profiles]),
            "share_of_encoder": spread([each.share_of_encoder for each in profiles]),
            "times_simclr": spread(
                [
                    each.seconds_per_step / beside.seconds_per_step
                    for each, beside in zip(profiles, found[BESIDE], strict=True)
                ]
            ),
            "seconds": {part: spread([each.seconds[part] for each in profiles]) for part in profiles[0].seconds},
        }
        for name, profiles in found.items()
    }
    task = "A step on RGB images of 28x28 in batches of 256, beside its encoder alone and beside SimCLR's step."
    write(RESULTS / "steps.json", {"task": task, "steps": steps, "extraction": spread(extraction), **origin()})


if __name__ == "__main__":
    main()
