"""`selftaught explore RUN`: a table of vectors, places and items, and a viewer on it."""

import subprocess

from selftaught.cli.arguments import read_arguments
from selftaught.cli.progress import Bars
from selftaught.core import UserError
from selftaught.runs.schema import Schema

__all__ = ["run"]


def _options(
    *,
    data: str | None = None,
    out: str | None = None,
    only_write: bool = False,
    label: str | None = None,
    text_column: str | None = None,
    encoding: str | None = None,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    strict: bool = False,
) -> None:
    """The table.

    Args:
        data: of the kind the run learned from: a built-in name, a folder, hub:NAME, or a file.
        out: the file to write, ending in .parquet; if none is given, explore.parquet in the run's folder.
        only_write: write the table and open no viewer.
        label: the column that holds the labels; if none is given, the usual one.
        text_column: the column that holds the texts; if none is given, `text`, or the only one with words.
        encoding: of text files, if it is not UTF-8.
        device: auto, cpu, cuda or mps.
        seed: of the projection and of the clusters.
        overwrite: replace the file.
        strict: stop at an item that cannot be read, instead of leaving it out.
    """


def run(words: list[str]) -> int:
    """Write the table, and open it in embedding-atlas until that is stopped.

    Example:
        >>> from selftaught.cli.explore import run
        >>> run(["--help"])
        usage: selftaught explore ...
        0
    """
    schema = Schema("selftaught explore RUN --data DATA [--out FILE.parquet] [options]")
    schema.add("table", _options)
    arguments = read_arguments(words, schema)
    if arguments.help:
        print(schema.help())
        return 0
    chosen = schema.defaults() | dict(arguments.given)
    [path] = arguments.take(["RUN"])
    if chosen["data"] is None:
        raise UserError("missing --data")
    from selftaught.runs import explore
    from selftaught.runs.exploring import viewer_command

    only_write = chosen.pop("only_write")
    with Bars() as bars:
        file = explore(path, chosen.pop("data"), chosen.pop("out"), **chosen, tell=bars.say, track=bars)
        bars.say(f"wrote {file}")
    if only_write:
        return 0
    command = viewer_command(file)
    if command is None:
        raise UserError(
            f"embedding-atlas is not installed, which would show {file}: install it with pip install "
            "'selftaught[explore]', or give --only-write"
        )
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:  # how its user stops it
        return 0
