"""`selftaught finetune RUN`: an encoder and some labels in, a classifier out."""

import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

from selftaught.cli.arguments import read_arguments
from selftaught.cli.progress import Bars, duration
from selftaught.core import UserError
from selftaught.runs.schema import Schema

__all__ = ["accuracy_in_words", "run"]

_RUN = (
    "RUN is a run; or a folder that holds an encoder (of ours, or of timm as its hub keeps them), timm:NAME:FILE for a "
    "network of timm with weights on disk, or timm:NAME for timm's own weights. All weights are trained on, by AdamW "
    "in batches of 128, on light crops of images."
)


def _options(
    *,
    data: str | None = None,
    out: str | None = None,
    test_data: str | None = None,
    labels: str = "all",
    from_layer: str = "encoder",
    epochs: int | None = None,
    learning_rate: float | None = None,
    label_smoothing: float = 0.0,
    label: str | None = None,
    json: bool = False,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    strict: bool = False,
) -> None:
    """The fine-tuning.

    Args:
        data: labelled data of the kind the run learned from, as for evaluate. Where they come in two parts, the first
            is learned from and the second tested on.
        out: the folder to write: a new or an empty one.
        test_data: labelled data to test on, if they stand elsewhere; if none are given and the data come in one part,
            a fifth of them, drawn by the seed, is kept out.
        labels: how many to learn from: 1% or 10% of them, 100 labels, or all (100% means the same), drawn by the seed,
            each class by its share.
        from_layer: what the classifier stands on: encoder, or head.1, head.2 and so on for so many layers of the
            projection head, which are trained along.
        epochs: passes over the labels; if none is given, a fifth of the labels, held out, chooses.
        learning_rate: of all weights; if none is given, the labels held out choose 0.0001 or 0.001.
        label_smoothing: share of each label that is spread evenly over all classes.
        label: the column that holds the labels; if none is given, the usual one.
        json: print one JSON object, alone, on standard output.
        device: auto, cpu, cuda or mps.
        seed: of the draw of labels, the order of the items and the crops.
        overwrite: replace the run that the folder holds.
        strict: stop at an item that cannot be read, instead of passing it over.
    """


def run(words: list[str]) -> int:
    """Fine-tune an encoder.

    Example:
        >>> from selftaught.cli.finetune import run
        >>> run(["--help"])
        usage: selftaught finetune ...
        0
    """
    schema = Schema("selftaught finetune RUN --data DATA --labels SHARE --out RUN2 [options]", _RUN)
    schema.add("fine-tuning", _options)
    arguments = read_arguments(words, schema)
    if arguments.help:
        print(schema.help())
        return 0
    chosen = schema.defaults() | dict(arguments.given)
    [path] = arguments.take(["RUN"])
    for name in ("data", "out"):
        if chosen[name] is None:
            raise UserError(f"missing --{name}")
    as_json, data, out = chosen.pop("json"), chosen.pop("data"), chosen.pop("out")
    from selftaught.runs import finetune

    with redirect_stdout(sys.stderr), Bars() as bars:
        tuned = finetune(path, data, out, **chosen, command=["selftaught", "finetune", *words], track=bars)
    found = json.loads(tuned.folder.classification.read_text(encoding="utf-8"))
    if as_json:
        print(json.dumps(found, indent=2))
        return 0
    print(accuracy_in_words("accuracy", found))
    how = "chosen on labels held out" if found["chosen"] else "as asked for, or too few could be held out"
    print(
        f"learned from {found['labels']:,} labels, from {found['from_layer']}, in {duration(tuned.record.seconds)}: "
        f"{found['epochs']} epochs at a rate of {found['learning_rate']:g} ({how})"
    )
    for note in found["notes"]:
        print(note)
    print(f"classifier: {tuned.folder.classifier}")
    print(f"report:     {tuned.folder.report}")
    print(f"next:       selftaught distill {tuned.path} --data UNLABELLED --student NAME --out RUN3")
    return 0


def accuracy_in_words(name: str, found: Mapping[str, Any]) -> str:
    """An accuracy with its interval, and on how many items.

    Args:
        name: of what.
        found: what `selftaught.runs.classifying.accuracy_on` returned.

    Example:
        >>> from selftaught.cli.finetune import accuracy_in_words
        >>> accuracy_in_words("accuracy", {"accuracy": 0.75, "interval": [0.7, 0.8], "test_items": 1000})
        'accuracy 75.0 % (95 % interval 70.0 to 80.0) on 1,000 test items'
    """
    low, high = found["interval"]
    return (
        f"{name} {100 * found['accuracy']:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f}) "
        f"on {found['test_items']:,} test items"
    )
