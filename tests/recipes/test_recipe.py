"""Recipes: found by name, numbers only, every number an option of its method."""

import ast
import importlib.util
from pathlib import Path

import pytest
from small_teacher import settings_with, write_teacher

from selftaught.core import UserError
from selftaught.methods import METHODS, find_method
from selftaught.recipes import find_recipe, recipe_names
from selftaught.runs.settings import method_schema, resolve_settings


def _file(name: str) -> Path:
    spec = importlib.util.find_spec(f"selftaught.recipes.{name}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def test_every_method_has_a_recipe():
    assert {find_recipe(name).method for name in recipe_names()} == set(METHODS)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    return write_teacher(tmp_path_factory.mktemp("runs") / "tuned")


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_is_numbers_that_its_method_takes(name, teacher):
    recipe = find_recipe(name)
    method = find_method(recipe.method)
    settings = resolve_settings(method, method_schema(method), settings_with(teacher, method), recipe)
    for option, value in recipe.settings.items():
        assert settings.values[option] == value
    settings.check()
    assert name.startswith(recipe.method)


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_opens_with_cost_machine_target_and_date(name):
    tree = ast.parse(_file(name).read_text())
    lines = (ast.get_docstring(tree) or "").splitlines()
    assert [line.split()[0] for line in lines[2:] if line and not line.startswith(" ")] == [
        "Cost",
        "Machine",
        "Target",
        "Date",
    ]
    assert len(_file(name).read_text().splitlines()) <= 60


def test_a_mistyped_name_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="unknown recipe 'simclr_cifar': did you mean 'simclr_cifar10'"):
        find_recipe("simclr_cifar")


@pytest.mark.parametrize("name", [name for name in recipe_names() if name.endswith("_imagenet")])
def test_numbers_that_were_not_run_here_say_so(name):
    opening = ast.get_docstring(ast.parse(_file(name).read_text())) or ""
    assert opening.count("not run here") == 2
    assert find_recipe(name).settings["image_size"] == 224
