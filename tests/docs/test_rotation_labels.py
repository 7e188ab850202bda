"""The crossing of two lines over numbers of labels, and the drawing of them."""

from pathlib import Path

import numpy as np
import pytest
from test_pages import script
from test_results_table import ORIGIN

from selftaught.encoders import SmallResNet


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
            "last_stage": {"accuracy": 0.5 + gain / 2 - (0.1 if count > 100 else 0)},
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


def test_the_table_says_where_the_lines_cross(labels):
    def told(gains: dict[int, float]) -> str:
        kept = [{**point, "test_images": 2000, "most_steps": 150, **ORIGIN} for point in points(gains)]
        summary = labels.summarise(kept)
        meet = {line: labels.crossing(summary, line) for line in ("from_rotation", "last_stage")}
        found = {"summary": summary, "points": kept, "crossing_labels_a_class": meet}
        return script("benchmarks/labels_table.py").rotation_labels(found)

    text = told({10: 0.2, 1000: -0.2})
    assert "| 10 | 70.0 ± 1.4 | 60.0 ± 0.0 | 50.0 ± 0.0 |" in text
    assert "Rotations, then labels: labels alone catch up at 100 labels a class" in text
    assert "in the last stage only: labels alone catch up at 46 labels a class" in text  # 10 * 100 ** (1 / 3)
    assert "on 2,000 test images; at most 150 steps" in text
    helped = told({10: 0.2, 1000: 0.1})
    assert "Rotations, then labels: with 1,000 labels a class, the most here, it helps." in helped
    assert "last stage only: labels alone catch up at 215 labels a class" in helped  # 10 * 100 ** (2 / 3)
    assert "Rotations, then labels: helped at none of these numbers." in told({10: -0.2, 1000: -0.1})


def test_but_the_last_stage_the_weights_stay(labels):
    encoder = SmallResNet(channels=3, image_size=16, features=2)
    frozen = labels.last_stage_learns(encoder)
    learns = {name for name, weight in frozen.named_parameters() if weight.requires_grad}
    assert learns == {name for name, _ in encoder.named_parameters() if name.startswith("layer4.")}
    assert learns
    assert all(weight.requires_grad for weight in encoder.parameters())


def test_before_anything_is_measured_the_command_is_named():
    assert "--short" in script("benchmarks/labels_table.py").rotation_labels({})


def test_points_of_another_size_are_measured_again(labels):
    from argparse import Namespace

    options = Namespace(seed=0, device="cpu", minutes=3.0, most_steps=150, test_images=2000, features=16)
    asked = {"seed": 0, "most_steps": 150, "test_images": 2000, "pretraining": labels.wanted_settings(options)}
    point = {**asked, "recipe_settings": labels.settings_of(labels.RECIPE)}
    assert labels.same_question(point, options)
    for name, other in {"seed": 1, "most_steps": 2000, "test_images": 10_000, "recipe_settings": {}}.items():
        assert not labels.same_question({**point, name: other}, options)
    assert not labels.same_question(point, Namespace(**{**vars(options), "minutes": None}))
