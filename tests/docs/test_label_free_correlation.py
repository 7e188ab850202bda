"""The correlations of figures without labels with accuracy: against scipy, within methods, with gaps."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from test_pages import script

GROUPS = ["a"] * 6 + ["b"] * 6 + ["c"] * 2


@pytest.fixture(scope="module")
def correlations():
    return script("benchmarks/correlations.py")


def example() -> tuple[list[float], list[float]]:
    """In each method more is worse, and the method that has more is better."""
    random = np.random.default_rng(0)
    accuracy = np.concatenate([np.linspace(0.3, 0.4, 6), np.linspace(0.6, 0.7, 6), [0.5, 0.6]])
    figure = np.concatenate([np.linspace(9, 1, 6), np.linspace(90, 80, 6), [30.0, 40.0]])
    return list(figure + random.normal(size=14)), list(accuracy)


def test_both_coefficients_are_scipys(correlations):
    figure, accuracy = example()
    found = correlations.correlations(figure, accuracy, GROUPS)
    assert found["overall"]["spearman"]["value"] == pytest.approx(stats.spearmanr(figure, accuracy)[0], abs=1e-12)
    assert found["overall"]["pearson"]["value"] == pytest.approx(stats.pearsonr(figure, accuracy)[0], abs=1e-12)
    low, high = found["overall"]["spearman"]["interval"]
    assert -1 <= low < found["overall"]["spearman"]["value"] < high <= 1
    of_a = found["methods"]["a"]["spearman"]["value"]
    assert of_a == pytest.approx(stats.spearmanr(figure[:6], accuracy[:6])[0], abs=1e-12)


def test_levels_of_methods_do_not_count_within_them(correlations):
    figure, accuracy = example()
    found = correlations.correlations(figure, accuracy, GROUPS)
    assert found["overall"]["spearman"]["value"] > 0.3  # what forgetting the methods would say
    assert found["within_methods"]["spearman"]["value"] < -0.9
    assert found["within_methods"]["spearman"]["interval"][1] < 0
    assert found["within_methods"]["runs"] == 12  # c has fewer than four runs
    assert found["methods"]["c"] is None


def test_a_run_without_the_figure_does_not_count(correlations):
    figure, accuracy = example()
    gaps = [None, float("nan"), *figure[2:]]
    found = correlations.correlations(gaps, accuracy, GROUPS)
    assert found["runs"] == 12
    assert found["overall"]["pearson"]["value"] == pytest.approx(stats.pearsonr(figure[2:], accuracy[2:])[0], abs=1e-12)


def test_a_figure_that_never_varies_has_no_coefficient(correlations):
    found = correlations.correlations([1.0] * 14, example()[1], GROUPS)
    assert found["overall"]["spearman"] is None
    assert correlations.correlations([None] * 14, example()[1], GROUPS)["overall"] is None


def test_there_are_enough_runs_and_every_change_is_an_option_of_its_method():
    bench = script("benchmarks/label_free_correlation.py")
    from selftaught.methods import find_method
    from selftaught.recipes import find_recipe
    from selftaught.runs.settings import method_schema, resolve_settings

    assert sum(len(names) for names in bench.RUNS.values()) >= 24
    for method, names in bench.RUNS.items():
        schema = method_schema(find_method(method))
        for name, changes in names.items():
            chosen = {**bench.SHORT[method], **changes}
            settings = {**find_recipe(chosen.pop("recipe")).settings, **chosen}
            assert resolve_settings(find_method(method), schema, settings).training.epochs > 0, name


def test_the_table_and_the_drawing(correlations, tmp_path: Path):
    figure, accuracy = example()
    found = correlations.correlations(figure, accuracy, GROUPS)
    for name in ("first.svg", "second.svg"):
        correlations.draw({"rankme": ("RankMe", figure)}, accuracy, GROUPS, {"rankme": found}, tmp_path / name)
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
    about = {"command": "python x.py", "commit": "abc", "date": "2026-01-02", "machine": {"processor": "P", "cores": 1}}
    runs = [
        {"method": group, "accuracies": {"linear": one}, **about, "versions": {"torch": "2"}}
        for group, one in zip(GROUPS, accuracy, strict=True)
    ]
    constant = correlations.correlations([1.0] * 14, accuracy, GROUPS)
    names = {"flat": "flat directions", "rankme": "RankMe"}
    document = {"correlations": {"flat": constant, "rankme": found}, "names": names, "runs": runs}
    (tmp_path / "label_free_correlation.json").write_text(json.dumps(document))
    text = script("benchmarks/results_table.py").filled("<!-- correlation -->\n<!-- /correlation -->\n", tmp_path)
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert rows[0].startswith("| RankMe | 14 | +0.")  # the strongest first
    assert rows[1] == "| flat directions | 14 | - | - | - |"
    assert "14 runs: 6 of a, 6 of b, 2 of c; linear accuracy from 30.0 to 70.0 per cent." in text
