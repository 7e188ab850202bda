"""How long does the demo take, how much memory does it need, and what comes of it?

Runs `selftaught demo` as a user would, after everything is installed, in a process that tells its peak memory in the
end.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from record import RESULTS, origin, spread, write

HERE = Path(__file__).parent
RUN = """
import sys
from pathlib import Path

from peak_memory import peak_bytes
from selftaught.cli import main

status = main(sys.argv[2:])
Path(sys.argv[1]).write_text(str(peak_bytes()))
sys.exit(status)
"""


def measure(folder: Path) -> tuple[float, float, dict[str, Any]]:
    """Seconds, gibibytes, and the evaluation's JSON."""
    words = ["demo", "--out", str(folder)]
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", RUN, str(folder.parent / "peak"), *words], check=True, cwd=HERE)
    seconds = time.perf_counter() - begin
    gibibytes = int((folder.parent / "peak").read_text()) / 2**30
    return seconds, gibibytes, json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))


def main() -> None:
    """Run the demo several times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    seconds: list[float] = []
    memory: list[float] = []
    knn: list[float] = []
    linear: list[float] = []
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            taken, peak, found = measure(Path(folder) / "demo")
        ours, start = found["protocols"], found["controls"]["random_start"]
        seconds.append(taken)
        memory.append(peak)
        knn.append(100 * (ours["knn"]["accuracy"] - start["knn"]["accuracy"]))
        linear.append(100 * (ours["linear"]["100"]["mean"] - start["linear"]["100"]["mean"]))
        print(
            f"{taken:.0f} s, {peak:.2f} GiB, kNN {knn[-1]:+.1f}, linear with 100 labels {linear[-1]:+.1f} points",
            flush=True,
        )
    document = {
        "seconds": spread(seconds),
        "peak_memory_gib": spread(memory),
        "points_over_random_start": {"knn": spread(knn), "linear_100": spread(linear)},
        "evaluation": found,
    }
    write(RESULTS / "demo.json", {**document, **origin()})


if __name__ == "__main__":
    main()
