"""`selftaught compare METHOD...`: the same data, network and budget for all, and one leaderboard."""

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

__all__ = ["run"]

_USAGE = (
    "selftaught compare METHOD... --data DATA [--test-data DATA] (--minutes-each M | --epochs N) [--seeds K] --out DIR"
)
_TOLD = (
    "Every run is a run folder of its own in DIR. The same command again goes on where it stopped; methods and seeds "
    "may be added. Options of training, input, encoder and watching hold for all methods, and beat their recipes. "
    "--encoder fit is the first of the methods' usual networks that all can take; own leaves each its own."
)


def _options(
    *,
    data: str | None = None,
    out: str | None = None,
    epochs: int | float | None = None,
    minutes_each: float | None = None,
    seeds: int = 3,
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
    """The comparison.

    Args:
        data: what all methods learn from, as of `pretrain`; its labels, if it has any, are used only to measure.
        out: the folder of the comparison: a new one, or one that the same command has begun.
        epochs: passes over the data that each run has; or
        minutes_each: minutes of training that each run has.
        seeds: how many trainings each method has. Of fewer than three, little can be said.
        labelled: labelled data that teach the probes, if DATA has no labels.
        test_data: labelled data that test them; if none are given and the data come in one part, a fifth is kept out.
        recipe: whose numbers a method takes: fit is its recipe for these data, if there is one, else its defaults; none
            is always its defaults; or names of recipes with commas between, each for its method, fit for the others.
        protocols: what to measure, as of `evaluate`.
        tune_labels: on how many labels supervised and fine_tune train, as of `evaluate`.
        label: the column of the labels, as of `evaluate`.
        split_by: a column whose groups are kept out whole, as of `evaluate`.
        only: K/N does every N-th run from the K-th and no leaderboard, so that N machines can share DIR; the same
            command without it makes the leaderboard in the end.
        json: print the leaderboard as one JSON object, alone, on standard output.
    """


def run(words: list[str]) -> int:
    """Compare methods.

    Example:
        >>> from selftaught.cli.compare import run
        >>> run(["--help"])
        usage: selftaught compare ...
        0
    """
    from selftaught.runs.kinds import kind_of
    from selftaught.runs.settings import add_encoder_options
    from selftaught.runs.watch_settings import WatchSettings
    from selftaught.training.settings import TrainingSettings

    named = [word for word in words if word in METHODS]
    kind = kind_of(find_method(named[0] if named else "simclr"))
    schema = Schema(_USAGE, _TOLD, f"methods: {', '.join(METHODS)}")
    schema.add("comparison", _options)
    add_encoder_options(schema, kind)
    if "encoder.name" in schema.options:
        schema.set_defaults({"encoder.name": "fit"})
    schema.add("input", kind.input_settings)
    schema.add("training", TrainingSettings, skip={"epochs", "minutes", "seed"})
    schema.add("watch", WatchSettings)
    arguments = read_arguments(words, schema)
    if arguments.help:
        print(schema.help())
        return 0
    chosen: dict[str, Any] = schema.part("comparison", schema.defaults() | dict(arguments.given))
    if not arguments.positional:
        raise UserError(f"missing METHOD: expected some of {', '.join(sorted(METHODS))}")
    for name in ("data", "out"):
        if chosen[name] is None:
            raise UserError(f"missing --{name}")
    settings = {
        name: value
        for name, value in arguments.given.items()
        if schema.options[name].part != "comparison" and name != "encoder.name"
    }
    as_json, data, out = chosen.pop("json"), chosen.pop("data"), chosen.pop("out")
    from selftaught.cli.pretrain import shows_looks
    from selftaught.runs import compare

    with redirect_stdout(sys.stderr), Bars() as bars:
        board = compare(
            arguments.positional,
            data,
            out,
            **chosen,
            encoder=arguments.given.get("encoder.name", "fit"),
            settings=settings,
            command=["selftaught", "compare", *words],
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
