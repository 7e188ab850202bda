"""Directions are uniform, new in every turn, and the same for whoever is at that turn."""

import copy
import io

import pytest
import torch

from selftaught.core import UserError
from selftaught.parts import Directions


def at(turn, width=4, count=5000):
    directions = Directions(width, count)
    for _ in range(turn):
        directions.redraw()
    return directions


def test_they_are_unit_vectors_with_no_preferred_direction():
    columns = at(1).columns.double()
    torch.testing.assert_close(columns.norm(dim=0), torch.ones(5000, dtype=torch.float64), rtol=0, atol=1e-6)
    assert columns.mean(1).abs().max() < 0.03
    torch.testing.assert_close(columns @ columns.T / 5000, torch.eye(4).double() / 4, rtol=0, atol=0.02)
    assert abs((columns.abs() > 0.99).double().sum(0).mean().item()) < 0.01, "a cube's corners or axes stand out"


def test_each_turn_has_its_own_in_any_run_and_any_precision():
    assert torch.equal(at(3).columns, at(3).columns)
    assert not torch.equal(at(3).columns, at(2).columns)
    double = Directions(4, 5000).double()
    for _ in range(3):
        double.redraw()
    torch.testing.assert_close(double.columns.float(), at(3).columns, rtol=0, atol=1e-7)


def test_they_leave_the_global_generator_alone():
    state = torch.get_rng_state()
    at(2)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_reload_continues():
    file = io.BytesIO()
    torch.save(at(7).state_dict(), file)
    file.seek(0)
    fresh = at(0)
    fresh.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(fresh.columns, at(7).columns)
    fresh.redraw()
    assert torch.equal(fresh.columns, at(8).columns)
    assert copy.deepcopy(fresh).turn == 8


def test_none_are_refused():
    with pytest.raises(UserError, match="at least 1 direction, got 0"):
        Directions(4, 0)
