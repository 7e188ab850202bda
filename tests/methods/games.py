"""Two-player methods on a tiny encoder, and what each player's weights feel and do."""

import torch
from descent import build

from selftaught.core import ImagesWithLatents


def play(kind, **settings):
    """A method around a small encoder of 16x16 RGB images, in float64, from a fixed seed."""

    def make(encoder):
        encoder.channels, encoder.image_size = 3, 16
        return kind(encoder, **settings)

    return build(make)


def draws(seed=0, count=8):
    example = ImagesWithLatents.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def slopes(loss, weights):
    """The gradient of a loss for some weights, in one row."""
    found = torch.autograd.grad(loss, list(weights), retain_graph=True, materialize_grads=True)
    return torch.cat([each.flatten() for each in found])


def slopes_of_the_sum(method, step):
    """The gradient that one backward pass over all losses leaves with each player, in one row each."""
    method.zero_grad(set_to_none=False)
    step.loss.backward()
    return {
        name: torch.cat([(torch.zeros_like(each) if each.grad is None else each.grad).flatten() for each in weights])
        for name, weights in method.players().items()
    }


@torch.no_grad()
def move(method):
    """Every weight against the gradient that it has."""
    for weight in method.parameters():
        if weight.grad is not None:
            weight -= 0.2 * weight.grad


def statistics(module):
    """The running statistics of a module's norms, in one row."""
    return torch.cat([tensor.flatten() for name, tensor in module.named_buffers() if "running" in name])


def same(a, b):
    return torch.allclose(a, b, rtol=1e-8, atol=1e-11)
