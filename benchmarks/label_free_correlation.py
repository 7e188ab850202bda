"""Which figure without labels says how good an encoder is?

Trains many short runs on CIFAR-10, methods x settings from bad to good, and sets every figure that needs no labels
against the accuracy of linear probes. Each method's own recipe for CIFAR-10 is the starting point; every run changes
something. What is measured already is not measured again, so that the whole can be stopped and continued; the
correlations, the table and the drawing are made anew after every run.

The encoders learn from training images 10,000 to 20,000; probes learn from the first 5,000, of which the figures are,
too; the test are the first 2,500 test images. Alignment and LiDAR are taken twice: with the run's own views, as
`selftaught evaluate` does, and with the same views for all runs.
"""

import argparse
import csv
import json
import shutil
import statistics
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from correlations import correlations, draw
from evidence import where
from record import RESULTS, ROOT, origin, read, write

from selftaught.data import ImageSplits, open_images
from selftaught.evaluation import energy_areas, evaluate_vectors, label_free, own_task, silhouettes, view_figures
from selftaught.extraction import extract
from selftaught.recipes import find_recipe
from selftaught.runs.opening import Run
from selftaught.runs.planning import plan_run
from selftaught.runs.pretraining import train_plan
from selftaught.runs.rebuilding import methods_of, settings_of, views_of
from selftaught.views import TwoViews

DOCUMENT = RESULTS / "label_free_correlation.json"
DRAWING = ROOT / "docs" / "images" / "label_free_correlation.svg"
QUESTION = "Which figure without labels goes along with the accuracy of linear probes?"
LEARNED, PROBED, TESTED = range(10_000, 20_000), range(5_000), range(2_500)

SHORT: dict[str, dict[str, Any]] = {
    "simclr": {"recipe": "simclr_cifar10", "epochs": 0.8, "warmup_epochs": 0.1},
    "moco": {"recipe": "moco_v2_cifar10", "epochs": 0.8, "warmup_epochs": 0.1, "queue": 1024},
    "byol": {"recipe": "byol_cifar10", "epochs": 0.8, "warmup_epochs": 0.1},
    "deepcluster": {"recipe": "deepcluster_fashion_mnist", "epochs": 1},
    "mae": {"recipe": "mae_cifar10", "epochs": 0.4, "warmup_epochs": 0.05},
}
"""What every run of a method has in common: its recipe, shortened."""

RUNS: dict[str, dict[str, dict[str, Any]]] = {
    "simclr": {
        "recipe": {},
        "a quarter as long": {"epochs": 0.2},
        "twice as long": {"epochs": 1.6},
        "temperature 0.5": {"temperature": 0.5},
        "temperature 20": {"temperature": 20.0},
        "crops of nearly everything": {"crop_scale": (0.9, 1.0)},
        "colours unchanged": {"colour_probability": 0.0, "grey_probability": 0.0},
        "rate 1e-5": {"learning_rate": 1e-5},
        "rate 0.3": {"learning_rate": 0.3},
    },
    "moco": {
        "recipe": {},
        "a quarter as long": {"epochs": 0.2},
        "temperature 5": {"temperature": 5.0},
        "crops of nearly everything": {"crop_scale": (0.9, 1.0)},
        "colours unchanged": {"colour_probability": 0.0, "grey_probability": 0.0},
        "rate 0.3": {"learning_rate": 0.3},
    },
    "byol": {
        "recipe": {},
        "teacher copies at once": {"teacher_momentum": 0.0},
        "crops of nearly everything": {"crop_scale": (0.9, 1.0)},
        "rate 0.01": {"learning_rate": 0.01},
        "rate 3": {"learning_rate": 3.0},
    },
    "deepcluster": {
        "recipe": {},
        "two clusters": {"clusters": 2},
        "a thousand clusters": {"clusters": 1000},
        "rate 1": {"learning_rate": 1.0},
    },
    "mae": {
        "recipe": {},
        "a tenth masked": {"masked_share": 0.1},
        "rate 0.05": {"learning_rate": 0.05},
    },
}
"""By method and name, what a run changes."""

FIGURES = {
    "rankme": "RankMe",
    "alpha_req": "alpha-ReQ",
    "alpha_from_1": "alpha-ReQ, distance from 1",
    "uniformity": "uniformity",
    "flat": "share of flat directions",
    "silhouette": "silhouette with 10 clusters",
    "lidar": "LiDAR, own views",
    "alignment": "alignment, own views",
    "lidar_same_views": "LiDAR, same views",
    "alignment_same_views": "alignment, same views",
    "energy_area": "energy, ROC area",
    "mutual_information_bound_nats": "bound on mutual information, nats",
    "own_task_skill": "own task, share from chance to 1",
    "training_loss": "training loss at the end",
}
NOT_ACROSS_METHODS = ("training_loss",)  # each has its own unit
_TASKS = ("top_1_accuracy", "accuracy")


def settings_for(method: str, name: str) -> dict[str, Any]:
    """A run's settings as JSON keeps them, its recipe among them."""
    return json.loads(json.dumps({**SHORT[method], **RUNS[method][name]}))


@cache
def photographs() -> ImageSplits:
    """CIFAR-10, looked through once."""
    return open_images(where("cifar10"))


def train(method: str, name: str, seed: int) -> Run:
    """Pre-train one run on this machine."""
    chosen = {**SHORT[method], **RUNS[method][name]}
    recipe = find_recipe(chosen.pop("recipe"))
    folder = ROOT / "runs" / "correlation" / f"{method}-{name.replace(' ', '-')}"
    shutil.rmtree(folder, ignore_errors=True)
    images = photographs().train.take(LEARNED)
    settings = {**recipe.settings, **chosen, "seed": seed, "watch_every": 0}
    return train_plan(plan_run(method, images, folder, settings=settings), report=False)


def measure(run: Run, seed: int) -> dict[str, Any]:
    """Accuracies and every figure without labels."""
    model = run.encoder()
    images = photographs()
    probed, tested, learned = images.train.take(PROBED), images.test.take(TESTED), images.train.take(LEARNED)
    vectors = extract(model.encoder, model.preprocessing, probed)
    test = extract(model.encoder, model.preprocessing, tested)
    labels, truth = (torch.as_tensor(part.labels).long() for part in (probed, tested))
    protocols = evaluate_vectors(vectors, labels, test, truth, seed=seed)
    free = label_free(vectors, seed=seed)
    methods, make_views = methods_of(run), views_of(run.record, model.preprocessing)
    asked_about = learned if settings_of(run.record).counts_items else tested
    task = own_task(methods["trained"], make_views, asked_about, seed=seed)
    skills = [(task[name].value - task[name].chance) / (1 - task[name].chance) for name in _TASKS if name in task]
    same = TwoViews(
        image_size=32,
        channels=3,
        mean=model.preprocessing.mean,
        standard_deviation=model.preprocessing.standard_deviation,
        crop_scale=(0.2, 1.0),
        colour_strength=0.5,
        blur_probability=(0.0, 0.0),
    )
    own_views = view_figures([model.encoder], make_views, probed, seed=seed) or [(None, None)]
    same_views = view_figures([model.encoder], same, probed, seed=seed) or [(None, None)]
    bound = task.get("mutual_information_bound_nats")
    return {
        "accuracies": {
            "linear": protocols.linear["all"].mean,
            "linear_100": protocols.linear["100"].mean,
            "knn": protocols.knn_accuracy,
        },
        "figures": {
            "rankme": free.rankme,
            "alpha_req": free.alpha_req,
            "alpha_from_1": None if free.alpha_req is None else abs(free.alpha_req - 1),
            "uniformity": free.uniformity,
            "flat": free.flat,
            "silhouette": None if free.collapsed else silhouettes(vectors, seed=seed).get(10),
            "alignment": own_views[0][0],
            "lidar": own_views[0][1],
            "alignment_same_views": same_views[0][0],
            "lidar_same_views": same_views[0][1],
            "energy_area": _other_item(energy_areas(methods["trained"], make_views, asked_about, seed=seed)),
            "mutual_information_bound_nats": None if bound is None else bound.value,
            "own_task_skill": skills[0] if skills else None,
            "training_loss": _last_loss(run),
        },
        "collapsed": free.collapsed or free.few_directions,
    }


def _other_item(areas: Mapping[str, float]) -> float | None:
    """The kind of mismatch that is another item's part, however the method's views call it."""
    return next((area for kind, area in areas.items() if "another item" in kind), None)


def _last_loss(run: Run) -> float:
    with run.folder.metrics.open(newline="", encoding="utf-8") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file) if row.get("loss")]
    return statistics.fmean(losses[-max(len(losses) // 10, 1) :])


def summarise(runs: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The correlations of each figure with the linear accuracy."""
    accuracy, groups = [run["accuracies"]["linear"] for run in runs], [run["method"] for run in runs]
    found = {name: correlations([run["figures"][name] for run in runs], accuracy, groups) for name in FIGURES}
    for name in NOT_ACROSS_METHODS:
        found[name]["overall"] = None
    return found


def main() -> None:
    """Run what is missing, and write after every run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", nargs="+", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--most", type=int, help="measure at most so many runs now")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="measure again what is there already")
    options = parser.parse_args()
    wanted = [(method, name) for method in options.method for name in RUNS[method]]
    done: list[dict[str, Any]] = [] if options.again else list(read(DOCUMENT).get("runs", []))
    known = {
        (run["method"], run["name"]) for run in done if run["settings"] == settings_for(run["method"], run["name"])
    }
    missing = [pair for pair in wanted if pair not in known][: options.most]
    for number, (method, name) in enumerate(missing, 1):
        print(f"{number} of {len(missing)}: {method}, {name} ...", flush=True)
        run = train(method, name, options.seed)
        begin = time.perf_counter()
        result = {"method": method, "name": name, "seed": options.seed, "settings": settings_for(method, name)}
        result |= measure(run, options.seed)
        result |= {"steps": run.record.steps, "train_seconds": run.record.seconds}
        result |= {"measure_seconds": time.perf_counter() - begin, **origin()}
        done = [each for each in done if (each["method"], each["name"]) != (method, name)] + [result]
        keep(done)
        told = f"linear {100 * result['accuracies']['linear']:.1f} %, RankMe {result['figures']['rankme']:.0f}"
        print(f"  {told}; {result['train_seconds']:.0f} s + {result['measure_seconds']:.0f} s", flush=True)
    if not missing:
        keep(done)


def keep(runs: list[dict[str, Any]]) -> None:
    """Write the document and the drawing."""
    order = [(method, name) for method, names in RUNS.items() for name in names]
    runs = sorted(
        (run for run in runs if (run["method"], run["name"]) in order),
        key=lambda run: order.index((run["method"], run["name"])),
    )
    if not runs:
        return
    found = summarise(runs)
    last = max(runs, key=lambda run: run["date"])
    same = {name: last[name] for name in ("command", "commit", "date", "machine", "versions")}
    write(DOCUMENT, {"question": QUESTION, "correlations": found, "names": FIGURES, "runs": runs, **same})
    panels = {name: (title, [run["figures"][name] for run in runs]) for name, title in FIGURES.items()}
    accuracy = [run["accuracies"]["linear"] for run in runs]
    draw(panels, accuracy, [run["method"] for run in runs], found, DRAWING)


if __name__ == "__main__":
    main()
