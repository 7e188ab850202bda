"""From how many labels on does learning rotations first no longer help?

Pre-trains Rotation on all training images of CIFAR-10 without their labels, once. Then trains that network on 5 to
5,000 labels a class, once all its weights and once its last stage alone, and beside it the same network from scratch:
the same labels, the same crops, and learning rate and length chosen alike, by labels held out. What is measured already
is not measured again, so that the whole can be stopped and continued; the table in results/rotation_labels.json and the
drawing are made anew after every point, with the numbers of labels at which the lines cross.

In Gidaris et al. 2018, https://arxiv.org/abs/1803.07728, section 3.1, where only the last block is trained on the
labels, rotations help where a class has fewer than 1,000.

With its defaults the whole takes about a dozen hours of one core: three trainings, two to choose the rate and one to
keep, of up to 2,000 steps of 128 images, for each of 28 draws and three lines. `--short` takes about 90 minutes:
four numbers of labels from end to end, one draw, 2,000 test images, and the network of half its width. Points between
can be added later, as in `--short --labels 20 200 1000`.

CIFAR-10 is read from the folder `cifar10` in SELFTAUGHT_BENCH_DATA, where that is set, else from torchvision.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from evidence import settings_of, where
from finished_runs import trained
from record import RESULTS, ROOT, origin, read, write
from torch import nn

from selftaught.data import ImageSplits, open_images
from selftaught.evaluation.budgets import stratified_rows
from selftaught.evaluation.fine_tuning import FineTuning, fine_tune
from selftaught.runs import Run

DOCUMENT = RESULTS / "rotation_labels.json"
DRAWING = ROOT / "docs" / "images" / "rotation_labels.svg"
FOLDER = ROOT / "runs" / "rotation_labels"
QUESTION = "From how many labels on does learning rotations first no longer help?"
RECIPE = "rotation_cifar10"
LABELS_A_CLASS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
LONG = {
    "labels": LABELS_A_CLASS,
    "draws": 3,
    "minutes": None,
    "most_steps": 2000,
    "test_images": 10_000,
    "features": 32,
}
SHORT = {
    **{"labels": (5, 50, 500, 5000), "draws": 1, "minutes": 4.0, "most_steps": 2000, "test_images": 2000},
    "features": 16,
}
LINES = {
    "from_rotation": ("rotations, then labels", "#0072B2", "o", "-"),
    "last_stage": ("the same, labels in the last stage only", "#56B4E9", "^", "--"),
    "from_scratch": ("labels alone", "#D55E00", "s", "-"),
}


def measure(run: Run, images: ImageSplits, count: int, draw: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train three networks on one draw of so many labels a class."""
    learned, tested = run.encoder(), images.test.take(range(min(options.test_images, len(images.test))))
    labels, truth = (torch.as_tensor(part.labels).long() for part in (images.train, tested))
    classes = len(labels.unique())
    rows = stratified_rows(labels.numpy(), count * classes, (options.seed, count, draw))
    begin = time.perf_counter()

    def tuned(encoder: nn.Module, fresh: nn.Module | None) -> FineTuning:
        return fine_tune(
            *(encoder, fresh, learned.preprocessing),
            *(images.train.take(rows), labels[torch.from_numpy(rows)], tested, truth),
            budgets=("all",),
            most_steps=options.most_steps,
            device=torch.device(options.device),
            seed=options.seed + draw,
        )

    whole, last = tuned(learned.encoder, run.start().encoder), tuned(last_stage_learns(learned.encoder), None)
    found = {"from_rotation": whole.from_encoder, "last_stage": last.from_encoder, "from_scratch": whole.from_scratch}
    point = {"labels_a_class": count, "draw": draw, "seed": options.seed, "most_steps": options.most_steps}
    point |= {"test_images": len(tested), "pretraining": wanted_settings(options)}
    for line, scores in found.items():
        score = scores["all"]
        point[line] = {"accuracy": score.mean, "rate": score.rates[0], "epochs": score.epochs[0]}
    return point | {"seconds": time.perf_counter() - begin, **origin(options.device)}


def last_stage_learns(encoder: nn.Module) -> nn.Module:
    """A copy whose other weights stay as they are."""
    copied = copy.deepcopy(encoder)
    for name, weight in copied.named_parameters():
        weight.requires_grad_(name.startswith("layer4."))
    return copied


def wanted_settings(options: argparse.Namespace) -> dict[str, Any]:
    """What the pre-training changes of the recipe."""
    length = {} if options.minutes is None else {"minutes": options.minutes, "warmup_epochs": 0}
    width = {"encoder.features": options.features}
    return {"seed": options.seed, "device": options.device, "watch_every": 0} | width | length


def same_question(point: Mapping[str, Any], options: argparse.Namespace) -> bool:
    """Whether a point was measured with what is asked for now."""
    asked = {"seed": options.seed, "most_steps": options.most_steps, "test_images": options.test_images}
    asked |= {"pretraining": wanted_settings(options)}
    return all(point[name] == value for name, value in asked.items()) and point["recipe_settings"] == settings_of(
        RECIPE
    )


def summarise(points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Mean and spread of each line by the number of labels."""
    rows: list[dict[str, Any]] = []
    for count in sorted({point["labels_a_class"] for point in points}):
        row: dict[str, Any] = {"labels_a_class": count}
        for line in LINES:
            values = [point[line]["accuracy"] for point in points if point["labels_a_class"] == count]
            deviation = statistics.stdev(values) if len(values) > 1 else None
            row[line] = {"mean": statistics.fmean(values), "std": deviation, "values": values}
        rows.append(row)
    return rows


def crossing(summary: Sequence[Mapping[str, Any]], line: str = "from_rotation") -> float | None:
    """How many labels a class has where training from scratch catches up for good; None where it does not.

    Between two measured numbers of labels the gain is taken to be linear in their logarithm.
    """
    gains = [(row["labels_a_class"], row[line]["mean"] - row["from_scratch"]["mean"]) for row in summary]
    ahead = [place for place, (_, gain) in enumerate(gains) if gain > 0]
    if not ahead or ahead[-1] == len(gains) - 1:
        return None
    (few, gain), (many, loss) = gains[ahead[-1]], gains[ahead[-1] + 1]
    return float(np.exp(np.interp(0, [loss, gain], [np.log(many), np.log(few)])))


def draw_lines(summary: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Accuracy by the number of labels, and where labels alone catch up."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"svg.hashsalt": "selftaught", "svg.fonttype": "path", "font.size": 9})
    figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
    counts = [row["labels_a_class"] for row in summary]
    for line, (name, colour, marker, dashes) in LINES.items():
        means = [100 * row[line]["mean"] for row in summary]
        spreads = [100 * (row[line]["std"] or 0.0) for row in summary]
        meet = crossing(summary, line)
        told = name if meet is None else f"{name}: up to {meet:,.0f} labels a class"
        style = {"color": colour, "marker": marker, "markersize": 4, "linestyle": dashes}
        axis.errorbar(counts, means, yerr=spreads, label=told, capsize=2, **style)
        if meet is not None:
            axis.axvline(meet, color=colour, linewidth=0.8, linestyle=":")
    axis.set_xscale("log")
    axis.set_xticks(counts, [f"{count:,}" for count in counts])
    axis.minorticks_off()
    axis.set_xlabel("labels a class")
    axis.set_ylabel("accuracy, %")
    axis.grid(visible=True, linewidth=0.3)
    figure.legend(frameon=False, loc="outside upper left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None}, facecolor="white")
    plt.close(figure)


def keep(points: list[dict[str, Any]]) -> None:
    """Write the document and the drawing."""
    points = sorted(points, key=lambda point: (point["labels_a_class"], point["draw"]))
    last = max(points, key=lambda point: point["date"])
    same = {name: last[name] for name in ("command", "commit", "date", "machine", "versions")}
    summary = [row | same for row in summarise(points)]
    meet = {line: crossing(summary, line) for line in ("from_rotation", "last_stage")}
    found = {"question": QUESTION, "crossing_labels_a_class": meet, "summary": summary, "points": points}
    write(DOCUMENT, found | same)
    draw_lines(summary, DRAWING)


def main() -> None:
    """Measure what is missing, from few labels to many, and write after every point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="what fits into about an hour and a half of one core")
    parser.add_argument("--labels", nargs="+", type=int, help="labels a class")
    parser.add_argument("--draws", type=int, help="of the labels, 3 or 1; where all are taken there is one")
    parser.add_argument("--minutes", type=float, help="of pre-training, 4 or as long as the recipe says")
    parser.add_argument("--most-steps", type=int, help="of one training on labels, about: 2,000")
    parser.add_argument("--test-images", type=int, help="10,000 or 2,000")
    parser.add_argument("--features", type=int, help="of the network's first stage, 32 or 16")
    parser.add_argument("--most", type=int, help="measure at most so many points now")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="measure again what is there already")
    options = parser.parse_args()
    for name, usual in (SHORT if options.short else LONG).items():
        if getattr(options, name) is None:
            setattr(options, name, usual)
    kept: list[dict[str, Any]] = [] if options.again else list(read(DOCUMENT).get("points", []))
    kept = [point for point in kept if same_question(point, options)]
    images = open_images(where("cifar10"))
    smallest = int(np.bincount(np.asarray(images.train.labels)).min())
    asked = [(count, draw) for count in options.labels for draw in range(1 if count >= smallest else options.draws)]
    known = {(point["labels_a_class"], point["draw"]) for point in kept}
    missing = [pair for pair in asked if pair not in known][: options.most]
    run = trained(images.train, FOLDER, recipe=RECIPE, settings=wanted_settings(options)) if missing else None
    for number, (count, draw) in enumerate(missing, 1):
        print(f"{number} of {len(missing)}: {count} labels a class, draw {draw} ...", flush=True)
        point = measure(run, images, count, draw, options) | {"recipe_settings": settings_of(RECIPE)}
        kept.append(point)
        keep(kept)
        told = ", ".join(f"{name} {100 * point[line]['accuracy']:.1f} %" for line, (name, *_) in LINES.items())
        print(f"  {told}; {point['seconds']:.0f} s", flush=True)
    if kept and not missing:
        keep(kept)


if __name__ == "__main__":
    main()
