"""A leaderboard as a table: methods beside their own start, and how well each does its own task."""

import json

import pytest
from test_pages import script
from test_results_table import ORIGIN

KNN = "kNN accuracy"


def row(name: str, knn: float, task: dict | None = None, role: str = "method") -> dict:
    figures = {KNN: {"mean": knn, "interval": None, "values": [knn]}}
    return {"name": name, "role": role, "figures": figures, "own_task": task}


def start_of(*methods: str, knn: float) -> dict:
    told = row(f"random start of {', '.join(methods)}", knn, role="control")
    return {**told, "control": "random_start", "of": list(methods)}


def board(*rows: dict) -> dict:
    told = {"headline": "None is better", "minutes_each": 2.0, "seeds": 3, "decided_by": [KNN]}
    columns = [{"figure": KNN, "title": "kNN", "unit": "share"}]
    origin = {**ORIGIN, "machine": {**ORIGIN["machine"], "threads": 1}}
    return {"columns": columns, "rows": list(rows), **told, **origin}


@pytest.fixture(scope="module")
def table():
    return script("benchmarks/leaderboard_table.py").leaderboard_of("pretext --data cifar10")


def test_each_method_is_set_beside_the_start_of_its_own_network(table):
    text = table(
        board(
            row("rotation", 0.75),
            start_of("rotation", "jigsaw", knn=0.7),
            row("jigsaw", 0.6),
            row("pixelcnn", 0.5),
            start_of("pixelcnn", knn=0.4),
        )
    )
    assert "| `rotation` | 75.0 |" in text
    assert "| `pixelcnn` | 50.0 |" in text  # above its own start, though below the others'
    assert "| random start of pixelcnn | 40.0 |" in text
    assert "Not above their random start in kNN accuracy, and so not in the table: `jigsaw` (60.0)." in text


def test_own_tasks_stand_beside_their_chance(table):
    rotation = {"figure": "accuracy", "value": 0.911, "chance": 0.25}
    pixelcnn = {"figure": "bits_per_dimension", "value": 1.234, "chance": 4.0}
    start = start_of("rotation", "pixelcnn", "gan", "simclr", knn=0.1)
    text = table(board(row("rotation", 0.75, rotation), row("pixelcnn", 0.5, pixelcnn), row("gan", 0.4), start))
    assert "| `rotation` | 91.1 % right (chance 25.0) | 75.0 |" in text
    assert "| `pixelcnn` | bits per dimension 1.23 (chance 4.00) | 50.0 |" in text
    assert "| `gan` | - | 40.0 |" in text
    simclr = {"figure": "top_1_accuracy", "value": 0.75, "chance": 1 / 64}
    assert "| `simclr` | 75.0 % first (chance 1.6) | 75.0 |" in table(board(row("simclr", 0.75, simclr), start))
    cpc = {"figure": "accuracy_1", "value": 0.3, "chance": 1 / 100}
    one = table(board(row("cpc", 0.5, cpc), start_of("cpc", knn=0.1)))
    assert "| `cpc` | 30.0 % first, one step ahead (chance 1.0) | 50.0 |" in one
    assert "own task" not in table(board(row("gan", 0.4), start))


def test_without_measurements_it_says_how_to_measure(table):
    assert "python benchmarks/leaderboards.py pretext --data cifar10" in table({})


def test_the_task_that_tells_most_is_taken_as_a_mean_over_runs(tmp_path):
    leaderboards = script("benchmarks/leaderboards.py")

    def evaluated(name: str, task: dict | None) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "evaluation.json").write_text(json.dumps({"own_task": task}))

    def figure(value: float) -> dict:
        return {"value": value, "chance": 0.25, "at_start": 0.3}

    evaluated("a", {"turn": figure(9.0), "accuracy": figure(0.5)})
    evaluated("b", {"turn": figure(9.0), "accuracy": figure(0.75)})
    evaluated("c", None)
    found = leaderboards.own_task([tmp_path / "a", tmp_path / "b"])
    assert found == {"figure": "accuracy", "value": 0.625, "chance": 0.25}
    assert leaderboards.own_task([tmp_path / "c"]) is None


def test_every_method_has_a_recipe_for_the_data_and_the_network_of_all():
    from selftaught.recipes import find_recipe

    leaderboards = script("benchmarks/leaderboards.py")
    lists = {"fashion-mnist": leaderboards.FAMILIES, "cifar10": leaderboards.ON_CIFAR10}
    for data, families in lists.items():
        for methods in families.values():
            for method in methods:
                one = leaderboards.contender(method, data, 2.0, rate=None)
                assert find_recipe(one.recipe or "").method == method
                values = one.resolved().values
                assert (values["minutes"], values["warmup_epochs"]) == (2.0, None)
                if method not in leaderboards.OWN_ENCODER:
                    assert (values["encoder.name"], values["encoder.features"]) == ("small_resnet", 16)
