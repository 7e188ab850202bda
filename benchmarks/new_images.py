"""Are all kinds of clothes among the images that generative methods make?

Of every method of the board of pretext tasks and generative methods that makes images, and every seed: a thousand new
images beside Fashion-MNIST's test images, by pixels and by the vectors of an encoder that SimCLR has trained; and as
many training images beside the same, which is what true images reach. Runs are those that the boards have left in
runs/leaderboards/; the numbers go to results/new_images.json.

    python benchmarks/leaderboards.py joint_embedding --methods simclr --minutes-each 3 --seeds 1
    python benchmarks/leaderboards.py pretext_and_generative --minutes-each 3
    python benchmarks/new_images.py
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from evidence import where
from leaderboards import FAMILIES
from record import RESULTS, ROOT, origin, read, spread, write

import selftaught
from selftaught.core import silent
from selftaught.methods import METHODS
from selftaught.runs import open_run
from selftaught.runs.judging_samples import judge_samples

DOCUMENT, BOARDS = RESULTS / "new_images.json", ROOT / "runs" / "leaderboards"
QUESTION = "Are all kinds of clothes among the images that generative methods make?"
DATA, COUNT = "fashion-mnist", 1000
JUDGE = BOARDS / "joint_embedding" / "simclr-seed0"
FIGURES = ("precision", "recall", "coverage", "classes_hit", "class_divergence_nats")
MAKERS = [name for name in FAMILIES["pretext_and_generative"] if METHODS[name].samples_from]


def measure(method: str, seed: int) -> dict[str, Any]:
    """One run's images, by either judge."""
    run = open_run(BOARDS / "pretext_and_generative" / f"{method}-seed{seed}")
    pictures, data = selftaught.sample(run, where(DATA), count=COUNT, seed=seed).pictures, where(DATA)
    how: dict[str, Any] = {"label": None, "seed": seed, "strict": False, "tell": len, "track": silent}
    found: dict[str, Any] = {}
    for name, judge in {"pixels": None, "simclr": JUDGE}.items():
        compared = judge_samples(pictures, run, data, judge=judge, device=torch.device("cpu"), **how)
        found[name] = {"new": compared["new"], "true": compared["true"]}
    trained = {"minutes": run.record.values()["minutes"], "trained_at_commit": run.record.commit}
    return {"method": method, "seed": seed, **trained, "compared": found, **origin()}


def summarise(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean and deviation over seeds, by method and judge; "true" is what true images reach."""
    rows = {method: [run for run in runs if run["method"] == method] for method in dict.fromkeys(MAKERS)}
    every = {method: (each, "new") for method, each in rows.items() if each} | {"true": (list(runs), "true")}
    return {
        name: {
            judge: {figure: spread([run["compared"][judge][who][figure] for run in each]) for figure in FIGURES}
            for judge in ("pixels", "simclr")
        }
        for name, (each, who) in every.items()
    }


def main() -> None:
    """Measure each method and seed that is missing, and write after it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", choices=MAKERS, default=MAKERS)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    runs: list[Any] = list(read(DOCUMENT).get("runs", []))
    for method in options.methods:
        for seed in range(options.seeds):
            if any((run["method"], run["seed"]) == (method, seed) for run in runs):
                continue
            runs.append(found := measure(method, seed))
            runs.sort(key=lambda run: (MAKERS.index(run["method"]), run["seed"]))
            write(DOCUMENT, {"question": QUESTION, "summary_by_method": summarise(runs), "runs": runs, **origin()})
            new = found["compared"]["simclr"]["new"]
            print(f"{method}, seed {seed}: coverage {new['coverage']:.3f}, {new['classes_hit']} classes", flush=True)


if __name__ == "__main__":
    main()
