"""`selftaught embed RUN`: one vector an item, in a table."""

from selftaught.cli.arguments import read_arguments
from selftaught.cli.progress import Bars
from selftaught.core import UserError
from selftaught.runs.schema import Schema

__all__ = ["run"]


def _options(
    *,
    data: str | None = None,
    out: str | None = None,
    positions: bool = False,
    label: str | None = None,
    text_column: str | None = None,
    encoding: str | None = None,
    device: str = "auto",
    overwrite: bool = False,
    strict: bool = False,
) -> None:
    """The table.

    Args:
        data: of the kind the run learned from: a built-in name, a folder, hub:NAME, or a file.
        out: the file to write, ending in .parquet or .npz; it has a key, an embedding and, if there are any, a label
            for every item.
        positions: write the vectors of the positions inside each item: of patches, tokens, frames.
        label: the column that holds the labels; if none is given, the usual one.
        text_column: the column that holds the texts; if none is given, `text`, or the only one with words.
        encoding: of text files, if it is not UTF-8.
        device: auto, cpu, cuda or mps.
        overwrite: replace the file.
        strict: stop at an item that cannot be read, instead of leaving it out.
    """


def run(words: list[str]) -> int:
    """Embed items.

    Example:
        >>> from selftaught.cli.embed import run
        >>> run(["--help"])
        usage: selftaught embed ...
        0
    """
    schema = Schema("selftaught embed RUN --data DATA --out FILE.parquet|.npz [options]")
    schema.add("table", _options)
    arguments = read_arguments(words, schema)
    if arguments.help:
        print(schema.help())
        return 0
    chosen = schema.defaults() | dict(arguments.given)
    [path] = arguments.take(["RUN"])
    for name in ("data", "out"):
        if chosen[name] is None:
            raise UserError(f"missing --{name}")
    from selftaught.runs import embed

    with Bars() as bars:
        file = embed(path, chosen.pop("data"), chosen.pop("out"), **chosen, tell=bars.say, track=bars)
        bars.say(f"wrote {file}")
    return 0
