"""What do fine-tuning from a layer of the head, and distillation, gain with few labels?

SimCLRv2's questions (https://arxiv.org/abs/2006.10029, section 3), on small images. One encoder is pre-trained by
SimCLR with a head of three layers: the small ResNet at half its width. It is fine-tuned from the encoder and from the
head's first two layers, on 1 %, 10 % and all labels. With 1 % and 10 % the one from the head's first layer teaches two
students on the images without labels: one half as wide and one of its own size. Their controls have no teacher: the
same networks with the same first weights, trained on the same labels alone, with plain labels and with smoothed ones.

All numbers are kept in results/student_teacher.json. What is there already, with the same settings, is not measured
again, so that hours can be stopped and continued. `--tiny` tries everything in minutes, its numbers kept elsewhere.
"""

import argparse
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from record import RESULTS, ROOT, origin, read, spread, write
from students_table import students

import selftaught
from selftaught.recipes import find_recipe, recipe_names
from selftaught.runs import Run, open_run
from selftaught.runs.folder import RunFolder

QUESTION = "What do fine-tuning from a layer of the head, and distillation, gain with few labels?"
LAYERS = ("encoder", "head.1", "head.2")
TAUGHT = ("1%", "10%")  # shares of the labels at which there are students
SMOOTHING = 0.1
LONG_EPOCHS = 3  # of a student on all 60,000 images; the recipe's are for 8,000


def recipe_for(method: str, data: str) -> str:
    """The recipe of a method for these data; for Fashion-MNIST that of its first 10,000 images will do."""
    names = {find_recipe(name).data: name for name in recipe_names() if find_recipe(name).method == method}
    return names.get(data) or names["fashion-mnist-10k"]


class Bench:
    """One seed's runs, and the numbers of all seeds.

    Args:
        options: of the command line.
        seed: of everything.
    """

    def __init__(self, options: argparse.Namespace, seed: int) -> None:
        self.options, self.seed = options, seed
        name = "student_teacher_tiny" if options.tiny else "student_teacher"
        self.document = RESULTS / f"{name}.json" if not options.tiny else ROOT / "runs" / name / "numbers.json"
        self.folder = ROOT / "runs" / name / f"{options.data}-{seed}"
        self.common = {"data": options.data, "seed": seed, "encoder": options.encoder, "features": options.features}
        self.width = {"encoder.features": options.features}

    def pretrained(self) -> Run:
        """The encoder that is fine-tuned."""
        out = self.folder / "pretrained"
        if _finished(out):
            return open_run(out)
        settings: dict[str, Any] = {"seed": self.seed, "head_layers": 3, "device": "cpu"}
        settings |= {"encoder.name": self.options.encoder, **self.width}
        if self.options.tiny:
            settings |= {"epochs": 0.2, "warmup_epochs": 0}
        recipe = recipe_for("simclr", self.options.data)
        return selftaught.pretrain("simclr", self.options.data, out, recipe=recipe, settings=settings, overwrite=True)

    def tuned(self, given: str | Path | Run, name: str, **settings: Any) -> Run:
        """A classifier on labels."""
        out = self.folder / name
        if _finished(out):
            return open_run(out)
        if self.options.tiny:
            settings["epochs"] = 1
        data = self.options.data
        return selftaught.finetune(given, data, out, seed=self.seed, device="cpu", overwrite=True, **settings)

    def distilled(self, teacher: Run, features: int, name: str) -> Run:
        """A student of a classifier: the teacher's network, so wide."""
        out = self.folder / name
        if _finished(out) and (out / "classification.json").is_file():
            return open_run(out)
        settings: dict[str, Any] = {"seed": self.seed, "temperature": self.options.temperature, "device": "cpu"}
        if self.options.data != "fashion-mnist-10k":
            settings["epochs"] = LONG_EPOCHS
        settings |= {"encoder.features": features}
        if self.options.tiny:
            settings |= {"epochs": 0.2, "warmup_epochs": 0}
        recipe = recipe_for("distillation", self.options.data)
        return selftaught.distill(
            teacher,
            self.options.data,
            out,
            student=self.options.encoder,
            recipe=recipe,
            settings=settings,
            overwrite=True,
        )

    def keep(self, about: Mapping[str, Any], measure: Callable[[], Mapping[str, Any]]) -> None:
        """Measure what is not there yet, and write it down."""
        key = {**self.common, **about}
        title = ", ".join(f"{name} {value}" for name, value in key.items())
        kept: list[dict[str, Any]] = read(self.document).get("runs", [])
        if not self.options.again and any(key.items() <= run.items() for run in kept):
            print(f"{title}: measured already", flush=True)
            return
        print(f"{title} ...", flush=True)
        found = {**key, **measure(), **origin()}
        kept = [run for run in read(self.document).get("runs", []) if not key.items() <= run.items()] + [found]
        write(self.document, {"question": QUESTION, "summary": summarise(kept), "runs": kept, **origin()})
        print(f"{title}: {100 * found['accuracy']:.1f} %", flush=True)

    def measure(self) -> None:
        """Everything for this seed."""
        run = self.pretrained()
        for share in (*TAUGHT, "all"):
            for layer in LAYERS:
                name = f"tuned-{share}-{layer}"
                how = {"labels": share, "from_layer": layer}
                self.keep(
                    {"part": "fine-tuned", "labels": share, "from_layer": layer},
                    lambda name=name, how=how: _accuracy(self.tuned(run, name, **how)),
                )
        for share in TAUGHT:
            for features in (self.options.student_features, self.options.features):
                self._students(run, share, features)

    def _students(self, run: Run, share: str, features: int) -> None:
        about = {"labels": share, "student_features": features}
        temperature = self.options.temperature

        def taught() -> Run:
            teacher = self.tuned(run, f"tuned-{share}-head.1", labels=share, from_layer="head.1")
            return self.distilled(teacher, features, f"student-{share}-{features}-{temperature:g}")

        self.keep({"part": "distilled", **about, "temperature": temperature}, lambda: _accuracy(taught(), "student"))
        for smoothing in (0.0, SMOOTHING):
            name = f"alone-{share}-{features}-{smoothing:g}"
            how = {"labels": share, "label_smoothing": smoothing}
            self.keep(
                {"part": "without a teacher", **about, "label_smoothing": smoothing},
                # from the student's own first weights
                lambda name=name, how=how: _accuracy(self.tuned(taught().folder.start, name, **how)),
            )


def _finished(folder: Path) -> bool:
    return RunFolder(folder).holds_run() and open_run(folder).record.finished is not None


def _accuracy(run: Run, part: str | None = None) -> dict[str, Any]:
    found = json.loads(run.folder.classification.read_text(encoding="utf-8"))
    measured = found if part is None else found[part]
    parameters = run.record.encoder["parameters"]
    taken = {"accuracy": measured["accuracy"], "test_items": measured["test_items"], "parameters": parameters}
    return {**taken, "steps": run.record.steps, "seconds": run.record.seconds}


def summarise(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Mean and deviation of the accuracy over seeds, for everything else alike."""
    names = (
        "data",
        "encoder",
        "features",
        "part",
        "labels",
        "from_layer",
        "student_features",
        "temperature",
        "label_smoothing",
    )
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        groups.setdefault(json.dumps({name: run[name] for name in names if name in run}), []).append(run)
    return [
        {
            **json.loads(key),
            "seeds": [run["seed"] for run in group],
            "parameters": group[0]["parameters"],
            "accuracy": spread([run["accuracy"] for run in group]),
            **{name: group[-1][name] for name in ("command", "commit", "date", "machine", "versions")},
        }
        for key, group in groups.items()
    ]


def main() -> None:
    """Measure what is missing, write after every number, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="fashion-mnist-10k", choices=("fashion-mnist-10k", "fashion-mnist"))
    parser.add_argument("--seed", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--encoder", default="small_resnet", help="the teacher's network")
    parser.add_argument("--features", type=int, default=16, help="of its first stage; 32 is its whole width")
    parser.add_argument("--student-features", type=int, default=8, help="of the smaller student's first stage")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--tiny", action="store_true", help="a fifth of an epoch of everything, to try it")
    parser.add_argument("--again", action="store_true", help="measure again what is there already")
    options = parser.parse_args()
    for seed in options.seed:
        bench = Bench(options, seed)
        if options.again:
            shutil.rmtree(bench.folder, ignore_errors=True)
        bench.measure()
    print(students(read(Bench(options, 0).document)))


if __name__ == "__main__":
    main()
