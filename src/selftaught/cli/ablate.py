"""`selftaught ablate METHOD --vary NAME=VALUES`: every combination of some settings, as a table and a heat map."""

import json
import sys
from contextlib import redirect_stdout
from typing import Any

from selftaught.cli.arguments import read_arguments
from selftaught.cli.leaderboard import print_leaderboard
from selftaught.cli.progress import Bars
from selftaught.core import UserError
from selftaught.methods import METHODS, find_method
from selftaught.runs.schema import Schema
from selftaught.runs.settings import method_schema

__all__ = ["run"]

_USAGE = "selftaught ablate {} --vary NAME=VALUE,VALUE [--vary ...] --data DATA [--seeds K] --out DIR [options]"
_TOLD = (
    "Trains and measures every combination of the values of --vary, which may be given several times; NAME is any "
    "option of `selftaught pretrain METHOD`. Values that are themselves several numbers have a / between them, as in "
    "crop_scale=0.2,1/0.5,1. The same command again goes on where it stopped; values and seeds may be added."
)


def _options(
    *,
    data: str | None = None,
    out: str | None = None,
    seeds: int = 1,
    labelled: str | None = None,
    test_data: str | None = None,
    recipe: str = "fit",
    protocols: str | None = None,
    tune_labels: str | None = None,
    label: str | None = None,
    split_by: str | None = None,
    only: str | None = None,
    json: bool = False,
) -> None:
    """The study.

    Args:
        data: what the method learns from, as of `pretrain`; its labels, if it has any, are used only to measure.
        out: the folder of the study: a new one, or one that the same command has begun.
        seeds: how many trainings each combination has. With one, differences of seeds pass for those of settings.
        labelled: labelled data that teach the probes, if DATA has no labels.
        test_data: labelled data that test them; if none are given and the data come in one part, a fifth is kept out.
        recipe: whose numbers the method takes: fit is its recipe for these data, if there is one, else its defaults;
            none is always its defaults; or the name of a recipe.
        protocols: what to measure, as of `evaluate`.
        tune_labels: on how many labels supervised and fine_tune train, as of `evaluate`.
        label: the column of the labels, as of `evaluate`.
        split_by: a column whose groups are kept out whole, as of `evaluate`.
        only: K/N does every N-th run from the K-th and no leaderboard, so that N machines can share DIR; the same
            command without it makes the leaderboard in the end.
        json: print the leaderboard as one JSON object, alone, on standard output.
    """


def run(words: list[str]) -> int:
    """Vary settings of a method.

    Example:
        >>> from selftaught.cli.ablate import run
        >>> run(["--help"])
        usage: selftaught ablate METHOD ...
        0
    """
    name = next((word for word in words if word in METHODS), next(iter(words), "--help"))
    if name in ("--help", "-h"):
        print(
            f"usage: {_USAGE.format('METHOD')}\n\n{_TOLD}\n\n`selftaught ablate METHOD --help` explains every option."
        )
        return 0
    if name.startswith("-"):
        raise UserError(f"missing METHOD: expected one of {', '.join(sorted(METHODS))}")
    method = find_method(name)
    schema = Schema(_USAGE.format(name), _TOLD)
    schema.add("study", _options)
    rest, varied = _take_varied(words)
    rest.remove(name)
    arguments = read_arguments(rest, method_schema(method, schema))
    if arguments.help:
        print(schema.help())
        return 0
    arguments.take([])
    chosen: dict[str, Any] = schema.part("study", schema.defaults() | dict(arguments.given))
    for option in ("data", "out"):
        if chosen[option] is None:
            raise UserError(f"missing --{option}")
    settings = {option: value for option, value in arguments.given.items() if schema.options[option].part != "study"}
    as_json, data, out = chosen.pop("json"), chosen.pop("data"), chosen.pop("out")
    from selftaught.cli.pretrain import shows_looks
    from selftaught.runs import ablate
    from selftaught.runs.ablating import read_varied

    with redirect_stdout(sys.stderr), Bars() as bars:
        board = ablate(
            name,
            data,
            out,
            vary=read_varied(method_schema(method), varied),
            **chosen,
            settings=settings,
            command=["selftaught", "ablate", *words],
            tell=bars.say,
            track=bars,
            onlookers=[shows_looks(bars)],
        )
    if board is not None and as_json:
        print(json.dumps(board, indent=2))
    elif board is not None:
        print_leaderboard(board)
        print(f"report: {out}/report.html")
    return 0


def _take_varied(words: list[str]) -> tuple[list[str], list[str]]:
    """The words without `--vary`, and what each `--vary` says."""
    rest, varied, left = list[str](), list[str](), list(words)
    while left:
        word = left.pop(0)
        flag, equals, value = word.partition("=")
        if flag != "--vary":
            rest.append(word)
        elif equals:
            varied.append(value)
        elif left and not left[0].startswith("-"):
            varied.append(left.pop(0))
        else:
            raise UserError("--vary: expected NAME=VALUE,VALUE, as in temperature=0.1,0.5, got nothing")
    return rest, varied
