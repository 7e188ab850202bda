"""Differences of frames against loops written from the paper, and wrong versions that the same checks reject."""

import pytest
import torch
from oracles import future_frames as oracle

from selftaught.objectives import gradient_difference, squared_difference


def frames(seed):
    return torch.randn(2, 3, 2, 4, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def accepts(objective, expected):
    """Whether a function has the oracle's value for every frame, and the gradient of its own value."""
    predicted, true = frames(0), frames(1)
    found = objective(predicted, true)
    for item in range(2):
        for frame in range(3):
            value = expected(predicted[item, frame].tolist(), true[item, frame].tolist())
            if abs(found[item, frame].item() - value) > 1e-10:
                return False
    return torch.autograd.gradcheck(lambda a: objective(a, true), predicted.requires_grad_(), raise_exception=False)


def without_absolute_values(predicted, true):
    return sum((true.diff(dim=axis) - predicted.diff(dim=axis)).abs().mean((2, 3, 4)) for axis in (3, 4))


def in_time(predicted, true):
    return sum((true.diff(dim=axis).abs() - predicted.diff(dim=axis).abs()).abs().mean((2, 3, 4)) for axis in (2, 3))


def down_only(predicted, true):
    return (true.diff(dim=3).abs() - predicted.diff(dim=3).abs()).abs().mean((2, 3, 4))


def squared(predicted, true):
    return sum((true.diff(dim=a).abs() - predicted.diff(dim=a).abs()).square().mean((2, 3, 4)) for a in (3, 4))


def summed(predicted, true):
    return (predicted - true).square().sum((2, 3, 4))


def absolute(predicted, true):
    return (predicted - true).abs().mean((2, 3, 4))


def test_differences_are_the_papers():
    assert accepts(squared_difference, oracle.squared_difference)
    assert accepts(gradient_difference, oracle.gradient_difference)


@pytest.mark.parametrize("wrong", [without_absolute_values, in_time, down_only, squared])
def test_wrong_gradient_differences_are_rejected(wrong):
    assert not accepts(wrong, oracle.gradient_difference)


@pytest.mark.parametrize("wrong", [summed, absolute])
def test_wrong_squared_differences_are_rejected(wrong):
    assert not accepts(wrong, oracle.squared_difference)


def test_a_constant_costs_nothing_in_edges_and_blur_does():
    true = frames(3)
    assert gradient_difference(true + 5, true).max() < 1e-12
    blurred = torch.nn.functional.avg_pool2d(true.flatten(0, 1), 3, 1, 1).view_as(true)
    assert gradient_difference(blurred, true).min() > 0.1
