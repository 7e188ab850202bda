"""Does each method learn on real data?

Pre-trains every method that has a recipe for Fashion-MNIST or CIFAR-10 with it, for three seeds, evaluates each encoder
beside its random start and the raw input, and keeps the numbers in results/learns.json. Probes learn from 10,000 of the
training images, and are tested on all test images. What is there already is measured again only if its recipe has
changed, so that a run of hours can be stopped and continued.

CIFAR-10 is read from the folder `cifar10` in SELFTAUGHT_BENCH_DATA, where that is set, else from torchvision.
"""

import argparse
import json
import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from record import RESULTS, ROOT, origin, read, spread, write

import selftaught
from selftaught.data import open_images
from selftaught.methods import METHODS
from selftaught.recipes import find_recipe, recipe_names

DOCUMENT = RESULTS / "learns.json"
DATA = ("fashion-mnist", "cifar10")
PROBE_IMAGES = 10_000  # the first so many training images, with labels, are what the probes learn from
QUESTION = "Does each method's encoder beat its own random start on real data?"


def recipe_for(method: str, data: str) -> str | None:
    """The one recipe of a method for a data set; None if it has none."""
    found = [name for name in recipe_names() if (find_recipe(name).method, find_recipe(name).data) == (method, data)]
    if len(found) > 1:
        raise SystemExit(f"expected one recipe of {method} for {data}, found {found}")
    return found[0] if found else None


def where(data: str) -> str:
    """What `--data` is for a data set on this machine."""
    folder = os.environ.get("SELFTAUGHT_BENCH_DATA")
    local = Path(folder) / data if folder else None
    return str(local) if local and local.exists() else data


def settings_of(recipe: str) -> dict[str, Any]:
    """A recipe's numbers as JSON keeps them."""
    return json.loads(json.dumps(dict(find_recipe(recipe).settings)))


def measure(recipe: str, method: str, data: str, seed: int, folder: Path) -> dict[str, Any]:
    """Pre-train and evaluate once."""
    images = open_images(where(data))
    run = selftaught.pretrain(method, images.train, folder, recipe=recipe, settings={"seed": seed})
    begin = time.perf_counter()
    found = selftaught.evaluate(run, images.train.take(range(PROBE_IMAGES)), images.test)
    record = run.record
    return {
        "method": method,
        "data": data,
        "seed": seed,
        "recipe": recipe,
        "settings": settings_of(recipe),
        "encoder": record.encoder["name"],
        "epochs": record.values()["epochs"],
        "steps": record.steps,
        "precision": record.precision,
        "train_seconds": record.seconds,
        "images_per_second": record.steps * record.values()["batch_size"] / record.seconds,
        "evaluate_seconds": time.perf_counter() - begin,
        **{name: found[name] for name in ("protocols", "controls", "verdict", "items", "energy")},
        **origin(),
    }


def summarise(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Mean and deviation over seeds for each method and data set."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for run in sorted(runs, key=lambda run: (DATA.index(run["data"]), list(METHODS).index(run["method"]), run["seed"])):
        groups.setdefault((run["method"], run["data"]), []).append(run)
    return [_summary(group) for group in groups.values()]


def _summary(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    last = max(group, key=lambda run: run["date"])
    same = ("method", "data", "recipe", "encoder", "epochs", "command", "commit", "date", "machine", "versions")
    starts = [run["controls"]["random_start"] for run in group]
    return {
        **{name: last[name] for name in same},
        "seeds": [run["seed"] for run in group],
        "items": last["items"],
        "train_seconds": spread([run["train_seconds"] for run in group]),
        "images_per_second": spread([run["images_per_second"] for run in group]),
        **_over_seeds([run["protocols"] for run in group]),
        "controls": {
            name: _over_seeds([run["controls"][name] for run in group]) for name in ("random_start", "raw_input")
        },
        "gain_over_random_start": _over_seeds(
            [_difference(run["protocols"], start) for run, start in zip(group, starts, strict=True)]
        ),
    }


def _over_seeds(protocols: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    budgets = [name for name, score in protocols[0]["linear"].items() if score["mean"] is not None]
    return {
        "knn": spread([one["knn"]["accuracy"] for one in protocols]),
        "linear": {name: spread([one["linear"][name]["mean"] for one in protocols]) for name in budgets},
    }


def _difference(ours: Mapping[str, Any], control: Mapping[str, Any]) -> dict[str, Any]:
    linear = {
        name: {"mean": score["mean"] - control["linear"][name]["mean"]}
        for name, score in ours["linear"].items()
        if score["mean"] is not None
    }
    return {"knn": {"accuracy": ours["knn"]["accuracy"] - control["knn"]["accuracy"]}, "linear": linear}


def main() -> None:
    """Measure what is missing, and write after every run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--seed", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--again", action="store_true", help="measure again what is there already")
    options = parser.parse_args()
    kept: list[dict[str, Any]] = read(DOCUMENT).get("runs", [])
    recipes = {(data, method): recipe_for(method, data) for data in options.data for method in options.method}
    wanted = [(*pair, seed, recipe) for seed in options.seed for pair, recipe in recipes.items() if recipe]
    for number, (data, method, seed, recipe) in enumerate(wanted, 1):
        title = f"{number} of {len(wanted)}: {method} on {data}, seed {seed}"
        same = [run for run in kept if (run["data"], run["method"], run["seed"]) == (data, method, seed)]
        if not options.again and any((run["recipe"], run["settings"]) == (recipe, settings_of(recipe)) for run in same):
            print(f"{title}: measured already", flush=True)
            continue
        print(f"{title} ...", flush=True)
        folder = ROOT / "runs" / "evidence" / f"{method}-{data}-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        result = measure(recipe, method, data, seed, folder)
        kept = read(DOCUMENT).get("runs", [])  # another process may have written since
        kept = [run for run in kept if (run["data"], run["method"], run["seed"]) != (data, method, seed)] + [result]
        write(DOCUMENT, {"question": QUESTION, "summary": summarise(kept), "runs": kept})
        print(f"{title}: {result['verdict']} ({result['train_seconds']:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
