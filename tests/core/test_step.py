"""A step's loss is the sum of its terms."""

import torch

from selftaught.core import Step


def test_the_loss_is_the_sum_and_carries_the_gradient_of_every_term():
    weight = torch.tensor(3.0, requires_grad=True)
    step = Step(losses={"a": weight * 2, "b": weight**2, "c": torch.tensor(1.0)})
    assert step.loss.item() == 16
    step.loss.backward()
    assert weight.grad.item() == 8


def test_metrics_are_not_minimised():
    assert Step({"a": torch.tensor(1.0)}, metrics={"b": torch.tensor(5.0)}).loss.item() == 1


def test_one_loss_is_itself():
    loss = torch.tensor(1.5)
    assert Step({"a": loss}).loss is loss
