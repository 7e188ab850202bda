"""What is learned in a few minutes, in its tables."""

import pytest
from test_pages import script
from test_results_table import ORIGIN

RUNS = [
    {"who": "ours", "data": "cifar10", "seed": 0, "images_seen": 1000, "view_size": 20, **ORIGIN},
    {"who": "ours", "data": "cifar10", "seed": 1, "images_seen": 3000, "view_size": 20, **ORIGIN},
    {"who": "lightly", "data": "cifar10", "seed": 0, "images_seen": 500, **ORIGIN},
]
SCORES = {"ours": {"mean": 0.6, "std": 0.01}, "lightly": {"mean": 0.45, "std": None}}


@pytest.fixture(scope="module")
def tables():
    return script("benchmarks/five_minutes_table.py")


def test_a_row_for_each_library(tables):
    text = tables.five_minutes({"runs": RUNS, "accuracies": {"cifar10": SCORES}, **ORIGIN})
    assert "| cifar10 | selftaught, views of 20 pixels | 2 | 2,000 | 60.0 ± 1.0 |" in text
    assert "| cifar10 | lightly 1.6, bf16-mixed | 1 | 500 | 45.0 |" in text
    assert text.count("`python benchmarks/evidence.py`") == 1


def test_a_row_for_each_size_of_views(tables):
    runs = [
        {"data": "cifar10", "view_size": size, "image_size": 32, "minutes": 3, "knn": knn, "images_seen": 9000}
        for size, knn in {32: 0.5, 20: 0.55}.items()
    ]
    text = tables.view_sizes({"runs": runs, **ORIGIN})
    assert "| cifar10 | 32, the images' own | 9,000 | 50.0 |" in text
    assert "| cifar10 | 20 | 9,000 | 55.0 |" in text
    assert "3 minutes each." in text


def test_without_measurements_they_say_how_to_measure(tables):
    assert "python benchmarks/learning_per_minute.py" in tables.five_minutes({})
    assert "python benchmarks/view_sizes.py" in tables.view_sizes({})
