"""A few steps of plain gradient descent, and a tiny encoder to take them with."""

import torch

from selftaught.core import MultiView
from selftaught.testing import ExampleEncoder


def build(make):
    """The method that `make` builds around a small encoder, in float64, from a fixed seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make(ExampleEncoder()).double()


def views(count=8, seed=0):
    example = MultiView.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def descend(method, step):
    """Move every weight against its gradient."""
    method.zero_grad()
    step.loss.backward()
    with torch.no_grad():
        for weight in method.parameters():
            if weight.grad is not None:
                weight -= 0.5 * weight.grad


def flat(*modules):
    return torch.cat([weight.detach().flatten() for module in modules for weight in module.parameters()])
