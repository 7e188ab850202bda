"""How long does a user wait before anything happens?

The median over fresh processes, file caches warm: the command line's help, `import selftaught`, a method's help, and
from all being imported to the end of a training's first step.
"""

import argparse
import statistics
import subprocess
import sys
import time

from record import RESULTS, origin, write

# From "all imported" to "first step done", printed by the process itself.
FIRST_STEP = """
import tempfile, time
import lightning_fabric, timm, torch, torchvision
import selftaught.runs.pretraining

begin = time.perf_counter()
ends = []
with tempfile.TemporaryDirectory() as folder:
    selftaught.pretrain(
        "simclr",
        "fashion-mnist-10k",
        folder + "/run",
        recipe="simclr_fashion_mnist_10k",
        settings={"epochs": 1, "log_every": 1, "batch_size": 256},
        watchers=[lambda step, row: ends.append(time.perf_counter())],
    )
print(ends[0] - begin)
"""
FIRST_STEP_LIMIT = 5.0

COMMANDS = {
    "selftaught --help": ([sys.executable, "-m", "selftaught", "--help"], 0.5),
    "import selftaught": ([sys.executable, "-c", "import selftaught"], 0.5),
    "selftaught pretrain simclr --help": ([sys.executable, "-m", "selftaught", "pretrain", "simclr", "--help"], 2.5),
}


def seconds(command: list[str]) -> float:
    """How long a fresh process takes."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def first_step_seconds() -> float:
    """How long a fresh process takes from its imports to the end of its first training step."""
    done = subprocess.run([sys.executable, "-c", FIRST_STEP], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure each command several times, after once to warm the file caches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    found: dict[str, dict[str, object]] = {}
    for title, (command, limit) in COMMANDS.items():
        seconds(command)
        values = [seconds(command) for _ in range(options.repeats)]
        found[title] = {"median": statistics.median(values), "limit": limit, "values": values}
        print(f"{title}: {statistics.median(values):.2f} s (limit {limit} s)", flush=True)
    values = [first_step_seconds() for _ in range(max(1, options.repeats // 3))]
    found["first training step, after imports"] = {
        "median": statistics.median(values),
        "limit": FIRST_STEP_LIMIT,
        "values": values,
    }
    print(f"first training step: {statistics.median(values):.2f} s (limit {FIRST_STEP_LIMIT} s)", flush=True)
    write(RESULTS / "startup.json", {"seconds": found, **origin()})


if __name__ == "__main__":
    main()
