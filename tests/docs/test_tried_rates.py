"""Which learning rate a leaderboard takes of those that were tried, and the table of them."""

import pytest
from test_pages import script
from test_results_table import ORIGIN


@pytest.fixture(scope="module")
def rates():
    return script("benchmarks/tried_rates.py")


def document(*accuracies, data="cifar10"):
    factors = [1 / 3, 1.0, 3.0]
    asked = {"method": "simclr", "data": data, "minutes": 1.5, **ORIGIN}
    runs = [
        {**asked, "factor": factor, "learning_rate": round(3e-3 * factor, 6), "knn": accuracy}
        for factor, accuracy in zip(factors, accuracies, strict=True)
    ]
    return {"factors": factors, "runs": runs, **ORIGIN}


def test_the_best_is_taken_where_it_is_better_by_more_than_a_point(rates):
    assert rates.taken_rate(document(0.50, 0.52, 0.531), "simclr", "cifar10") == 9e-3
    assert rates.taken_rate(document(0.60, 0.52, 0.531), "simclr", "cifar10") == 1e-3


def test_the_recipes_own_stays_otherwise(rates):
    assert rates.taken_rate(document(0.50, 0.52, 0.529), "simclr", "cifar10") == 3e-3
    assert rates.taken_rate(document(0.50, 0.52, None), "simclr", "cifar10") == 3e-3


def test_nothing_is_taken_where_nothing_was_tried(rates):
    assert rates.taken_rate(document(0.50, 0.52, 0.6), "simclr", "fashion-mnist") is None
    assert rates.taken_rate(document(0.50, 0.52, 0.6), "moco", "cifar10") is None
    assert rates.taken_rate({}, "moco", "cifar10") is None


def test_a_recipe_that_diverged_gives_way(rates):
    assert rates.taken_rate(document(0.50, None, None), "simclr", "cifar10") == 1e-3


def test_the_table_shows_every_try_and_what_is_taken(rates):
    text = rates.tries(document(0.50, 0.52, None))
    assert "| `simclr` | cifar10 | 0.003 | 50.0 | **52.0** | diverged | 0.003 |" in text
    assert "| `simclr` | cifar10 | 0.003 | 50.0 | 52.0 | **54.0** | 0.009 |" in rates.tries(document(0.5, 0.52, 0.54))
    assert "Each try: 1.5 minutes on cifar10, one core, one seed." in text
    assert "recipe_tries.py" in rates.tries({})


def test_every_method_of_a_board_that_was_tried_was_tried_as_often(rates):
    import json

    found = json.loads((script("benchmarks/record.py").RESULTS / "recipe_tries.json").read_text(encoding="utf-8"))
    leaderboards = script("benchmarks/leaderboards.py")
    lists = {"fashion-mnist": leaderboards.FAMILIES, "cifar10": leaderboards.ON_CIFAR10}
    for data, families in lists.items():
        counts = {method: 0 for method in families["joint_embedding"]}
        for run in found["runs"]:
            if run["data"] == data and run["method"] in counts:
                counts[run["method"]] += 1
        assert set(counts.values()) == {len(found["factors"])}, counts
