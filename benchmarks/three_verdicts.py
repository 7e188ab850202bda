"""What does `selftaught evaluate` say of a collapsed, an undertrained and a good run of one method?

MoCo on CIFAR-10 with its recipe, three times: at a thousand times its learning rate, stopped within its warm-up, and
for its whole length. Probes learn from the first 5,000 training images and are tested on the first 2,000 test
images. The verdicts are kept as they are printed. What is measured already is not measured again.
"""

import argparse
import shutil
from typing import Any

from evidence import settings_of, where
from record import RESULTS, ROOT, origin, read, write

import selftaught
from selftaught.data import open_images

DOCUMENT = RESULTS / "three_verdicts.json"
QUESTION = "What is said of a collapsed, an undertrained and a good run of the same method?"
METHOD, RECIPE, PROBED, TESTED = "moco", "moco_v2_cifar10", range(5_000), range(2_000)

RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "collapsed": (
        "a thousand times the recipe's learning rate",
        {"epochs": 0.06, "learning_rate": 3.0, "warmup_epochs": 0},
    ),
    "undertrained": ("23 steps, all within the warm-up", {"epochs": 0.06, "warmup_epochs": 0.058}),
    "good": ("the recipe as it is", {}),
}
"""By what is expected: what the run is, in words, and what it changes of the recipe."""


def measure(name: str, seed: int) -> dict[str, Any]:
    """Pre-train and evaluate one run."""
    told, changes = RUNS[name]
    images = open_images(where("cifar10"))
    folder = ROOT / "runs" / "verdicts" / name
    shutil.rmtree(folder, ignore_errors=True)
    settings = {**changes, "seed": seed, "watch_every": 0, "log_every": 1}
    run = selftaught.pretrain(METHOD, images.train, folder, recipe=RECIPE, settings=settings)
    found = selftaught.evaluate(run, images.train.take(PROBED), images.test.take(TESTED))
    return {
        "name": name,
        "told": told,
        "recipe": RECIPE,
        "settings": settings_of(RECIPE) | settings,
        "steps": run.record.steps,
        "train_seconds": run.record.seconds,
        **{key: found[key] for key in ("outcome", "verdict", "protocols", "controls", "label_free", "items")},
        **origin(),
    }


def main() -> None:
    """Measure what is missing, and write after every run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="measure again what is there already")
    options = parser.parse_args()
    done: list[dict[str, Any]] = list(read(DOCUMENT).get("runs", []))
    for name in options.only:
        if not options.again and any(run["name"] == name for run in done):
            print(f"{name}: measured already", flush=True)
            continue
        result = measure(name, options.seed)
        done = [run for run in done if run["name"] != name] + [result]
        done.sort(key=lambda run: list(RUNS).index(run["name"]))
        last = {key: result[key] for key in ("command", "commit", "date", "machine", "versions")}
        write(DOCUMENT, {"question": QUESTION, "runs": done, **last})
        print(f"{name} ({RUNS[name][0]}): {result['outcome']}. {result['verdict']}", flush=True)


if __name__ == "__main__":
    main()
