"""`selftaught methods`."""

import json

import pytest

from selftaught.methods import METHODS
from selftaught.recipes import find_recipe, recipe_names

pytest_plugins = ["run_fixtures"]


def test_the_table_names_every_method_with_its_remedy_and_paper(command):
    status, out, _ = command(["methods"])
    assert status == 0
    for entry in METHODS.values():
        assert entry.class_name in out
        assert entry.against_collapse in out
        assert entry.url in out


def test_one_method_alone(command):
    _, out, _ = command(["methods", "byol"])
    assert out.startswith("byol (BYOL)\n")
    titles = {f"{entry.name} ({entry.class_name})" for entry in METHODS.values()}
    assert titles & set(out.splitlines()) == {"byol (BYOL)"}


@pytest.mark.parametrize("name", METHODS)
def test_a_page_tells_the_whole_method(command, name):
    status, out, _ = command(["methods", name])
    assert status == 0
    entry, words = METHODS[name], " ".join(out.split())
    for field in (entry.family, entry.against_collapse, entry.choose, entry.published, entry.url):
        assert field in words
    for title in ("Parts", "Recipes", "Every number of it, explained"):
        assert f"\n{title}\n" in out
    assert "===> loss: " in out, "something learns"
    for recipe in recipe_names():
        assert (f"--recipe {recipe}\n" in out) == (find_recipe(recipe).method == name)
    assert max(map(len, out.splitlines())) <= 200


def test_json_is_one_object(command):
    _, out, _ = command(["methods", "--json"])
    assert [entry["name"] for entry in json.loads(out)["methods"]] == list(METHODS)
    _, out, _ = command(["methods", "moco", "--json"])
    found = json.loads(out)
    assert found["family"] == "contrastive"
    assert found["page"] == command(["methods", "moco"])[1]
