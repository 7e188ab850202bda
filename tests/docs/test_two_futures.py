"""Clips that go on in one of two ways, and what is counted of predictions."""

import numpy as np
import pytest
import torch
from test_pages import script
from test_results_table import ORIGIN


@pytest.fixture(scope="module")
def futures():
    return script("benchmarks/two_futures.py")


def centres(clips: np.ndarray) -> np.ndarray:
    """Of what is bright, across: (n, t)."""
    bright = clips.astype(float).sum((2, 4))
    return (bright * np.arange(bright.shape[2])).sum(2) / bright.sum(2)


def test_the_past_is_the_same_and_the_futures_are_not(futures):
    left, right, drawn = (futures.clips(40, "test", side=side) for side in (-1, 1, None))
    assert np.array_equal(left[:, : futures.SEEN], right[:, : futures.SEEN])
    assert np.allclose(np.diff(centres(left), axis=1)[:, 2:], -futures.SPEED)
    assert np.allclose(np.diff(centres(right), axis=1)[:, 2:], futures.SPEED)
    went_left = (drawn == left).all((1, 2, 3, 4))
    assert (went_left ^ (drawn == right).all((1, 2, 3, 4))).all()
    assert 0.2 < went_left.mean() < 0.8
    assert not np.array_equal(futures.clips(40, "train", side=-1), left)


def test_what_is_counted(futures):
    ways = torch.rand(5, 2, 3, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    mean = futures.figures(ways.mean(1, keepdim=True), ways)
    assert mean["to_nearest"] == pytest.approx(1)
    assert mean["best_of_all"] == pytest.approx(1)
    assert "both_sides" not in mean  # there is one prediction
    both = futures.figures(ways, ways)
    assert both == pytest.approx({"to_nearest": 0, "best_of_all": 0, "both_sides": 1, "left": 0.5})
    one = futures.figures(ways[:, :1].expand(-1, 4, -1, -1, -1, -1), ways)  # always the left one
    assert one == pytest.approx({"to_nearest": 0, "best_of_all": 2, "both_sides": 0, "left": 1})  # (0 + 4) / 2


def test_the_table_shows_them(futures):
    runs = [
        {"method": "svg_lp", "seed": seed, "minutes": 4, **dict.fromkeys(futures.FIGURES, 0.5 + seed / 10)}
        for seed in range(2)
    ]
    text = script("benchmarks/futures_table.py").two_futures(
        {"summary_by_method": futures.summarise(runs), "runs": runs, **ORIGIN}
    )
    assert "| svg lp | 55.0 ± 7.1 | 55.0 ± 7.1 | 55.0 ± 7.1 | 55.0 ± 7.1 |" in text
    assert "4 minutes of training, 2 seeds." in text
    assert "python benchmarks/two_futures.py" in script("benchmarks/futures_table.py").two_futures({})
