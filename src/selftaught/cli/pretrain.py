"""`selftaught pretrain METHOD`: reads the options, plans the run, trains it, and says where it is."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from selftaught.cli.arguments import read_arguments
from selftaught.cli.progress import Bars, duration
from selftaught.core import UserError
from selftaught.methods import METHODS, find_method
from selftaught.recipes import find_recipe, recipe_names
from selftaught.runs.schema import Schema
from selftaught.runs.settings import method_schema

if TYPE_CHECKING:
    from selftaught.runs import Run
    from selftaught.runs.planning import Plan
    from selftaught.training import Look

__all__ = ["run", "shows_looks"]

_DATA = (
    "DATA is what the method learns from: for images a built-in name (fashion-mnist-10k, cifar10, ...), a folder, "
    "hub:NAME, or a .parquet, .npz or .npy file; for text a .txt (a blank line begins a new document), .jsonl, .csv "
    "or .parquet file or a folder; for audio a folder of recordings or a .parquet file; for a graph a .npz file or a "
    "folder with edges.csv and nodes.csv. Names of options may be written with hyphens or underscores, not shortened."
)


def _new_run(
    *,
    data: str | None = None,
    out: str | None = None,
    weights: str | None = None,
    recipe: str | None = None,
    dry_run: bool = False,
    overwrite: bool = False,
) -> None:
    """The run.

    Args:
        data: what to learn from, see below; if none is given, what the recipe was made for.
        out: the folder to write: a new or an empty one.
        weights: what the encoder begins with: a safetensors or state-dict file, another run, or timm for timm's own;
            if none is given, random weights.
        recipe: a named set of numbers; every other option beats it.
        dry_run: resolve everything, estimate time and memory, write a page of sample views, and train nothing.
        overwrite: replace the run that the folder holds.
    """


def _resumed_run(
    *,
    resume: str | None = None,
    epochs: int | float | None = None,
    data: str | None = None,
    device: str | None = None,
    devices: int | None = None,
) -> None:
    """The run to continue.

    Args:
        resume: the folder of the run.
        epochs: so many more than it was to have, which also makes a finished run longer: the schedule of the learning
            rate is then that of the new length, from the step reached. If none is given, the run is finished as begun.
        data: where the data are now, if they moved. They must be the same.
        device: auto, cpu, cuda or mps, if it is to be another.
        devices: how many processes, if it is to be another number.
    """


def _repeated_run(*, repeat: str | None = None, out: str | None = None, overwrite: bool = False) -> None:
    """The run to repeat.

    Args:
        repeat: the run.json of the run, whose settings are all taken over.
        out: the folder to write: a new or an empty one.
        overwrite: replace the run that the folder holds.
    """


def run(words: list[str]) -> int:
    """Pre-train, resume or repeat.

    Example:
        >>> from selftaught.cli.pretrain import run
        >>> run(["--help"])
        usage: selftaught pretrain ...
        0
    """
    named = {word.partition("=")[0] for word in words}
    if "--resume" in named:
        return _resume(words)
    if "--repeat" in named:
        return _repeat(words)
    if not words or set(words) <= {"--help", "-h"}:
        print(_overview())
        return 0
    return _pretrain(words)


def _pretrain(words: list[str]) -> int:
    name = next((word for word in words if word in METHODS), words[0])
    if name.startswith("-"):
        raise UserError(f"missing METHOD: expected one of {', '.join(sorted(METHODS))}")
    method = find_method(name)
    rest = list(words)
    rest.remove(name)
    recipes = ", ".join(recipe for recipe in recipe_names() if find_recipe(recipe).method == name)
    schema = Schema(f"selftaught pretrain {name} --data DATA --out RUN [options]", _DATA, f"recipes: {recipes}")
    schema.add("run", _new_run)
    arguments = read_arguments(rest, method_schema(method, schema))
    chosen: dict[str, Any] = schema.part("run", schema.defaults() | dict(arguments.given))
    if arguments.help:
        if chosen["recipe"]:
            schema.set_defaults(find_recipe(chosen["recipe"]).settings)
        print(schema.help())
        return 0
    arguments.take([])
    data, out, dry_run = chosen.pop("data"), chosen.pop("out"), chosen.pop("dry_run")
    if out is None:
        raise UserError(f"missing --out: expected a folder for the run, as in --out runs/{name}")
    asked = {option: value for option, value in arguments.given.items() if schema.options[option].part != "run"}
    from selftaught.runs.planning import plan_run

    with Bars() as bars:
        command = ["selftaught", "pretrain", *words]
        plan = plan_run(name, data, out, settings=asked, command=command, track=bars, **chosen)
        bars.say(f"found a {plan.record.data.found}")
        for note in plan.record.views["left_out"]:
            bars.say(note)
        if plan.observer is not None:
            bars.say(f"watching {plan.observer.sample}")
        return _try_out(plan, bars) if dry_run else _train(plan, bars)


def _resume(words: list[str]) -> int:
    schema = Schema("selftaught pretrain --resume RUN [--epochs MORE] [options]")
    schema.add("run", _resumed_run)
    arguments = read_arguments(words, schema)
    if arguments.help:
        print(schema.help())
        return 0
    if arguments.positional:
        raise UserError(f"unexpected '{arguments.positional[0]}': a resumed run keeps its method and its settings")
    chosen = dict(arguments.given)
    from selftaught.runs import resume

    with Bars() as bars:
        _say_finished(resume(chosen.pop("resume"), **chosen, track=bars, onlookers=[shows_looks(bars)]), bars)
    return 0


def _repeat(words: list[str]) -> int:
    schema = Schema("selftaught pretrain --repeat run.json --out RUN [--overwrite]")
    schema.add("run", _repeated_run)
    arguments = read_arguments(words, schema)
    if arguments.help:
        print(schema.help())
        return 0
    arguments.take([])
    chosen = schema.defaults() | dict(arguments.given)
    if chosen["out"] is None:
        raise UserError("missing --out: expected a folder for the run that repeats it")
    from selftaught.runs import repeat

    with Bars() as bars:
        command = ["selftaught", "pretrain", *words]
        overwrite = chosen["overwrite"]
        plan = repeat(chosen["repeat"], chosen["out"], overwrite=overwrite, command=command, track=bars)
        return _train(plan, bars)


def _train(plan: "Plan", bars: Bars) -> int:
    from selftaught.runs.pretraining import train_plan

    _say_finished(train_plan(plan, track=bars, onlookers=[shows_looks(bars)]), bars)
    return 0


def _try_out(plan: "Plan", bars: Bars) -> int:
    from selftaught.runs.trial import try_out

    bars.say("timing a few steps")
    trial = try_out(plan)
    bars.say(
        f"would train {trial.steps:,} steps in about {duration(trial.seconds)}, with at most "
        f"{trial.peak_bytes / 1e9:.1f} GB of memory; sample views and every setting: {trial.page}"
    )
    return 0


def shows_looks(bars: Bars) -> "Callable[[Look], None]":
    """Puts the figures of each look at the encoder beside the bar, and what a person must know above it.

    Example:
        >>> import io
        >>> from rich.console import Console
        >>> from selftaught.cli.pretrain import shows_looks
        >>> from selftaught.cli.progress import Bars
        >>> from selftaught.training import Look
        >>> text = io.StringIO()
        >>> shows_looks(Bars(Console(file=text)))(Look(step=4, epoch=1.0, figures={"rankme": 2.0}, message="collapse"))
        >>> text.getvalue().strip()
        'collapse'
    """

    def show(look: "Look") -> None:
        if look.message is not None:
            bars.say(look.message)
        bars.note(", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in look.figures.items()))

    return show


def _say_finished(run: "Run", bars: Bars) -> None:
    record = run.record
    skipped = f"; could not read {record.data.skipped:,}, see {run.folder.skipped}" if record.data.skipped else ""
    bars.say(f"trained {record.steps:,} step{'s' * (record.steps != 1)} in {duration(record.seconds)}{skipped}")
    if record.compile_gain is not None:
        bars.say(f"compiled: a step is {record.compile_gain:.2f} times as fast as without")
    bars.say(f"encoder: {run.folder.encoder}")
    if best := record.watched.get("best"):
        bars.say(f"best:    {run.folder.encoder_best}, {best['figure']} {best['value']:.3g} at step {best['step']:,}")
    bars.say(f"report:  {run.folder.report}")
    bars.say(f"next:    selftaught evaluate {run.path} --data LABELLED")


def _overview() -> str:
    width = max(map(len, METHODS))
    methods = "\n".join(
        f"  {name:<{width}}  {entry.paper}: {entry.against_collapse}" for name, entry in METHODS.items()
    )
    return (
        "usage: selftaught pretrain METHOD --data DATA --out RUN [options]\n"
        "       selftaught pretrain --resume RUN [--epochs MORE]\n"
        "       selftaught pretrain --repeat run.json --out RUN\n\n"
        f"Unlabelled data in, an encoder out. {_DATA}\n\nmethods:\n{methods}\n\n"
        "selftaught pretrain METHOD --help explains every option."
    )
