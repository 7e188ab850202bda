"""Does CPC for speech learn what is said, of speakers it never heard?

Pre-trains with the recipe cpc_speech_spoken_digits on the recordings of four of six speakers, without labels, and
evaluates on the digit: probes learn from those four speakers and are tested on the two others. Three seeds, each with
its own network, start and pair of speakers kept out. Beside it the same network at random start and the mean of the
log-mel spectrum. The numbers go to results/cpc_digits.json.

The recordings are read from `spoken_digits.parquet` in the folder SELFTAUGHT_BENCH_DATA.
"""

import argparse
import csv
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from record import RESULTS, ROOT, origin, read, spread, write

import selftaught
from selftaught.data import open_audio
from selftaught.recipes import find_recipe

DOCUMENT = RESULTS / "cpc_digits.json"
QUESTION = "Does CPC for speech learn what is said, of speakers it never heard?"
RECIPE = "cpc_speech_spoken_digits"
KEPT_OUT = 2  # speakers


def finished(folder: Path) -> selftaught.runs.Run | None:
    """The run that was trained before with the recipe as it is now, if there is one: it is only evaluated again."""
    if not (folder / "encoder").is_dir():
        return None
    run = selftaught.runs.open_run(folder)
    values, wanted = run.record.values(), find_recipe(RECIPE).settings
    return run if all(values[name] == value for name, value in wanted.items()) else None


def measure(data: Path, seed: int) -> dict[str, Any]:
    """Pre-train on four speakers, evaluate on two."""
    everyone = open_audio(data, label="digit").train
    speakers = everyone.columns["speaker"]
    order = np.random.default_rng(seed).permutation(np.unique(speakers))
    apart = np.isin(speakers, order[:KEPT_OUT])
    folder = ROOT / "runs" / "evidence" / f"cpc-digits-{seed}"
    heard, unheard = everyone.take(~apart), everyone.take(apart)
    run = finished(folder)
    if run is None:
        shutil.rmtree(folder, ignore_errors=True)
        run = selftaught.pretrain("cpc_speech", heard, folder, recipe=RECIPE, settings={"seed": seed})
    found = selftaught.evaluate(run, heard, unheard)
    with (folder / "metrics.csv").open(newline="") as file:
        last = list(csv.DictReader(file))[-1]
    return {
        "seed": seed,
        "speakers_kept_out": sorted(map(str, order[:KEPT_OUT])),
        "recordings": {"heard": len(heard), "unheard": len(unheard)},
        "steps": run.record.steps,
        "trained_at_commit": run.record.commit,
        "train_seconds": run.record.seconds,
        "accuracy_by_steps_ahead": {name: float(last[name]) for name in last if name.startswith("accuracy_")},
        **{name: found[name] for name in ("protocols", "controls", "verdict", "energy")},
    }


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and deviation over seeds."""

    def of(protocols: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "knn": spread([each["knn"]["accuracy"] for each in protocols]),
            **{
                f"linear {budget}": spread([each["linear"][budget]["mean"] for each in protocols])
                for budget, score in protocols[0]["linear"].items()
                if score["mean"] is not None
            },
        }

    return {
        "cpc": of([run["protocols"] for run in runs]),
        "random_start": of([run["controls"]["random_start"] for run in runs]),
        "log_mel": of([run["controls"]["raw_input"] for run in runs]),
        "train_seconds": spread([run["train_seconds"] for run in runs]),
    }


def main() -> None:
    """Measure each seed that is missing, and write after it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    data = Path(os.environ.get("SELFTAUGHT_BENCH_DATA", "")) / "spoken_digits.parquet"
    if not data.is_file():
        raise SystemExit("expected spoken_digits.parquet in the folder that SELFTAUGHT_BENCH_DATA names")
    kept: Any = read(DOCUMENT).get("runs", [])
    runs: list[Any] = list(kept)
    for seed in options.seed:
        result = measure(data, seed)
        runs = [run for run in runs if run["seed"] != seed] + [result]
        document = {"question": QUESTION, "recipe": RECIPE, "accuracies": summarise(runs), "runs": runs, **origin()}
        write(DOCUMENT, document)
        print(f"seed {seed}: {result['verdict']} ({result['train_seconds']:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
