import math

import pytest
import torch
from oracles import evaluation_oracle as oracle

from selftaught.evaluation import label_free, rankme, without_labels


@pytest.mark.parametrize(("n", "d"), [(12, 5), (4, 7), (1, 3)])
def test_rankme_equals_plain_loops(n: int, d: int):
    vectors = torch.randn(n, d, generator=torch.Generator().manual_seed(n), dtype=torch.float64) + 0.5
    assert rankme(vectors) == pytest.approx(oracle.rankme(vectors.tolist()), rel=1e-10)


def test_rankme_of_known_spectra():
    epsilon = 1e-7
    for values in ([1.0], [2.0, 2.0, 2.0], [3.0, 1.0]):
        shares = [value / sum(values) + epsilon for value in values]
        expected = math.exp(-sum(p * math.log(p) for p in shares))
        assert rankme(torch.diag(torch.tensor(values))) == pytest.approx(expected, rel=1e-10)
    assert rankme(torch.eye(6)) == pytest.approx(6, rel=1e-4)
    assert rankme(torch.ones(20, 6)) == pytest.approx(1, abs=1e-4)
    assert rankme(torch.zeros(4, 2)) == 0


def test_rankme_takes_singular_values_not_their_squares():
    vectors = torch.diag(torch.tensor([3.0, 1.0]))
    squares = math.exp(-(0.9 * math.log(0.9) + 0.1 * math.log(0.1)))
    assert rankme(vectors) - squares > 0.3


def test_rankme_is_blind_to_scale_and_rotation():
    vectors = torch.randn(30, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).Q
    assert rankme(7 * vectors @ turn) == pytest.approx(rankme(vectors), rel=1e-9)


def test_dead_features_and_collapse():
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(100, 8, generator=generator) + 3
    assert (label_free(vectors).dead, label_free(vectors).collapsed) == (0.0, False)
    vectors[:, :2] = 0
    vectors[:, 2] = 1 / 3  # constant, not zero
    assert (label_free(vectors).dead, label_free(vectors).collapsed) == (3 / 8, False)
    nearly = torch.randn(8, generator=generator) + 1e-5 * torch.randn(100, 8, generator=generator)
    assert label_free(nearly).collapsed
    nothing = label_free(torch.zeros(5, 4)).as_json()
    assert {name: nothing[name] for name in ("rankme", "width", "dead", "collapsed", "alpha_req")} == {
        "rankme": 0.0,
        "width": 4,
        "dead": 1.0,
        "collapsed": True,
        "alpha_req": None,
    }


def test_collapsed_dimensions_are_told_from_complete_collapse():
    """Spread stays while rank falls: every feature varies, all along two directions."""
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(200, 2, generator=generator) @ torch.randn(2, 40, generator=generator)
    found = label_free(vectors + 1e-4 * torch.randn(200, 40, generator=generator))
    assert (found.dead, found.collapsed, found.few_directions) == (0.0, False, True)
    assert found.flat == pytest.approx(38 / 40)
    whole = label_free(torch.randn(200, 40, generator=generator))
    assert (whole.flat, whole.few_directions) == (0.0, False)
    one = label_free(torch.ones(200, 40))
    assert (one.collapsed, one.few_directions) == (True, False)


def test_few_items_have_no_flat_directions_for_that_alone():
    """Five items span four directions, and that is no collapse."""
    assert label_free(torch.randn(5, 40, generator=torch.Generator().manual_seed(0))).flat == 0


def test_too_many_vectors_are_sampled(monkeypatch: pytest.MonkeyPatch):
    vectors = torch.randn(400, 6, generator=torch.Generator().manual_seed(0))
    whole = label_free(vectors)
    monkeypatch.setattr(without_labels, "MOST_ITEMS", 50)
    assert label_free(vectors, seed=1) == label_free(vectors, seed=1)
    assert label_free(vectors, seed=1) != label_free(vectors, seed=2)
    assert label_free(vectors).rankme == pytest.approx(whole.rankme, rel=0.1)
