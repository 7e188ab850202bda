import re

import numpy as np
import pytest

from selftaught.report.charts import budget_chart, curve_chart, metric_series
from selftaught.report.figures import Budget, Figure, Row

BUDGETS = [Budget("1%", "1 % of labels", 80), Budget("100", "100 labels", 100), Budget("all", "all labels", 8000)]


def words(drawing):
    return re.findall(r">([^<>]+)</text>", drawing)


def test_budget_chart_says_what_it_shows():
    rows = [Row(name, Figure(0.5, None), [Figure(0.5, 0.1)] * 3) for name in ("This encoder", "A & B <c> $x$")]
    drawing = budget_chart(BUDGETS, rows)
    shown = words(drawing)
    for wanted in (
        "80",
        "(1 %)",
        "100",
        "8,000",
        "(all)",
        "This encoder",
        "A &amp; B &lt;c&gt; $x$",
        "accuracy, %",
    ):
        assert wanted in shown
    assert "#01020" not in drawing  # every stand-in colour has become a variable
    assert "var(--series-1)" in drawing
    assert "var(--series-2)" in drawing


def test_curve_stands_where_the_numbers_are():
    steps = np.arange(1.0, 6.0)
    values = np.array([4.0, 2.0, np.nan, 1.0, 3.0])
    drawing = curve_chart(steps, values, name="x", large=True)
    path = re.search(r'<path d="([^"]*)"[^>]*stroke: var\(--series-1\)', drawing)
    assert path
    points = np.array(re.findall(r"([ML]) ([\d.]+) ([\d.]+)", path[1]))
    assert points[:, 0].tolist() == ["M", "L", "M", "L"]  # the gap stays open
    x, y = points[:, 1].astype(float), points[:, 2].astype(float)
    slope, offset = np.polyfit([1, 2, 4, 5], x, 1)
    assert np.allclose(x, slope * np.array([1, 2, 4, 5]) + offset, atol=1e-3)
    slope, offset = np.polyfit([4, 2, 1, 3], y, 1)
    assert slope < 0  # up is more
    assert np.allclose(y, slope * np.array([4, 2, 1, 3]) + offset, atol=1e-3)


@pytest.mark.parametrize("items", [1, 2, 10_000])
def test_any_length(items):
    drawing = curve_chart(np.arange(float(items)), np.full(items, 2.5), name="x")
    assert len(drawing) < 40_000


def test_long_logs_are_averaged():
    drawing = curve_chart(np.arange(4000.0), np.tile([0.0, 1.0], 2000), name="x", large=True)
    path = re.search(r'<path d="([^"]*)"[^>]*stroke: var\(--series-1\)', drawing)
    assert path
    assert len({y for _, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", path[1])}) == 1  # every mean is a half


def test_series_of_a_log():
    rows = [
        {"step": 10, "loss": "2.0", "nt_xent": "2.0", "learning_rate": "1e-3", "note": "warm"},
        {"step": 20, "loss": "inf", "nt_xent": "inf", "learning_rate": "2e-3", "late": 7},
    ]
    series = metric_series(rows)
    assert list(series) == ["step", "loss", "learning_rate", "late"]
    assert series["learning_rate"].tolist() == [0.001, 0.002]
    assert np.array_equal(series["loss"], [2.0, np.nan], equal_nan=True)
    assert np.array_equal(series["late"], [np.nan, 7.0], equal_nan=True)
    assert metric_series([{"loss": 1.0}, {"loss": 2.0}])["step"].tolist() == [1.0, 2.0]
