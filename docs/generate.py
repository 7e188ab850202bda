"""Writes what follows from the code: pages of methods, what `selftaught methods` and `--help` print, and the figures.

`python docs/generate.py` writes them; `pages()` only makes their text, for the test that they are up to date.
"""

import inspect
import io
import os
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from below_start import below_start
from docstring_parser import Docstring, google
from measured import measured
from method_text import method_text, module_fields, objectives_of
from parts_figures import parts_figure

from selftaught.cli import ablate, compare, distill, embed, evaluate, explore, finetune, pretrain, sample
from selftaught.core import Method
from selftaught.methods import METHODS, MethodEntry, find_method
from selftaught.recipes import find_recipe, recipe_names
from selftaught.runs.kinds import kind_named

__all__ = ["pages"]

DOCS = Path(__file__).resolve().parent
FIGURES = DOCS / "images" / "methods"
HELP = DOCS.parent / "src" / "selftaught" / "cli" / "help"
TEXTS = DOCS.parent / "src" / "selftaught" / "methods" / "pages"
FACTS = {
    "name": "command line",
    "family": "family",
    "kind": "data",
    "architecture": "architecture",
    "loss_measured_in": "loss measured in",
    "against_collapse": "against collapse",
    "choose": "when to choose it",
    "published": "published",
}


def pages() -> dict[Path, str]:
    """Every generated page: where it stands, and its text."""
    made = {DOCS / "methods" / f"{name}.md": _page(METHODS[name], find_method(name)) for name in METHODS}
    drawn = {
        FIGURES / f"{name}.svg": parts_figure(entry.class_name, find_method(name)) for name, entry in METHODS.items()
    }
    told = {TEXTS / f"{name}.txt": method_text(METHODS[name], find_method(name), FACTS) for name in METHODS}
    return {DOCS / "methods" / "index.md": _index()} | made | drawn | told | _help_texts()


def _help_texts() -> dict[Path, str]:
    commands = {f"pretrain-{name}": (pretrain.run, [name, "--help"]) for name in METHODS}
    others = {"ablate": ablate, "compare": compare, "distill": distill, "embed": embed, "evaluate": evaluate}
    others |= {"explore": explore, "finetune": finetune, "sample": sample}
    commands |= {name: (command.run, ["--help"]) for name, command in others.items()}
    made: dict[Path, str] = {}
    with mock.patch.dict(os.environ, COLUMNS="80"):
        for name, (run, words) in commands.items():
            with redirect_stdout(io.StringIO()) as text:
                run(words)
            made[HELP / f"{name}.txt"] = text.getvalue()
    return made


def _index() -> str:
    rows = [
        f"| [{entry.class_name}]({entry.name}.md) | `{entry.name}` | {entry.family} | {entry.kind} "
        f"| {entry.against_collapse} | [{entry.paper}]({entry.url}) |"
        for entry in METHODS.values()
    ]
    return "\n".join(
        [
            _generated_from("src/selftaught/methods/methods.toml"),
            "# Methods",
            "",
            "`selftaught methods` prints this list.",
            "",
            "| method | command line | family | data | against collapse | paper |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _page(entry: MethodEntry, method: type[Method[Any]]) -> str:
    source = f"src/selftaught/methods/{entry.name}.py"
    sentence, fields = module_fields(inspect.getdoc(sys.modules[method.__module__]) or "")
    facts = [f"| {words} | {getattr(entry, name)} |" for name, words in FACTS.items() if getattr(entry, name)]
    words = google.parse(inspect.getdoc(method) or "")
    return "\n".join(
        [
            _generated_from(source),
            f"# {entry.class_name}",
            "",
            sentence,
            "",
            "| | |",
            "|---|---|",
            *facts,
            "",
            *(f"**{field}.** {_linked(text[:1].upper() + text[1:])}\n" for field, text in fields.items()),
            "## Parts",
            "",
            f"![The parts of {entry.class_name}](../images/methods/{entry.name}.svg)",
            "",
            "Blue parts learn, grey ones follow, stay or remember. Solid arrows carry gradients back, dashed do not.",
            "",
            *_objectives(method),
            "## Use",
            "",
            "```sh",
            f"selftaught pretrain {entry.name} --data {kind_named(entry.kind).example} --out runs/{entry.name}",
            f"selftaught pretrain {entry.name} --help    # every number, explained",
            "```",
            "",
            *_example(words),
            "## Arguments",
            "",
            words.short_description or "",
            "",
            "| argument | type | default | |",
            "|---|---|---|---|",
            *_argument_rows(method, words),
            "",
            *_views(method),
            *_own_task(method),
            "## Recipes",
            "",
            *_recipes(entry.name),
            *measured(entry.name, DOCS.parent / "results"),
            *below_start(entry.name, DOCS.parent / "results"),
            "## Source",
            "",
            f"[`{source}`](../../{source}), [its test](../../tests/methods/test_{entry.name}.py)."
            " Measured results: [results](../results.md).",
            "",
        ]
    )


def _generated_from(source: str) -> str:
    return f"<!-- Written by docs/generate.py from {source}. Change that, then `make docs`. -->\n"


def _linked(text: str) -> str:
    return re.sub(r"https?://[^\s,;)]*[^\s,;).]", r"<\g<0>>", text)


def _example(words: Docstring) -> list[str]:
    code = [line for example in words.examples for line in (example.description or "").splitlines()]
    return ["```pycon", *code, "```", ""]


def _argument_rows(method: type[Method[Any]], words: Docstring) -> list[str]:
    meanings = {one.arg_name: " ".join((one.description or "").split()) for one in words.params}
    rows: list[str] = []
    for name, parameter in inspect.signature(method).parameters.items():
        default = "required" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
        hint = (
            inspect.formatannotation(parameter.annotation).rpartition("selftaught.")[2].rpartition("core.encoder.")[2]
        )
        rows.append(f"| `{name}` | `{hint.replace('|', 'or')}` | {default} | {meanings[name]} |")
    return rows


def _views(method: type[Method[Any]]) -> list[str]:
    if not method.view_settings:
        return []
    rows = [f"| `{name}` | `{value!r}` |" for name, value in method.view_settings.items()]
    maker = getattr(method.view_maker, "__name__", "the view maker")
    return [f"Its views differ from the defaults of `{maker}` in:", "", "| option | value |", "|---|---|", *rows, ""]


def _objectives(method: type[Method[Any]]) -> list[str]:
    """What the method's file takes from `selftaught.objectives`: what each is, and its formula."""
    lines: list[str] = []
    for name, sentence, formula in objectives_of(method):
        lines += [f"- `{name}`: {sentence}", ""]
        lines += ["  ```text", *(f"  {line}" for line in formula), "  ```", ""] if formula else []
    return ["## Objectives", "", *lines] if lines else []


def _own_task(method: type[Method[Any]]) -> list[str]:
    if method.chance is Method.chance:
        return []
    words = (inspect.getdoc(method.chance) or "").splitlines()
    return [
        "## Its own task, and chance",
        "",
        *words,
        "",
        "[What is reported of it](../evaluation.md#its-own-task).",
        "",
    ]


def _recipes(name: str) -> list[str]:
    lines: list[str] = []
    for recipe in recipe_names():
        if find_recipe(recipe).method == name:
            document = inspect.getdoc(sys.modules[f"selftaught.recipes.{recipe}"]) or ""
            title, _, rest = document.partition("\n\n")
            fields = [f"  - {field}: {_linked(text)}" for field, text in module_fields(f": \n\n{rest}")[1].items()]
            lines += [f"- `--recipe {recipe}`: {_linked(' '.join(title.split()))}", *fields]
    return [*lines, ""]


def main() -> None:
    """Write every page, and take away pages of methods that are gone."""
    made = pages()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    there = {DOCS / "methods": "*.md", FIGURES: "*.svg", HELP: "*.txt", TEXTS: "*.txt"}
    for old in {path for folder, names in there.items() for path in folder.glob(names)} - set(made):
        old.unlink()
    print(f"{len(made)} pages and figures in {DOCS}, {HELP} and {TEXTS}")


if __name__ == "__main__":
    main()
