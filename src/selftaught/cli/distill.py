"""`selftaught distill RUN`: a trained network and data without labels in, a student out."""

import json
from typing import Any

from selftaught.cli.arguments import read_arguments
from selftaught.cli.finetune import accuracy_in_words
from selftaught.cli.pretrain import shows_looks
from selftaught.cli.progress import Bars, duration
from selftaught.core import UserError
from selftaught.methods import find_method
from selftaught.recipes import find_recipe
from selftaught.runs.schema import Schema
from selftaught.runs.settings import method_schema

__all__ = ["run"]

_RUN = (
    "RUN is the teacher. From a run of selftaught finetune, or of an earlier distill, the student learns its soft "
    "answers (the method distillation, whose options stand below); from any other run, a folder that holds an encoder, "
    "timm:NAME:FILE or timm:NAME it learns the vectors, through a head that is thrown away (the method simreg: "
    "selftaught pretrain simreg --help). --student NAME is --encoder NAME."
)


def _options(
    *,
    data: str | None = None,
    out: str | None = None,
    test_data: str | None = None,
    label_free: bool = False,
    weights: str | None = None,
    recipe: str | None = None,
    overwrite: bool = False,
) -> None:
    """The run.

    Args:
        data: what to learn from, as for pretrain; a second part of it, with labels, tests. If none is given, what the
            recipe was made for.
        out: the folder to write: a new or an empty one.
        test_data: labelled data to test on, if they stand elsewhere.
        label_free: learn the teacher's vectors though it has classes.
        weights: what the student begins with, as for pretrain; if none is given, random weights.
        recipe: a named set of numbers; every other option beats it.
        overwrite: replace the run that the folder holds.
    """


def run(words: list[str]) -> int:
    """Distil a teacher into a student.

    Example:
        >>> from selftaught.cli.distill import run
        >>> run(["--help"])
        usage: selftaught distill ...
        0
    """
    words = [word if word.partition("=")[0] != "--student" else word.replace("student", "encoder", 1) for word in words]
    name = "simreg" if "--label-free" in words or "--label_free" in words else "distillation"
    arguments = read_arguments(words, _schema("distillation"))
    if arguments.help:
        print(_schema(name).help())
        return 0
    [path] = arguments.take(["RUN"])
    from selftaught.runs.distilling import distill, method_for

    schema = _schema(method_for(path, label_free=bool(arguments.given.get("label_free"))))
    given = read_arguments(words, schema).given
    chosen: dict[str, Any] = schema.part("run", schema.defaults() | dict(given))
    asked = {option: value for option, value in given.items() if schema.options[option].part != "run"}
    if "teacher" in asked:
        raise UserError("unexpected --teacher: the teacher is RUN, the first word")
    if chosen["out"] is None:
        raise UserError("missing --out: expected a folder for the run, as in --out runs/student")
    if chosen["data"] is None and (chosen["recipe"] is None or find_recipe(chosen["recipe"]).data is None):
        raise UserError("missing --data: expected photos/, or a built-in name, a file or hub:NAME")
    data, out = chosen.pop("data"), chosen.pop("out")
    with Bars() as bars:
        command = ["selftaught", "distill", *words]
        watching = [shows_looks(bars)]
        student = distill(path, data, out, **chosen, settings=asked, command=command, track=bars, onlookers=watching)
        record, folder = student.record, student.folder
        bars.say(f"trained {record.steps:,} step{'s' * (record.steps != 1)} in {duration(record.seconds)}")
        bars.say(f"encoder: {folder.encoder}")
        bars.say(f"report:  {folder.report}")
    if folder.classification.is_file():
        found = json.loads(folder.classification.read_text(encoding="utf-8"))
        print(accuracy_in_words("student:", found["student"]))
        print(accuracy_in_words("teacher:", found["teacher"]))
    elif not folder.classifier.is_dir():
        print(f"next: selftaught evaluate {student.path} --data LABELLED --against {path}")
    return 0


def _schema(name: str) -> Schema:
    schema = Schema("selftaught distill RUN --data DATA --student NAME --out RUN2 [options]", _RUN)
    schema.add("run", _options)
    return method_schema(find_method(name), schema)
