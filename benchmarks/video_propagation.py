"""Do encoders of clips follow what moves, and do they know what comes next?

Trains video_colorization, future_frames, dpc and svg_lp with their recipes on made clips (clothes of Fashion-MNIST that
move over photographs), once for each seed, and lets `selftaught evaluate` follow objects and points of which the truth
is known through clips that share nothing with those: J for masks, PCK for points. Beside it labels that stay where they
are, and the same network at random start. Of future_frames also: the error of each frame ahead beside that of copying
the last frame, and how often its energy tells the true continuation from a wrong one, as areas under ROC curves. The
numbers go to results/video.json. Finished runs are taken from runs/evidence/.
"""

import argparse
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from finished_runs import trained
from record import RESULTS, ROOT, origin, read, spread, write

import selftaught
from selftaught.core import silent
from selftaught.data import open_video
from selftaught.evaluation.asking import views_to_ask_about
from selftaught.extraction import reading
from selftaught.runs import Run
from selftaught.runs.rebuilding import methods_of, views_of

DOCUMENT = RESULTS / "video.json"
QUESTION = "Do encoders of clips follow what moves, and do they know what comes next?"
METHODS, DATA = ("video_colorization", "future_frames", "dpc", "svg_lp"), "moving-clothes"
_WHO = {"trained": "trained", "random_start": "start"}  # in a document, and in an evaluation
FIGURES = ("region_similarity", "correct_points", "correct_points_strict")


def over_copying(run: Run) -> dict[str, float]:
    """The error of each predicted frame, as a share of that of the last frame that was seen, on clips held out."""
    seen, method = run.encoder().preprocessing, methods_of(run)["trained"]
    clips: Any = open_video(DATA, clip_frames=seen.clip_frames, image_size=seen.image_size).test
    found: dict[str, list[float]] = {}
    cpu = torch.device("cpu")
    asked = views_to_ask_about(
        views_of(run.record, seen), clips, "asking about frames ahead", device=cpu, seed=0, track=silent
    )
    with reading(method, cpu):
        for views in asked:
            for name, value in method.step(views).metrics.items():
                if name.startswith("error_over_copying_"):
                    found.setdefault(name, []).append(float(value))
    return {name: statistics.fmean(each) for name, each in found.items()}


def measure(method: str, seed: int, minutes: float | None) -> dict[str, Any]:
    """Train and evaluate once."""
    length = {} if minutes is None else {"minutes": minutes, "warmup_epochs": 0}
    folder = ROOT / "runs" / "evidence" / f"video-{method}-{seed}"
    run = trained(DATA, folder, recipe=f"{method}_fashion_mnist", settings={"seed": seed, **length})
    found = selftaught.evaluate(run, DATA, protocols="energy,own_task,propagation")
    return {
        "method": method,
        "seed": seed,
        "recipe": f"{method}_fashion_mnist",
        "steps": run.record.steps,
        "train_seconds": run.record.seconds,
        "trained_at_commit": run.record.commit,
        "propagation": found["protocols"]["propagation"],
        "random_start": found["controls"]["random_start"]["propagation"],
        "energy": found["energy"],
        "own_task": found["own_task"],
        "over_copying": over_copying(run) if method == "future_frames" else {},
        **origin(),
    }


def summarise(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean and deviation over seeds, by method."""
    methods = dict.fromkeys(run["method"] for run in runs)
    return {method: _summary([run for run in runs if run["method"] == method]) for method in methods}


def _summary(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    def of(tracks: list[Mapping[str, Any]]) -> dict[str, Any]:
        return {name: spread([each[name] for each in tracks]) for name in FIGURES}

    first, start = runs[0]["propagation"], [run["random_start"] for run in runs]
    return {
        "seeds": [run["seed"] for run in runs],
        "clips": first["clips"],
        "frames": first["frames"],
        "grid": first["grid"],
        "train_seconds": spread([run["train_seconds"] for run in runs]),
        "copied": {name: of([run["propagation"]["copied"][name] for run in runs]) for name in first["copied"]},
        "random_start": {name: of([one["copied"][name] for one in start]) for name in first["copied"]},
        "staying": of([run["propagation"]["staying"] for run in runs]),
        "ceiling": of([run["propagation"]["ceiling"] for run in runs]),
        "roc_areas": {
            kind: {who: spread([run["energy"][where][kind] for run in runs]) for who, where in _WHO.items()}
            for kind in runs[0]["energy"]["trained"]
        },
        "own_task": {
            name: {who: spread([run["own_task"][name][who] for run in runs]) for who in ("value", "chance")}
            for name in runs[0]["own_task"]
        },
        "over_copying": {name: spread([run["over_copying"][name] for run in runs]) for name in runs[0]["over_copying"]},
    }


def main() -> None:
    """Measure each method and seed that is missing, and write after it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seed", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, help="of training, in place of the recipe's epochs")
    options = parser.parse_args()
    for method in options.method:
        for seed in options.seed:
            print(f"{method}, seed {seed} ...", flush=True)
            result = measure(method, seed, options.minutes)
            kept = [each for each in read(DOCUMENT).get("runs", []) if (each["method"], each["seed"]) != (method, seed)]
            runs = sorted([*kept, result], key=lambda run: (METHODS.index(run["method"]), run["seed"]))
            write(DOCUMENT, {"question": QUESTION, "summary_by_method": summarise(runs), "runs": runs, **origin()})
            masks = {name: each["region_similarity"] for name, each in result["propagation"]["copied"].items()}
            told = ", ".join(f"J {value:.3f} by {name}" for name, value in masks.items())
            still = result["propagation"]["staying"]["region_similarity"]
            print(f"{method}, seed {seed}: {told}; staying {still:.3f} ({result['train_seconds']:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
