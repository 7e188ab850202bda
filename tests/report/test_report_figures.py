from selftaught.report.figures import accuracy_rows, flatten, label_budgets


def evaluation(items, names=("100", "1%", "10%", "all")):
    return {"protocols": {"knn": {"accuracy": 0.5}, "linear": {n: {"mean": 0.5, "std": 0.1} for n in names}}, **items}


def test_budgets_by_count():
    small = label_budgets(evaluation({"items": {"train": 8000}}))
    assert [(each.name, each.count) for each in small] == [("1%", 80), ("100", 100), ("10%", 800), ("all", 8000)]
    large = label_budgets(evaluation({"items": {"train": 60_000}}))
    assert [each.count for each in large] == [100, 600, 6000, 60_000]
    unknown = label_budgets(evaluation({}))
    assert [(each.name, each.count) for each in unknown][1:] == [("1%", None), ("10%", None), ("all", None)]


def test_figures_follow_the_budgets():
    found = evaluation({"items": {"train": 8000}})
    for place, name in enumerate(("100", "1%", "10%", "all")):
        found["protocols"]["linear"][name] = {"mean": place / 10, "std": None}
    row = accuracy_rows(found)[0]
    assert [figure.mean for figure in row.figures] == [0.5, 0.1, 0.0, 0.2, 0.3]


def test_a_missing_figure_is_a_dash():
    found = evaluation({"controls": {"random_start": {"knn": {"accuracy": None}, "linear": {}}}})
    assert [str(figure) for figure in accuracy_rows(found)[1].figures] == ["\N{EN DASH}"] * 5


def test_values_keep_their_digits():
    facts = {"a": {"b": 1e-05, "c": None, "d": [0.08, 1.0], "e": {"f": False}}, "g": 0.1}
    assert flatten(facts) == {"a": {"b": "1e-05", "c": "not set", "d": "0.08, 1.0", "e.f": "no"}, "run": {"g": "0.1"}}
