"""Which share of a run's time do looks at the encoder take, and what would the same run take without them?

SimCLR on the packaged images, with every setting of the demo's recipe but the epochs. The interval is the one that the
run chooses by itself. Watched and unwatched runs take turns; the share is the one that `run.json` gives.
"""

import argparse
import tempfile
from pathlib import Path

from record import RESULTS, origin, spread, write

from selftaught.runs.planning import plan_run
from selftaught.runs.pretraining import train_plan
from selftaught.runs.record import Record


def trained(epochs: float, *, watched: bool) -> Record:
    """The record of a run."""
    settings = {"epochs": epochs, "watch_every": None if watched else 0}
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_run("simclr", None, Path(folder) / "run", recipe="simclr_fashion_mnist_10k", settings=settings)
        return train_plan(plan, report=False).record


def main() -> None:
    """Measure watched and unwatched runs in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=float, default=4.5)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    shares: list[float] = []
    seconds: dict[str, list[float]] = {"watched": [], "unwatched": []}
    looks: list[int] = []
    for _ in range(options.repeats):
        record = trained(options.epochs, watched=True)
        shares.append(record.watched["share_of_time"])
        looks.append(record.watched["looks"])
        seconds["watched"].append(record.seconds)
        seconds["unwatched"].append(trained(options.epochs, watched=False).seconds)
        print(f"{looks[-1]} looks, {100 * shares[-1]:.1f} % of {record.seconds:.0f} s", flush=True)
    task = f"SimCLR's demo recipe at {options.epochs:g} epochs, watched at its own interval, and not watched."
    document = {"task": task, "share_of_time": spread(shares), "looks": spread(looks)}
    write(
        RESULTS / "watching_cost.json",
        {**document, "seconds": {name: spread(values) for name, values in seconds.items()}, **origin()},
    )


if __name__ == "__main__":
    main()
