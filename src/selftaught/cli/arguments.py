"""From the words of a command line to values, checked one by one against a schema."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selftaught.core.errors import UserError
from selftaught.runs.schema import Option, Schema

__all__ = ["Arguments", "read_arguments"]

_SWITCH_VALUES = ("true", "false", "yes", "no", "on", "off")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?,?", re.IGNORECASE)


@dataclass(frozen=True)
class Arguments:
    """What a user wrote.

    Args:
        positional: words that belong to no option.
        given: the value of each option that was named, in its own type.
        help: whether help was asked for.

    Example:
        >>> from selftaught.cli.arguments import Arguments
        >>> Arguments(["runs/simclr"], {}, help=False).take(["RUN"])
        ['runs/simclr']
    """

    positional: Sequence[str]
    given: Mapping[str, Any]
    help: bool

    def take(self, names: Sequence[str]) -> list[str]:
        """The positional words, exactly one for each name.

        Raises:
            UserError: one is missing or too many.
        """
        if len(self.positional) < len(names):
            raise UserError(f"missing {names[len(self.positional)]}")
        if len(self.positional) > len(names):
            wanted = f"only {' '.join(names)}" if names else "only options"
            raise UserError(f"unexpected '{self.positional[len(names)]}': expected {wanted} (options begin with --)")
        return list(self.positional)


def read_arguments(words: Sequence[str], schema: Schema) -> Arguments:
    """Read words against the options of a schema.

    `--name value`, `--name=value`, hyphens or underscores; a switch needs no value; numbers of a list follow each other
    or stand with commas between them. No abbreviations. The last of an option named twice counts.

    Raises:
        UserError: an unknown option, a value missing or not of its type.

    Example:
        >>> from selftaught.cli.arguments import read_arguments
        >>> from selftaught.runs.schema import Schema
        >>> def bake(*, hours: float = 1.0, layers: tuple[int, int] = (1, 2), gently: bool = False) -> None: ...
        >>> schema = Schema("cook")
        >>> schema.add("baking", bake)
        >>> read_arguments(["cake", "--layers", "3", "4", "--gently", "--hours=2"], schema).given
        {'layers': (3, 4), 'gently': True, 'hours': 2.0}
    """
    wants_help = not {"-h", "--help"}.isdisjoint(words)
    try:
        positional, given = _read([word for word in words if word not in ("-h", "--help")], schema)
    except UserError:
        if not wants_help:
            raise
        positional, given = [], {}
    return Arguments(positional, given, wants_help)


def _read(words: Sequence[str], schema: Schema) -> tuple[list[str], dict[str, Any]]:
    positional: list[str] = []
    given: dict[str, Any] = {}
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("-") or word == "-":
            positional.append(word)
            continue
        flag, equals, value = word.partition("=")
        option = schema.option(flag)
        values = [value] if equals else _take_values(option, left)
        given.pop(option.name, None)
        given[option.name] = schema.check(flag, " ".join(values) if option.is_list else values[0])
    return positional, given


def _take_values(option: Option, left: list[str]) -> list[str]:
    if option.is_switch:
        return [left.pop(0)] if left and left[0].lower() in _SWITCH_VALUES else ["true"]
    if not left or left[0].startswith("--"):
        raise UserError(f"{option.flag}: expected {option.expected}, got nothing")
    values = [left.pop(0)]
    while option.is_list and left and _NUMBER.fullmatch(left[0]):
        values.append(left.pop(0))
    return values
