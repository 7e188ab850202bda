"""`selftaught evaluate RUN`: how good the encoder is, beside its controls."""

import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

from rich.console import Console
from rich.table import Table

from selftaught.cli.arguments import read_arguments
from selftaught.cli.further_lines import further_lines, mean, percent
from selftaught.cli.progress import Bars
from selftaught.core import UserError
from selftaught.runs.schema import Schema

__all__ = ["print_evaluation", "run"]


def _options(
    *,
    data: str | None = None,
    test_data: str | None = None,
    protocols: str | None = None,
    against: str | None = None,
    at: str | None = None,
    fine_tune_from: int = 0,
    tune_labels: str | None = None,
    label: str | None = None,
    text_column: str | None = None,
    encoding: str | None = None,
    split_by: str | None = None,
    best: bool = False,
    json: bool = False,
    device: str = "auto",
    seed: int = 0,
    strict: bool = False,
) -> None:
    """The evaluation.

    Args:
        data: labelled data of the kind the run learned from: a built-in name, a folder with a sub-folder for each
            class, hub:NAME, or a file. Where they come in two parts, the first teaches the probes and the second tests
            them.
        test_data: labelled data to test on, if they stand elsewhere; if none are given and the data come in one part,
            a fifth of them, drawn by the seed, is kept out.
        protocols: what to measure, with commas between: knn, linear, label_curve, clustering, retrieval, label_free,
            views, energy, own_task, corruptions, attack, spurious_cue, supervised, fine_tune, keeps, dense,
            dense_fine_tune, propagation; or all. usual, also if nothing is given, stands for
            knn,linear,label_free,energy,own_task. Those from corruptions on read the items anew, or others, and take
            minutes; supervised, fine_tune and dense_fine_tune train.
        against: another encoder, measured on the same items and compared item by item: a run, a folder that holds an
            encoder (of ours, of timm as its hub keeps them, or of Hugging Face transformers as save_pretrained leaves
            them), timm:NAME:FILE for a network of timm with weights on disk, or timm:NAME for timm's own weights.
        at: layers of the encoder to be probed, too, with commas between: dotted names of its modules, such as
            layer2 or blocks.1; or all, for its stages; blocks.0+blocks.1 is both side by side. Vectors are averaged
            over positions.
        fine_tune_from: the layer of the projection head that fine_tune starts from: 0 is the encoder, 1 keeps the
            head's first layer, too, and so on.
        tune_labels: on how many labels supervised and fine_tune train, of 100, 1%, 10% and all with commas between;
            if nothing is given, on each of them, which takes many trainings. fine_tune has no 100.
        label: the column that holds the labels, or several with commas between; if none is given, the usual one. What
            a column holds decides whether it is classes, numbers (R2, mean error) or several labels an item (mAP).
        text_column: the column that holds the texts; if none is given, `text`, or the only one with words.
        encoding: of text files, if it is not UTF-8.
        split_by: a column of the data; whole groups of its values, such as speakers, are kept out for the test.
        best: measure the encoder at its best, by the figure that the run's --keep-best named, for that of the end.
        json: print one JSON object, alone, on standard output.
        device: auto, cpu, cuda or mps.
        seed: of the draws of labels.
        strict: stop at an item that cannot be read, instead of passing it over.
    """


def run(words: list[str]) -> int:
    """Evaluate a run.

    Example:
        >>> from selftaught.cli.evaluate import run
        >>> run(["--help"])
        usage: selftaught evaluate ...
        0
    """
    schema = Schema("selftaught evaluate RUN --data DATA [--test-data DATA] [--json] [options]")
    schema.add("evaluation", _options)
    arguments = read_arguments(words, schema)
    if arguments.help:
        print(schema.help())
        return 0
    chosen = schema.defaults() | dict(arguments.given)
    [path] = arguments.take(["RUN"])
    if chosen["data"] is None:
        raise UserError("missing --data")
    as_json, data = chosen.pop("json"), chosen.pop("data")
    from selftaught.evaluation import choose_protocols, choose_tune_labels
    from selftaught.runs import evaluate, open_run

    choose_tune_labels(chosen["tune_labels"], choose_protocols(chosen["protocols"]))

    # What libraries print, such as a download's progress, goes to standard error: ours holds only the answer.
    with redirect_stdout(sys.stderr), Bars() as bars:
        opened = open_run(path)
        measured = evaluate(opened, data, **chosen, track=bars)
    if as_json:
        print(json.dumps(measured, indent=2))
    else:
        print_evaluation(measured)
        print(f"report: {opened.folder.report}")
    return 0


def print_evaluation(measured: Mapping[str, Any]) -> None:
    """A short table on standard output, and the verdict below it.

    Args:
        measured: the object that `--json` prints.

    Example:
        >>> from selftaught.cli.evaluate import print_evaluation
        >>> protocols = {"knn": {"accuracy": 0.8}, "linear": {"100": {"mean": 0.7, "std": 0.01}}}
        >>> print_evaluation({"protocols": protocols, "controls": {}, "verdict": "It helped.", "items": {"test": 9}})
        accuracy in % on 9 test items: ...
        ...
        It helped.
    """
    console = Console(file=sys.stdout)
    rows = {"this encoder": measured["protocols"]}
    names = {"random_start": measured.get("start", "random start"), "raw_input": "raw input"}
    rows |= {names[name]: control for name, control in measured["controls"].items() if name in names}
    if alone := measured["controls"].get("supervised"):
        rows["from scratch, labels alone"] = {"knn": {"accuracy": None}, "linear": alone["by_budget"]}
    other = measured.get("against") or {}
    if other.get("protocols") or other.get("targets"):
        names["against"] = str(other["run"])
        rows |= {names["against"]: other["protocols"]} if "knn" in (other["protocols"] or {}) else {}
    for layer, each in measured.get("depths", {}).items():
        if "encoder" in each:
            rows |= {layer: each["encoder"], f"{layer}, {names['random_start']}": each["random_start"]}
    budgets = list(measured["protocols"]["linear"])
    title = f"accuracy in % on {measured['items']['test']:,} test items: kNN, and linear probes by number of labels"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in ("kNN", *budgets):
        table.add_column(name, justify="right", no_wrap=True)
    for name, protocols in rows.items():
        figures = [mean(protocols["linear"].get(key, {"mean": None})) for key in budgets]
        table.add_row(name, percent(protocols["knn"]["accuracy"]), *figures)
    if alone or any(figure is not None for figure in _accuracies(measured["protocols"])):
        console.print(table)
    for line in further_lines(measured, names):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for kind, area in (measured.get("energy") or {}).get("trained", {}).items():
        before = measured["energy"]["start"][kind]
        words = f"energy, ROC area of true pairs against {kind}: {before:.2f} before training, {area:.2f} after"
        console.print(words, markup=False, highlight=False, soft_wrap=True)
    for name, figure in (measured.get("own_task") or {}).items():
        words = f"own task, {name}: {figure['at_start']:.3f} before training, {figure['value']:.3f} after"
        console.print(f"{words}; chance {figure['chance']:.3f}", markup=False, highlight=False, soft_wrap=True)
    for note in measured.get("notes", []):
        console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    console.print(measured["verdict"], markup=False, highlight=False, soft_wrap=True)
    if measured.get("against"):
        console.print(measured["against"]["sentence"], markup=False, highlight=False, soft_wrap=True)


def _accuracies(protocols: Mapping[str, Any]) -> list[float | None]:
    return [protocols["knn"]["accuracy"], *(each["mean"] for each in protocols["linear"].values())]
