"""What `selftaught methods NAME` prints: a method's page as text, which is shipped with the package."""

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parts_figures import role_of, traced

from selftaught.core import Method
from selftaught.methods import MethodEntry
from selftaught.recipes import find_recipe, recipe_names

__all__ = ["method_text", "module_fields", "objectives_of"]

_WIDTH = 100


def method_text(entry: MethodEntry, method: type[Method[Any]], facts: Mapping[str, str]) -> str:
    """The page, in plain text.

    Args:
        entry: the method's row of the table of all.
        method: its class.
        facts: which fields of the row are told, and under which names.
    """
    sentence, fields = module_fields(inspect.getdoc(sys.modules[method.__module__]) or "")
    told = {words: str(getattr(entry, name)) for name, words in facts.items() if getattr(entry, name)}
    sections = {
        "Objective": [line for objective in objectives_of(method) for line in _objective(*objective)],
        "Parts": _parts(method),
        "Its own task, and chance": _chance(method),
        "Recipes": [line for recipe in recipe_names() for line in _recipe(recipe, entry.name)],
    }
    lines = [f"{entry.name} ({entry.class_name})", *_wrapped(sentence), "", *_table(told)]
    lines += ["", *_table({field.lower(): text for field, text in fields.items()})]
    for title, section in sections.items():
        lines += ["", title, *section] if section else []
    start = f"selftaught pretrain {entry.name} --help"
    return "\n".join([*lines, "", "Every number of it, explained", f"  {start}", ""])


def module_fields(document: str) -> tuple[str, dict[str, str]]:
    """The sentence after the method's name, and the fields Paper, Needs, Differs with their lines joined."""
    title, _, rest = document.partition("\n\n")
    sentence = " ".join(title.split()).partition(": ")[2]
    fields: dict[str, str] = {}
    for line in rest.splitlines():
        opening = re.match(r"([A-Z]\w+) {2,}(\S.*)", line)
        if opening:
            fields[opening[1]] = opening[2]
        elif line.strip() and fields:
            last = next(reversed(fields))
            fields[last] += " " + line.strip()
    return sentence[:1].upper() + sentence[1:], fields


def objectives_of(method: type[Method[Any]]) -> Iterator[tuple[str, str, list[str]]]:
    """What the method's file takes from `selftaught.objectives`: its name, what it is, and the lines of its formula."""
    for name, value in sorted(vars(sys.modules[method.__module__]).items()):
        if inspect.isfunction(value) and value.__module__.startswith("selftaught.objectives"):
            words = (inspect.getdoc(value) or "").partition("\nArgs:")[0]
            sentence = " ".join(words.partition("\n\n")[0].split())
            yield name, sentence, [line[4:] for line in words.splitlines() if line.startswith("    ")]


def _objective(name: str, sentence: str, formula: Sequence[str]) -> list[str]:
    return [*_wrapped(f"{name}: {sentence}"), *(f"      {line}".rstrip() for line in formula)]


def _parts(method: type[Method[Any]]) -> list[str]:
    """Who gives what to whom; gradients flow back along ===>, and not along --->."""
    trace, parts = traced(method)
    places = {part: place for place, part in enumerate(["views", *parts])}  # losses come last
    edges = sorted(trace.edges.items(), key=lambda edge: [(places.get(part, len(places)), part) for part in edge[0]])
    lines = [f"  {before} {'===>' if style == 'solid' else '--->'} {after}" for (before, after), style in edges]
    roles: dict[str, list[str]] = {}
    for part, modules in parts.items():
        times = f", {trace.calls[part]} times" if trace.calls.get(part, 0) > 1 else ""
        roles.setdefault(role_of(modules), []).append(f"{part} ({type(modules[0]).__name__}{times})")
    told = {role: ", ".join(names) for role, names in roles.items()}
    return ["  gradients flow back along ===>, not along --->", *lines, *_table(told)]


def _chance(method: type[Method[Any]]) -> list[str]:
    words = "" if method.chance is Method.chance else inspect.getdoc(method.chance) or ""
    return _wrapped(words) if words else []


def _recipe(recipe: str, name: str) -> list[str]:
    if find_recipe(recipe).method != name:
        return []
    title, _, rest = (inspect.getdoc(sys.modules[f"selftaught.recipes.{recipe}"]) or "").partition("\n\n")
    fields = module_fields(f": \n\n{rest}")[1]
    return [
        f"  --recipe {recipe}",
        *_wrapped(title, 4),
        *_table({key.lower(): text for key, text in fields.items()}, 4),
    ]


def _table(values: Mapping[str, str], indent: int = 2) -> list[str]:
    width = max(map(len, values), default=0)
    lines: list[str] = []
    for name, value in values.items():
        first = f"{' ' * indent}{name:<{width}}  "
        lines += textwrap.wrap(
            " ".join(value.split()),
            _WIDTH,
            initial_indent=first,
            subsequent_indent=" " * len(first),
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def _wrapped(words: str, indent: int = 2) -> list[str]:
    space = " " * indent
    return textwrap.wrap(
        " ".join(words.split()),
        _WIDTH,
        initial_indent=space,
        subsequent_indent=space,
        break_long_words=False,
        break_on_hyphens=False,
    )
