"""`selftaught profile METHOD`: where the time and the memory of a training step go."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from selftaught.cli.arguments import read_arguments
from selftaught.cli.progress import Bars
from selftaught.core import UserError
from selftaught.methods import METHODS, find_method
from selftaught.runs.schema import Schema
from selftaught.runs.settings import method_schema

if TYPE_CHECKING:
    from selftaught.runs.profiling import Profile

__all__ = ["run"]


def _options(
    *, data: str | None = None, weights: str | None = None, recipe: str | None = None, json: bool = False
) -> None:
    """The profile.

    Args:
        data: what the method would learn from; if none is given, what the recipe was made for.
        weights: what the encoder would begin with, as of `pretrain`.
        recipe: a named set of numbers; every other option beats it.
        json: print one JSON object, alone, on standard output.
    """


def run(words: list[str]) -> int:
    """Profile a few steps of a run that is not kept.

    Example:
        >>> from selftaught.cli.profile import run
        >>> run(["simclr", "--help"])
        usage: selftaught profile simclr ...
        0
    """
    name = next((word for word in words if word in METHODS), None)
    if name is None:
        usage = "selftaught profile METHOD --data DATA [--json] [any option of pretrain]"
        if not words or set(words) <= {"--help", "-h"}:
            print(f"usage: {usage}\n\nWhere the time and the memory of a training step go, and what to change.")
            return 0
        raise UserError(f"missing METHOD: expected one of {', '.join(sorted(METHODS))}")
    schema = Schema(f"selftaught profile {name} --data DATA [--json] [options]", "Options are those of `pretrain`.")
    schema.add("profile", _options)
    rest = list(words)
    rest.remove(name)
    arguments = read_arguments(rest, method_schema(find_method(name), schema))
    if arguments.help:
        print(schema.help())
        return 0
    arguments.take([])
    chosen: dict[str, Any] = schema.part("profile", schema.defaults() | dict(arguments.given))
    asked = {option: value for option, value in arguments.given.items() if schema.options[option].part != "profile"}
    as_json = chosen.pop("json")
    from selftaught.runs.planning import plan_run
    from selftaught.runs.profiling import profile_plan

    with Bars() as bars:
        data, out = chosen.pop("data"), f"runs/profile-of-{name}"  # nothing is written there
        plan = plan_run(name, data, out, settings=asked, overwrite=True, track=bars, **chosen)
        bars.say(f"found a {plan.record.data.found}")
        found = profile_plan(plan, track=bars)
    if as_json:
        rates = {"items_per_second": found.items_per_second, "share_of_encoder": found.share_of_encoder}
        print(json.dumps(asdict(found) | rates, indent=2))
    else:
        _show(found)
    return 0


def _show(found: "Profile") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    times = Table(
        "part of a step", "ms", "share", title=f"batch of {found.batch_size}, {found.device}, {found.precision}"
    )
    left = found.seconds_per_step - sum(found.seconds.values())
    for part, seconds in [*found.seconds.items(), ("bookkeeping", left), ("whole step", found.seconds_per_step)]:
        times.add_row(part, f"{1000 * seconds:,.1f}", f"{seconds / found.seconds_per_step:.0%}")
    memory = Table("memory", "MB")
    for part, size in found.bytes.items():
        memory.add_row(part, f"{size / 1e6:,.1f}")
    for table in (times, memory):
        for column in table.columns[1:]:
            column.justify = "right"
        console.print(table)
    limit = found.batch_size / found.encoder_seconds
    console.print(
        f"{found.items_per_second:,.0f} items a second over {found.steps} steps; the encoder alone would do "
        f"{limit:,.0f}: a step reaches {found.share_of_encoder:.0%} of that",
        soft_wrap=True,
    )
    for line in found.advice or ["nothing that was measured would make it faster"]:
        console.print(f"  {line}", markup=False, soft_wrap=True)
