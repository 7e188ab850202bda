"""`selftaught demo`: pre-train, evaluate and report on the images that ship with selftaught."""

import time
from pathlib import Path

from selftaught.cli.arguments import read_arguments
from selftaught.cli.evaluate import print_evaluation
from selftaught.cli.progress import Bars, duration
from selftaught.runs.folder import RunFolder
from selftaught.runs.record import read_record
from selftaught.runs.schema import Schema

__all__ = ["run"]

_RECIPE = "simclr_fashion_mnist_10k"


def _options(*, out: str = "selftaught-demo", device: str = "auto", seed: int = 0) -> None:
    """The demo.

    Args:
        out: the folder to write; an earlier demo in it is replaced.
        device: auto, cpu, cuda or mps.
        seed: of every random choice.
    """


def run(words: list[str]) -> int:
    """Run the demo.

    Example:
        >>> from selftaught.cli.demo import run
        >>> run(["--help"])
        usage: selftaught demo ...
        0
    """
    schema = Schema("selftaught demo [--out RUN]", "SimCLR on 8,000 pictures of clothes, tested on 2,000 others.")
    schema.add("demo", _options)
    arguments = read_arguments(words, schema)
    if arguments.help:
        print(schema.help())
        return 0
    arguments.take([])
    chosen = schema.defaults() | dict(arguments.given)
    from selftaught.cli.pretrain import shows_looks
    from selftaught.recipes import find_recipe
    from selftaught.runs import evaluate
    from selftaught.runs.planning import plan_run
    from selftaught.runs.pretraining import train_plan

    began = time.monotonic()
    recipe = find_recipe(_RECIPE)
    with Bars() as bars:
        plan = plan_run(
            recipe.method,
            None,
            chosen["out"],
            recipe=_RECIPE,
            settings={"device": chosen["device"], "seed": chosen["seed"]},
            overwrite=_holds_demo(RunFolder(Path(chosen["out"]))),
            command=["selftaught", "demo", *words],
            track=bars,
        )
        finished = train_plan(plan, report=False, track=bars, onlookers=[shows_looks(bars)])
        measured = evaluate(finished, recipe.data, device=chosen["device"], track=bars)
    print_evaluation(measured)
    print(f"{duration(time.monotonic() - began)} in all; open this page: {finished.folder.report.resolve()}")
    return 0


def _holds_demo(folder: RunFolder) -> bool:
    return folder.holds_run() and read_record(folder.record).command[:2] == ("selftaught", "demo")
