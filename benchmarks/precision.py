"""Does an encoder that was trained in bfloat16 know less than one trained in float32?

SimCLR with this project's recipe on the images of the package (8,000 of Fashion-MNIST to learn from, 2,000 to be tested
on, all from its training part), once in each precision with every seed: the same start, the same items and draws.
The runs stand in runs/precision with the page of `selftaught ablate`; what is finished there is not run again.
"""

import argparse

from record import RESULTS, ROOT, origin, write

import selftaught

FIGURES = ("kNN accuracy", "linear accuracy with 100 labels", "linear accuracy with all labels", "items a second")
TASK = "SimCLR in two precisions, the small ResNet, Fashion-MNIST (10,000 images of its training part)."


def main() -> None:
    """Train, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    board = selftaught.ablate(
        "simclr",
        "fashion-mnist-10k",
        ROOT / "runs" / "precision",
        vary={"precision": ["float32", "bfloat16"]},
        seeds=options.seeds,
        settings={"epochs": options.epochs, "watch_every": 0},
        protocols="knn,linear",
        device="cpu",
        tell=lambda words: print(words, flush=True),
    )
    if board is None:
        raise SystemExit("expected a leaderboard")
    rows = {
        row["name"]: {name: row["figures"][name] for name in FIGURES if name in row["figures"]} for row in board["rows"]
    }
    between = [pair for pair in board["pairs"] if pair["question"] == "between"]
    found = {"task": TASK, "epochs": options.epochs, "seeds": options.seeds, "rows": rows, "between": between}
    write(RESULTS / "precision.json", {**found, "rule": board["rule"], **origin()})
    for pair in between:
        low, high = (f"{100 * bound:+.1f}" for bound in pair["interval"])
        gap = f"{100 * pair['difference']:+.1f} points ({low} to {high})"
        print(f"{pair['figure']}: {pair['first']} {gap} beside {pair['second']}, real: {pair['real']}", flush=True)


if __name__ == "__main__":
    main()
