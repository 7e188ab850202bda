"""`selftaught methods`."""

import json

from selftaught.methods import METHODS

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
    assert "BYOL" in out
    assert "SimCLR" not in out


def test_json_is_one_object(command):
    _, out, _ = command(["methods", "--json"])
    assert [entry["name"] for entry in json.loads(out)["methods"]] == list(METHODS)
    _, out, _ = command(["methods", "moco", "--json"])
    assert json.loads(out)["family"] == "contrastive"
