"""Positions tell patches apart, and the decoder answers for the hidden places it is asked about."""

import math

import pytest
import torch

from selftaught.core import UserError
from selftaught.parts import PatchDecoder, grid_positions


def decoder(**changes):
    torch.manual_seed(0)
    options = {"encoder_width": 6, "values": 5, "patches": 16, "width": 8, "depth": 2, "heads": 2, **changes}
    return PatchDecoder(**options).double().eval()


def asked(n=3, kept=4):
    generator = torch.Generator().manual_seed(0)
    order = torch.rand(n, 16, generator=generator).argsort(1)
    return torch.randn(n, kept, 6, generator=generator, dtype=torch.float64), order[:, :kept], order[:, kept:]


@pytest.mark.parametrize(("side", "width"), [(2, 8), (5, 16), (8, 192)])
def test_positions_are_those_of_the_formula(side, width):
    found = grid_positions(side, width)
    quarter = width // 4
    for row in range(side):
        for column in range(side):
            angles = [[x / 10_000 ** (4 * i / width) for i in range(quarter)] for x in (column, row)]
            expected = [f(angle) for each in angles for f in (math.sin, math.cos) for angle in each]
            assert found[row * side + column].tolist() == pytest.approx(expected, abs=1e-5)
    assert torch.cdist(found, found).fill_diagonal_(1).min() > 0.1


def test_a_width_that_four_does_not_divide_is_refused():
    with pytest.raises(UserError, match="expected a width that 4 divides"):
        grid_positions(2, 6)


def test_answers_follow_the_questions():
    network, (visible, keep, hidden) = decoder(), asked()
    answers = network(visible, keep, hidden)
    order = torch.randperm(12)
    torch.testing.assert_close(network(visible, keep, hidden[:, order]), answers[:, order])
    swapped = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(network(visible[:, swapped], keep[:, swapped], hidden), answers)
    assert not torch.isclose(network(visible[:, swapped], keep, hidden), answers).any(2).all()
    assert (torch.cdist(answers, answers) + torch.eye(12)).min() > 1e-6  # every place has an answer of its own


def test_positions_are_no_weights_and_are_not_saved():
    network = decoder()
    assert "positions" not in dict(network.named_parameters())
    assert "positions" not in network.state_dict()


@pytest.mark.parametrize("changes", [{"depth": 0}, {"heads": 3}, {"heads": 0}, {"width": 0}])
def test_shapes_that_cannot_be_are_refused(changes):
    with pytest.raises(UserError, match="expected a decoder of at least 1 block"):
        decoder(**changes)
