"""What families of joint embedding gain, each method beside the start of its own network."""

import pytest
from test_pages import script

KNN = "kNN accuracy"


def row(name: str, knn: float) -> dict:
    return {"name": name, "role": "method", "method": name, "figures": {KNN: {"mean": knn}}}


def start_of(*methods: str, knn: float) -> dict:
    told = {"name": "a start", "role": "control", "figures": {KNN: {"mean": knn}}}
    return {**told, "control": "random_start", "of": list(methods)}


@pytest.fixture(scope="module")
def table():
    return script("benchmarks/families_table.py").families


def test_a_row_for_each_family_that_is_there(table):
    rows = [row("simclr", 0.83), row("moco", 0.81), row("cpc_images", 0.75), row("byol", 0.78)]
    rows += [start_of("simclr", "moco", "byol", knn=0.77), start_of("cpc_images", knn=0.70)]
    text = table({"rows": rows, "decided_by": [KNN], "columns": [{"figure": KNN, "title": "kNN"}]})
    assert (
        "| context with instance: parts of an image with the whole | 1 | +5.0 (+5.0 to +5.0) | `cpc_images` |" in text
    )
    assert "against other images | 2 | +5.0 (+4.0 to +6.0) | `simclr` |" in text
    assert "| views without negatives | 1 | +1.0 (+1.0 to +1.0) | `byol` |" in text
    assert "clusters" not in text


def test_without_measurements_it_says_how_to_measure(table):
    assert "python benchmarks/leaderboards.py joint_embedding" in table({})
