"""The project's rules as functions from source to what breaks them, so that each can be tried on a broken example."""

import ast
import importlib
import inspect
import io
import pkgutil
import re
import tokenize
from abc import ABC
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Protocol, get_origin

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "selftaught"

FILE_LINES, METHOD_LINES = 300, 120
FORBIDDEN_NAMES = {"utils", "util", "utilities", "helpers", "helper", "common", "misc", "base"}


def tracked(folder: Path, pattern: str) -> dict[str, str]:
    """The files below a folder as relative path -> text."""
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in sorted(folder.rglob(pattern))}


def modules() -> list[ModuleType]:
    """Every module of the package."""
    names = [module.name for module in pkgutil.walk_packages([str(SOURCE)], "selftaught.")]
    return [importlib.import_module(name) for name in ["selftaught", *names] if not name.endswith("__main__")]


def too_long(files: Mapping[str, str]) -> list[str]:
    """Files above their limit: 120 lines for a method, 300 for anything else."""
    found: list[str] = []
    for path, text in files.items():
        is_method = Path(path).parent.name == "methods" and Path(path).name != "__init__.py"
        limit, lines = METHOD_LINES if is_method else FILE_LINES, len(text.splitlines())
        if lines > limit:
            found.append(f"{path}: {lines} lines, at most {limit}")
    return found


def badly_named(paths: Iterable[str]) -> list[str]:
    """Drawers: files and folders whose name says nothing of what is in them."""
    return [
        path for path in paths if {Path(part).stem.strip("_").lower() for part in Path(path).parts} & FORBIDDEN_NAMES
    ]


def imported(text: str) -> set[str]:
    """The top-level packages that a file imports, at its top or inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def broad_excepts(text: str) -> list[int]:
    """Lines that catch everything, whatever went wrong."""
    found: list[int] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {None if kind is None else ast.unparse(kind) for kind in caught}
            if names & {None, "Exception", "BaseException"} and not _raises_again(node):
                found.append(node.lineno)
    return found


def silenced(text: str) -> list[int]:
    """Lines on which a comment silences the type checker or the linter."""
    marks = re.compile(r"#\s*(type:\s*ignore|pyright:|noqa|ruff:)")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.start[0] for token in tokens if token.type == tokenize.COMMENT and marks.search(token.string)]


def classes(of: Iterable[ModuleType]) -> list[type]:
    """The classes that these modules define."""
    return [
        member
        for module in of
        for member in vars(module).values()
        if inspect.isclass(member) and member.__module__ == module.__name__
    ]


def neither_abstract_nor_final(found: Iterable[type]) -> list[str]:
    """Concrete classes below one of the given abstract classes that may still be inherited from."""
    found = list(found)
    contracts = tuple(one for one in found if ABC in one.__bases__ or inspect.isabstract(one))
    return [
        f"{one.__module__}.{one.__name__}"
        for one in found
        if issubclass(one, contracts) and one not in contracts and "__final__" not in vars(one)
    ]


def heirs_of_concrete(found: Iterable[type]) -> list[str]:
    """Classes that inherit from a concrete one of the given: implemented methods are never overridden."""
    found = [one for one in found if not issubclass(one, BaseException)]
    concrete = {one for one in found if not (inspect.isabstract(one) or ABC in one.__bases__)}
    return [f"{one.__module__}.{one.__name__}" for one in found if concrete & set(one.__bases__)]


def without_example(module: ModuleType) -> list[str]:
    """Public classes and functions of a module whose docstring shows no use of them; abstract ones have none."""
    return [
        f"{module.__name__}.{name}"
        for name in getattr(module, "__all__", ())
        if callable(member := getattr(module, name))
        and get_origin(member) is None  # another name for a type
        and getattr(member, "__module__", None) == module.__name__
        and not (inspect.isclass(member) and (inspect.isabstract(member) or Protocol in member.__bases__))
        and ">>>" not in (member.__doc__ or "")
    ]


def arguments(signature: Callable[..., object]) -> set[str]:
    """The names that a class or function takes by keyword."""
    return set(inspect.signature(signature).parameters) - {"self"}


def shadowed(parts: Mapping[str, set[str]]) -> list[str]:
    """Option names that more than one part of a run claims."""
    claims: dict[str, list[str]] = {}
    for part, names in parts.items():
        for name in names:
            claims.setdefault(name, []).append(part)
    return sorted(f"{name}: {' and '.join(owners)}" for name, owners in claims.items() if len(owners) > 1)


def missing_files(name: str, class_name: str, recipes: Mapping[str, str], notes: str) -> list[str]:
    """Which of a method's five files are not there.

    Args:
        name: the method's name on the command line.
        class_name: the paper's spelling.
        recipes: recipe name -> the method it is for.
        notes: the text of all change notes.
    """
    wanted = {
        f"src/selftaught/methods/{name}.py": (SOURCE / "methods" / f"{name}.py").exists(),
        f"its entry in src/selftaught/methods/methods.toml ({class_name})": f'class_name = "{class_name}"'
        in (SOURCE / "methods" / "methods.toml").read_text(),
        f"tests/methods/test_{name}.py": (ROOT / "tests" / "methods" / f"test_{name}.py").exists(),
        f"a recipe whose method is {name}": name in recipes.values(),
        f"a change note that names {class_name}": re.search(rf"\b{re.escape(class_name)}\b", notes) is not None,
    }
    return [what for what, there in wanted.items() if not there]


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
