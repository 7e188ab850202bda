"""What published studies found, asked again on CIFAR-10 at a small budget.

Each study is a set of runs that differ in one thing, with the recipe of this project for CIFAR-10 otherwise: 10,000
training images (10,000 to 20,000), which probes never see; these learn from the first 5,000, and the first 2,000 test
images test them. The network is the small ResNet of half its width, and a run five passes over the images, unless the
study is about that. The runs of a study stand in runs/studies/NAME with the page of `selftaught ablate`; what is
finished there is not run again. Numbers go to results/published_studies.json, drawings to docs/images/study_NAME.svg.
Several processes share the runs by `--only 1/2` and `--only 2/2`; a last call without it gathers them.

    python benchmarks/published_studies.py teacher_momentum projector
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

from evidence import where
from record import RESULTS, ROOT, origin, read, write
from study_drawings import draw_bars, draw_grid

from selftaught.data import open_images
from selftaught.runs.studies import Contender, Study, finish_study

DOCUMENT = RESULTS / "published_studies.json"
QUESTION = "Do the studies of the literature come out alike at a small budget?"
LEARNED, PROBED, TESTED = range(10_000, 20_000), range(5_000), range(2_000)
PASSES = {"epochs": 5, "warmup_epochs": 0.5, "watch_every": 0, "encoder.features": 16}
KNN, FEW, ALL = "kNN accuracy", "linear accuracy with 100 labels", "linear accuracy with all labels"


@dataclass(frozen=True, kw_only=True)
class PublishedStudy:
    """What was asked, where, what was found, and the runs that ask it again; `grid` names those that are paired."""

    asked: str
    source: str
    found: str
    runs: Mapping[str, tuple[str, str, Mapping[str, Any]]]
    grid: Sequence[str] = ()

    def contenders(self) -> tuple[Contender, ...]:
        """Each run: its method, its recipe, and what it changes."""
        return tuple(
            Contender(name=name, method=method, recipe=recipe, settings={**PASSES, **changes})
            for name, (method, recipe, changes) in self.runs.items()
        )


def _simclr(**changes: Any) -> tuple[str, str, Mapping[str, Any]]:
    return "simclr", "simclr_cifar10", changes


def _moco(**changes: Any) -> tuple[str, str, Mapping[str, Any]]:
    return "moco", "moco_v2_cifar10", {"queue": 1_024, **changes}


def _byol(**changes: Any) -> tuple[str, str, Mapping[str, Any]]:
    return "byol", "byol_cifar10", changes


def _instdisc(**changes: Any) -> tuple[str, str, Mapping[str, Any]]:
    return "instdisc", "instdisc_fashion_mnist_10k", {"batch_size": 128, **changes}


def _pirl(**changes: Any) -> tuple[str, str, Mapping[str, Any]]:
    return "pirl", "pirl_fashion_mnist", changes


_NO_COLOUR = {"colour_probability": 0.0, "grey_probability": 0.0}
_PLAIN = {**_NO_COLOUR, "flip_probability": 0.0, "crop_scale": (1.0, 1.0), "crop_ratio": (1.0, 1.0), "one_sided": True}
_OPERATORS: Mapping[str, Mapping[str, Any]] = {
    "crop": {"crop_scale": (0.2, 1.0), "crop_ratio": (0.75, 4 / 3)},
    "colour": {"colour_probability": 1.0, "colour_strength": 0.5, "grey_probability": 0.2},
    "blur": {"blur_probability": (1.0, 0.0)},
    "rotation": {"rotation_probability": 1.0},
    "cutout": {"cutout_probability": 1.0},
    "noise": {"noise_probability": 1.0},
    "Sobel": {"sobel_probability": 1.0},
}
_V1 = {"hidden_width": None, "temperature": 0.07, "schedule": "constant"}
_V1_VIEWS = {"colour_probability": 1.0, "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.4}
_BATCHES, _LENGTHS = (32, 128, 512), (1.0, 5.0)
_MOMENTA = (0.0, 0.9, 0.99, 0.999, 1.0)

STUDIES: Mapping[str, PublishedStudy] = {
    "teacher_momentum": PublishedStudy(
        asked="How slowly should the teacher follow?",
        source="Grill et al. 2020, table 5a; He et al. 2019, section 4.1",
        found="BYOL: .99 best, 1 weak, 0 fails; MoCo: .99 to .9999 best, .9 worse, 0 fails",
        runs={f"BYOL, {momentum:g}": _byol(teacher_momentum=momentum) for momentum in _MOMENTA}
        | {f"MoCo, {momentum:g}": _moco(teacher_momentum=momentum) for momentum in _MOMENTA},
    ),
    "projector": PublishedStudy(
        asked="Does the projector help, and how wide should its output be?",
        source="Chen et al. 2020 (SimCLR), figure 8",
        found="non-linear beats linear (+3), linear beats none (+10); the width of the output hardly matters",
        runs={"none": _simclr(head_layers=0)}
        | {f"linear, {width}": _simclr(head_layers=1, embedding_width=width) for width in (32, 128, 512)}
        | {f"non-linear, {width}": _simclr(head_layers=2, embedding_width=width) for width in (32, 128, 512)},
    ),
    "from_moco_v1_to_v2": PublishedStudy(
        asked="What does each change from MoCo v1 to v2 bring?",
        source="Chen et al. 2020 (MoCo v2), table 1",
        found="each helps: the head most, then stronger views, then the cosine schedule",
        runs={
            "v1": _moco(**_V1, **_V1_VIEWS),
            "+ head": _moco(**_V1_VIEWS, schedule="constant"),
            "+ views": _moco(schedule="constant"),
            "+ cosine (v2)": _moco(),
        },
    ),
    "batch_and_length": PublishedStudy(
        asked="Who needs large batches and long training?",
        source="Chen et al. 2020 (SimCLR), figure 9; Grill et al. 2020, figure 3a",
        found="SimCLR gains from larger batches, less so in longer training; BYOL depends on them less",
        runs={
            f"{title}, batch {batch}, {length:g} epochs": make(
                batch_size=batch, epochs=length, warmup_epochs=length / 10
            )
            for title, make in (("SimCLR", _simclr), ("BYOL", _byol))
            for batch in _BATCHES
            for length in _LENGTHS
        },
    ),
    "operators": PublishedStudy(
        asked="Which changes of one view teach most, alone and in pairs?",
        source="Chen et al. 2020 (SimCLR), figure 5",
        found="none suffices alone; crop and colour together are best by far",
        runs={
            first if first == second else f"{first} + {second}": _simclr(
                **{**_PLAIN, **_OPERATORS[first], **_OPERATORS[second]}, epochs=2, warmup_epochs=0.2
            )
            for first, second in combinations_with_replacement(_OPERATORS, 2)
        },
        grid=list(_OPERATORS),
    ),
    "encoder_width": PublishedStudy(
        asked="What does a wider encoder gain?",
        source="Chen et al. 2020 (SimCLR), figure 7",
        found="wider encoders are better, and gain more than with labels",
        runs={f"width {width}": _simclr(**{"encoder.features": width}) for width in (4, 8, 16, 32)},
    ),
    "negatives": PublishedStudy(
        asked="How many negatives, and from where: the batch, a queue or a bank?",
        source="He et al. 2019 (MoCo), figure 3; Wu et al. 2018",
        found="more are better everywhere, a bank is worse than a queue, and all items are better than some",
        runs={f"batch, {2 * batch - 2}": _simclr(batch_size=batch) for batch in _BATCHES}
        | {f"queue, {count}": _moco(queue=count) for count in (256, 1_024, 4_096)}
        | {f"bank, {count or 'all 10000'}": _instdisc(negatives=count) for count in (256, 1_024, 4_096, None)},
    ),
    "hard_positives": PublishedStudy(
        asked="Does a shuffled image as positive, beside the bank's row, teach more than the row alone?",
        source="Misra and van der Maaten 2019 (PIRL), table 1 and section 4",
        found="PIRL 63.6, InstDisc with the same bank 59.0; half of the loss for each is best",
        runs={"InstDisc": _instdisc()}
        | {f"PIRL, tiles {weight:g}": _pirl(tiles_weight=weight) for weight in (0, 0.5, 1)},
    ),
    "sides": PublishedStudy(
        asked="Must both views be changed?",
        source="Chen et al. 2020 (SimCLR), section 3",
        found="changing one view only is worse: it is done to compare operators, not to train",
        runs={"one view": _simclr(one_sided=True), "both views": _simclr()},
    ),
}


def run(name: str, only: str | None) -> dict[str, Any] | None:
    """Do what is missing of a study, and gather its figures; None where only a share of the runs is asked for."""
    study, images = STUDIES[name], open_images(where("cifar10"))
    board = finish_study(
        Study(
            folder=ROOT / "runs" / "studies" / name,
            kind="ablation",
            contenders=study.contenders(),
            seeds=1,
            data=images.train.take(LEARNED),
            labelled=images.train.take(PROBED),
            test_data=images.test.take(TESTED),
            evaluation={"protocols": "knn,linear,label_free"},
        ),
        only=only,
        tell=lambda words: print(words, flush=True),
    )
    if board is None:
        return None
    figures = (KNN, FEW, ALL, "RankMe", "seconds")
    rows = {
        row["name"]: {figure: row["figures"][figure]["mean"] for figure in figures if figure in row["figures"]}
        for row in board["rows"]
    }
    # The bound on what chance does with so many test items: the interval of one run's kNN.
    intervals = {row["name"]: row["figures"][KNN]["interval"] for row in board["rows"]}
    told = {"asked": study.asked, "source": study.source, "found": study.found, "rows": rows, "intervals": intervals}
    return (
        told | {"settings": json.loads(json.dumps({name: dict(run[2]) for name, run in study.runs.items()}))} | origin()
    )


def draw(name: str, told: Mapping[str, Any]) -> None:
    """The study's figure."""
    path, study = ROOT / "docs" / "images" / f"study_{name}.svg", STUDIES[name]
    rows = told["rows"]
    if not study.grid:
        names = [*study.runs, *(row for row in rows if row.startswith("random start"))]
        draw_bars({row: rows[row] for row in names}, (KNN, FEW), told["intervals"], path)
    else:
        cells = {
            (first, second): rows[first if first == second else f"{first} + {second}"][KNN]
            for first, second in combinations_with_replacement(study.grid, 2)
        }
        draw_grid(study.grid, cells, "kNN accuracy, %", path)


def main() -> None:
    """Run what is missing of the studies that are named, and write after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="*", choices=[*STUDIES, []], default=list(STUDIES), help="all if none is named")
    parser.add_argument("--only", metavar="K/N", help="every Nth run from the Kth on, and nothing is written")
    options = parser.parse_args()
    for name in options.study:
        print(f"{name}: {STUDIES[name].asked}", flush=True)
        told = run(name, options.only)
        if told is None:
            continue
        studies: dict[str, Any] = {**dict(read(DOCUMENT).get("studies", {})), name: told}
        last = {key: told[key] for key in ("command", "commit", "date", "machine", "versions")}
        write(DOCUMENT, {"question": QUESTION, "studies": studies, **last})
        draw(name, told)
        for row, figures in told["rows"].items():
            print(f"  {row}: kNN {100 * figures[KNN]:.1f}, linear with 100 labels {100 * figures[FEW]:.1f}", flush=True)


if __name__ == "__main__":
    main()
