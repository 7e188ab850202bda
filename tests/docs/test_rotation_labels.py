"""The crossing of two lines over numbers of labels, and the drawing of them."""

from pathlib import Path

import numpy as np
import pytest
from test_pages import script


@pytest.fixture(scope="module")
def labels():
    return script("benchmarks/rotation_labels.py")


def points(gains: dict[int, float], draws: int = 2) -> list[dict]:
    """Two draws around a mean, with what pre-training gains by the number of labels."""
    return [
        {
            "labels_a_class": count,
            "draw": draw,
            "from_rotation": {"accuracy": 0.5 + gain + 0.01 * (2 * draw - 1)},
            "from_scratch": {"accuracy": 0.5},
        }
        for count, gain in gains.items()
        for draw in range(draws)
    ]


def test_means_and_spreads_by_the_number_of_labels(labels):
    first, second = labels.summarise(points({100: -0.1, 10: 0.2}))
    assert (first["labels_a_class"], second["labels_a_class"]) == (10, 100)
    assert first["from_rotation"]["mean"] == pytest.approx(0.7)
    assert first["from_rotation"]["std"] == pytest.approx(np.std([0.69, 0.71], ddof=1))
    assert labels.summarise(points({10: 0.2}, draws=1))[0]["from_scratch"]["std"] is None


@pytest.mark.parametrize(
    ("gains", "expected"),
    [
        ({10: 0.2, 1000: -0.2}, 100.0),  # half way in the logarithm
        ({10: 0.3, 1000: -0.1}, 10 * 100**0.75),
        ({5: 0.1, 10: -0.1, 100: 0.1, 1000: -0.1}, 10**2.5),  # for good: the last time
        ({10: 0.2, 1000: 0.1}, None),  # it helps with all of them
        ({10: -0.2, 1000: -0.1}, None),  # it never helped
    ],
)
def test_lines_cross_where_labels_alone_catch_up(labels, gains, expected):
    found = labels.crossing(labels.summarise(points(gains)))
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_drawing_is_the_same_each_time(labels, tmp_path: Path):
    summary = labels.summarise(points({10: 0.2, 1000: -0.2}))
    for name in ("one", "two"):
        labels.draw_lines(summary, tmp_path / f"{name}.svg")
    one, two = ((tmp_path / f"{name}.svg").read_bytes() for name in ("one", "two"))
    assert one == two
    assert one.startswith(b"<?xml")
