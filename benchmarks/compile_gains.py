"""What does `--compile` gain, method by method?

A short run of each method with `--compile`, on the images of the package: the run itself times steps with and without
it, one after the other, and keeps the ratio in run.json. Methods differ in what they ask their encoder for: vectors,
vectors of places, visible patches, states before each pixel. The numbers go to results/compile_gains.json.
"""

import argparse
import shutil
from collections.abc import Mapping
from typing import Any

import torch
from record import RESULTS, ROOT, origin, read, spread, write

import selftaught

DOCUMENT, FOLDER = RESULTS / "compile_gains.json", ROOT / "runs" / "compile_gains"
QUESTION = "What does --compile gain, method by method?"
RESNET = {"encoder.name": "small_resnet", "encoder.features": 32}
METHODS: Mapping[str, Mapping[str, Any]] = {
    "simclr": RESNET,
    "byol": RESNET,
    "cpc_images": RESNET | {"batch_size": 64},
    "vae": RESNET,
    "dino": {"encoder.name": "small_vit"},
    "mae": {},
    "amdim": {"batch_size": 64},
    "pixelcnn": {"batch_size": 32},
}


def measure(method: str, precision: str) -> float:
    """How many times as fast a step is."""
    settings = {"batch_size": 128, "epochs": 0.02, "warmup_epochs": 0, "watch_every": 0, "precision": precision}
    folder = FOLDER / f"{method}-{precision}"
    shutil.rmtree(folder, ignore_errors=True)
    run = selftaught.pretrain(
        method, "fashion-mnist-10k", folder, settings=settings | METHODS[method] | {"compile": True}
    )
    gain = run.record.compile_gain
    if gain is None:
        raise SystemExit("expected a run that was compiled")
    return gain


def main() -> None:
    """Measure what is missing, and write after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for method in options.methods:
        for precision in ("bfloat16", "float32"):
            rows: list[Any] = list(read(DOCUMENT).get("rows", []))
            if any((row["method"], row["precision"]) == (method, precision) for row in rows):
                continue
            gain = spread([measure(method, precision) for _ in range(options.repeats)])
            rows.append({"method": method, "precision": precision, "gain": gain, **origin()})
            rows.sort(key=lambda row: (list(METHODS).index(row["method"]), row["precision"]))
            write(DOCUMENT, {"question": QUESTION, "rows": rows, **origin()})
            print(f"{method} in {precision}: {gain['mean']:.2f} times as fast", flush=True)


if __name__ == "__main__":
    main()
