"""`selftaught methods [NAME] [--json]`: read from the table, without loading torch."""

import json
from dataclasses import asdict
from importlib.resources import files

from selftaught.methods import METHODS, MethodEntry

__all__ = ["run"]

_HELP = """usage: selftaught methods [NAME] [--json]

Every method: family, kind of data, architecture, where the loss is measured, remedy against collapse, paper.

  NAME    only this one, whole: objective, parts, needs, departures from the paper, recipes and what they reached
  --json  one JSON object, alone, on standard output
  --help  this text"""


def run(words: list[str]) -> int:
    """Print the table, or the page of one method.

    Example:
        >>> from selftaught.cli.methods import run
        >>> run(["--help"])
        usage: selftaught methods ...
        0
    """
    if "--help" in words or "-h" in words:
        print(_HELP)
        return 0
    names = [word for word in words if word != "--json"]
    wrong = [name for name in names if name.startswith("-")] or names[1:]
    if wrong:
        from selftaught.core import UserError

        raise UserError(f"unexpected '{wrong[0]}': expected at most one NAME and --json")
    entries = [_entry(name) for name in names] or list(METHODS.values())
    if "--json" in words:
        every = {"methods": [asdict(entry) for entry in entries]}
        print(json.dumps(asdict(entries[0]) | {"page": _page(entries[0])} if names else every, indent=2))
    else:
        print(_page(entries[0]) if names else "\n\n".join(map(_words, entries)), end="" if names else "\n")
    return 0


def _entry(name: str) -> MethodEntry:
    if name not in METHODS:
        from selftaught.core import unknown_name

        raise unknown_name("method", name, METHODS)
    return METHODS[name]


def _page(entry: MethodEntry) -> str:
    """Written by docs/generate.py, as what it tells is spread over files that load torch."""
    return (files("selftaught.methods") / "pages" / f"{entry.name}.txt").read_text(encoding="utf-8")


def _words(entry: MethodEntry) -> str:
    values = {name: value for name, value in asdict(entry).items() if value}
    title = f"{values.pop('name')} ({values.pop('class_name')})"
    width = max(map(len, values))
    return "\n".join([title, *(f"  {name.replace('_', ' '):<{width}}  {value}" for name, value in values.items())])
