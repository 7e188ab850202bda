"""Adding a method touches five files, and all that is said of it in different places agrees."""

import inspect
import itertools
import re
import sys
from pathlib import Path

import pytest
from rules import ROOT, SOURCE, arguments, missing_files, shadowed

from selftaught.core import Method, Views
from selftaught.methods import METHODS, find_method
from selftaught.recipes import find_recipe, recipe_names
from selftaught.runs import pretrain
from selftaught.training import TrainingSettings

RECIPES = {name: find_recipe(name).method for name in recipe_names()}
NOTES = "\n".join(path.read_text() for path in [ROOT / "CHANGELOG.md", *sorted((ROOT / "changes").glob("*.md"))])
COMMAND_LINE = {
    "help",
    "json",
    "debug",
    "dry_run",
    "repeat",
    "resume",
    "overwrite",
    "recipe",
    "weights",
    "strict",
    "out",
}


@pytest.mark.parametrize("name", METHODS)
def test_all_five_files_are_there(name: str) -> None:
    assert missing_files(name, METHODS[name].class_name, RECIPES, NOTES) == []


def test_missing_files_are_seen() -> None:
    assert len(missing_files("nothing", "Nothing", {"simclr_x": "simclr"}, "SimCLR was added")) == 5
    assert missing_files("simclr", "SimCLR", {}, "SimCLRv2 was added") == [
        "a recipe whose method is simclr",
        "a change note that names SimCLR",
    ]


def test_every_method_file_is_in_the_list() -> None:
    files = {path.stem for path in (SOURCE / "methods").glob("*.py")} - {"__init__"}
    assert files == set(METHODS)


def test_every_method_test_has_its_method() -> None:
    assert {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "methods").glob("test_*.py")} >= set(METHODS)


def test_every_recipe_is_for_a_method() -> None:
    assert set(RECIPES.values()) <= set(METHODS)


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_open_with_what_they_cost(name: str) -> None:
    document = sys.modules[f"selftaught.recipes.{name}"].__doc__ or ""
    for field in ("Cost", "Machine", "Target", "Date"):
        assert re.search(rf"^{field} +\S", document, flags=re.MULTILINE), f"{name} does not say its {field.lower()}"


@pytest.mark.parametrize("name", METHODS)
def test_file_class_and_command_line_name_agree(name: str) -> None:
    entry, method = METHODS[name], find_method(name)
    assert entry.name == name
    assert method.__name__ == entry.class_name
    assert method.__module__ == f"selftaught.methods.{name}"
    assert name.replace("_", "") == re.sub(r"[^a-z0-9]+", "", entry.class_name.lower())
    assert Path(inspect.getfile(method)).name == f"{name}.py"


@pytest.mark.parametrize("name", METHODS)
def test_the_list_agrees_with_the_class(name: str) -> None:
    entry, method = METHODS[name], find_method(name)
    document = sys.modules[method.__module__].__doc__ or ""
    assert entry.kind in method.kinds
    assert entry.architecture in {"joint embedding", "predictive", "latent-variable predictive", "autoregressive"}
    assert entry.loss_measured_in in {"output", "representation"}
    assert entry.url in document
    assert entry.paper in document
    assert document.startswith(f"{entry.class_name}: ")
    for field in ("Paper", "Needs", "Differs"):
        assert re.search(rf"^{field} +\S", document, flags=re.MULTILINE), f"no {field}"


@pytest.mark.parametrize("name", METHODS)
def test_the_class_says_what_the_command_line_needs(name: str) -> None:
    method = find_method(name)
    assert issubclass(method, Method)
    assert issubclass(method.views_type, Views)
    assert set(method.view_settings) <= arguments(method.view_maker)
    parameters = list(inspect.signature(method).parameters.values())
    assert parameters[0].name == "encoder"
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters[1:])
    assert all(parameter.annotation is not parameter.empty for parameter in parameters)


def test_families_stand_together() -> None:
    families = [entry.family for entry in METHODS.values()]
    changes = sum(a != b for a, b in itertools.pairwise(families))
    assert changes == len(set(families)) - 1


@pytest.mark.parametrize("name", METHODS)
def test_no_argument_shadows_another_option(name: str) -> None:
    method = find_method(name)
    run = (arguments(pretrain) | COMMAND_LINE) - {"encoder", "settings", "options", "views"}
    parts = {
        "method": arguments(method) - {"encoder"},
        "views": arguments(method.view_maker),
        "training": arguments(TrainingSettings),
        "run": run,
    }
    assert shadowed(parts) == []


def test_shadowing_is_seen() -> None:
    assert shadowed({"method": {"momentum", "queue"}, "training": {"momentum"}, "views": {"hue"}}) == [
        "momentum: method and training"
    ]
