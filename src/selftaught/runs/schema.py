"""Signatures are the schema: the options of a command are the keyword arguments of the things it builds."""

import inspect
import types
from argparse import SUPPRESS, Action, ArgumentError
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from jsonargparse import ArgumentParser, DefaultHelpFormatter

from selftaught.core.errors import UserError, nearest, unknown_name

__all__ = ["Option", "Schema"]

_SHORT = {"encoder": "encoder.name"}
_TEXT = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Option:
    """One value that a user may set.

    Args:
        name: with underscores; a dot stands between the name of a nested part and its argument.
        part: which thing's signature it comes from.
        hint: its type.

    Example:
        >>> from selftaught.runs.schema import Option
        >>> Option("crop_scale", "views", tuple[float, float]).flag
        '--crop-scale'
    """

    name: str
    part: str
    hint: Any

    @property
    def flag(self) -> str:
        """How it is written on the command line."""
        return _flag(self.name)

    @property
    def kinds(self) -> tuple[Any, ...]:
        """The types that will do: those of a union one by one."""
        return get_args(self.hint) if get_origin(self.hint) in (Union, types.UnionType) else (self.hint,)

    @property
    def is_switch(self) -> bool:
        """Whether it is true when named without a value."""
        return bool in self.kinds

    @property
    def is_list(self) -> bool:
        """Whether several values may follow."""
        return any(get_origin(kind) in (tuple, list, Sequence) for kind in self.kinds)

    @property
    def expected(self) -> str:
        """What will do, in words."""
        kinds = [kind for kind in self.kinds if not (kind is int and float in self.kinds)]
        return " or ".join(map(_words, kinds))


class Schema:
    """The options of a command, gathered from the signatures of what it builds; names are unique among all parts.

    Args:
        usage: the command, as shown above its help.
        description: what the command does.
        epilog: what stands below its help.

    Example:
        >>> from selftaught.runs.schema import Schema
        >>> def bake(*, hours: float = 1.0) -> None:
        ...     '''Bake.
        ...
        ...     Args:
        ...         hours: how long.
        ...     '''
        >>> schema = Schema("cook")
        >>> schema.add("baking", bake)
        >>> schema.check("hours", "2")
        2.0
    """

    def __init__(self, usage: str = "", description: str = "", epilog: str = "") -> None:
        self._parser = ArgumentParser(
            prog=usage,
            usage=usage,
            description=description,
            epilog=epilog,
            exit_on_error=False,
            formatter_class=_Help,
            add_help=False,
            allow_abbrev=False,
        )
        self.options: dict[str, Option] = {}

    def add(self, part: str, signature: Callable[..., Any], *, prefix: str = "", skip: Iterable[str] = ()) -> None:
        """Make options of the keyword arguments of a class or a function.

        Args:
            part: what their group is called in the help.
            signature: the class or function.
            prefix: set before their names, with a dot.
            skip: arguments that the caller gives itself.
        """
        if inspect.isclass(signature):
            names = self._parser.add_class_arguments(signature, prefix or None, skip=set(skip))
        else:
            names = self._parser.add_function_arguments(signature, prefix or None, skip=set(skip))
        hints = get_type_hints(cast(Any, signature).__init__ if inspect.isclass(signature) else signature)
        for name in names:
            self.options[name] = Option(name, part, hints[name.rpartition(".")[2]])

    def option(self, given: str) -> Option:
        """The option that a user means, written with hyphens or underscores, in full.

        Raises:
            UserError: there is none.
        """
        name = given.removeprefix("--").replace("-", "_")
        name = _SHORT.get(name, name)
        if name not in self.options:
            raise unknown_name("option", given, [option.flag for option in self.options.values()])
        return self.options[name]

    def check(self, given: str, value: object) -> Any:
        """The value of an option in its own type; text is read.

        Raises:
            UserError: there is no such option, or the value is not of its type.
        """
        option = self.option(given)
        try:
            read = self._parser.parse_object({option.name: _read(option, value)})
        except ArgumentError:
            raise UserError(
                f"{option.flag}: expected {option.expected}, got {_show(value)}{_hint(option, value)}"
            ) from None
        return read[option.name]

    def set_defaults(self, values: Mapping[str, object]) -> None:
        """Replace defaults, which the help then shows.

        Raises:
            UserError: as `check`.
        """
        for name, value in values.items():
            self._parser.set_defaults({self.option(name).name: self.check(name, value)})

    def defaults(self) -> dict[str, Any]:
        """The value of every option that nobody sets."""
        defaults = self._parser.get_defaults()
        return {name: defaults[name] for name in self.options}

    def part(self, part: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of one part among the values of all, by their names in its signature."""
        return {name.rpartition(".")[2]: values[name] for name, option in self.options.items() if option.part == part}

    def help(self) -> str:
        """Every option with its explanation and its default."""
        return self._parser.format_help()


class _Help(DefaultHelpFormatter):
    """Writes option names with hyphens, and each default as it would be typed."""

    def add_arguments(self, actions: Iterable[Action]) -> None:
        super().add_arguments(action for action in actions if action.default != SUPPRESS)  # whole parts from a file

    def _format_action_invocation(self, action: Action) -> str:
        metavar = _metavar(action.default)
        return f"{_flag(action.dest)} {metavar if ',' in metavar else self._format_args(action, metavar)}"

    def _expand_help(self, action: Action) -> str:
        text = (action.help or "").rstrip(".")
        return text if action.default is None else f"{text} (default: {_show(action.default)})"


def _flag(name: str) -> str:
    short = {full: short for short, full in _SHORT.items()}
    return "--" + short.get(name, name).replace("_", "-")


def _metavar(default: object) -> str:
    if isinstance(default, tuple):
        return ",".join(map(_metavar, cast("tuple[object, ...]", default)))
    if isinstance(default, float):
        return "X"
    return "N" if isinstance(default, int) else "VALUE"


def _words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, get_args(kind)))
    if get_origin(kind) is tuple and ... not in get_args(kind):
        return f"{len(get_args(kind))} numbers, as in " + ",".join(["0.5"] * len(get_args(kind)))
    if get_origin(kind) in (tuple, list, Sequence):
        return "numbers, as in 0.5,0.5"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", type(None): "none"}
    return words.get(kind, str(kind))


def _read(option: Option, value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lower() in ("none", "null") and type(None) in option.kinds:
        return None
    if option.is_switch:
        return _TEXT.get(value.lower(), value)
    if option.is_list:
        return value.strip("[]()").replace(",", " ").split()
    return value


def _show(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(map(_show, cast("Sequence[object]", value)))
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _hint(option: Option, value: object) -> str:
    choices = [str(choice) for kind in option.kinds if get_origin(kind) is Literal for choice in get_args(kind)]
    near = nearest(str(value), choices)
    return f" (did you mean '{near}'?)" if near else ""
