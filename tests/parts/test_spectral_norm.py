"""A layer's weight is divided by its largest singular value, which `follow` keeps up with."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from selftaught.parts import SpectralNorm


def layers():
    torch.manual_seed(0)
    return [nn.Linear(5, 4), nn.Conv2d(3, 4, 3, 2, 1), nn.Linear(6, 1)]


def settled(layer, turns=200):
    normed = SpectralNorm(layer).double()
    for _ in range(turns):
        normed.follow()
    return normed


def largest(layer):
    return torch.linalg.matrix_norm(layer.weight.flatten(1), 2)


def inputs(layer):
    shape = (2, 3, 7, 7) if isinstance(layer, nn.Conv2d) else (2, layer.in_features)
    return torch.randn(*shape, dtype=torch.float64)


@pytest.mark.parametrize("layer", layers(), ids=repr)
def test_it_computes_with_the_weight_over_its_spectral_norm(layer):
    normed, items = settled(layer), inputs(layer)
    plain = copy.deepcopy(normed.layer)
    plain.weight.data /= largest(plain)
    torch.testing.assert_close(normed(items), plain(items), rtol=1e-6, atol=1e-8)


def test_its_gradient_is_that_of_the_division():
    normed, items = settled(layers()[0]), inputs(layers()[0])
    by_hand = normed.layer.weight.detach().clone().requires_grad_()
    expected = F.linear(items, by_hand / torch.linalg.matrix_norm(by_hand, 2), normed.layer.bias.detach())
    expected.square().sum().backward()
    normed(items).square().sum().backward()
    torch.testing.assert_close(normed.layer.weight.grad, by_hand.grad, rtol=1e-6, atol=1e-8)


def test_calls_change_nothing_in_training_or_eval_mode():
    normed, items = SpectralNorm(nn.Linear(5, 4)), torch.randn(2, 5)
    before = {name: tensor.clone() for name, tensor in normed.state_dict().items()}
    for mode in (True, False):
        assert torch.equal(normed.train(mode)(items), normed(items))
    assert all(torch.equal(tensor, before[name]) for name, tensor in normed.state_dict().items())


def test_it_follows_a_weight_that_moves():
    normed = settled(layers()[0])
    normed.layer.weight.data.copy_(3 * torch.randn(4, 5))
    for _ in range(300):
        normed.follow()
    reached = normed.left @ normed.layer.weight.flatten(1) @ normed.right
    assert reached.item() == pytest.approx(largest(normed.layer).item(), rel=1e-6)


def test_following_before_backward_does_no_harm():
    normed, items = SpectralNorm(nn.Linear(5, 4)), torch.randn(2, 5)
    loss = normed(items).sum()
    normed.follow()
    loss.backward()
    assert normed.layer.weight.grad.isfinite().all()


def test_it_can_be_copied_and_sent():
    normed, items = SpectralNorm(nn.Linear(5, 4)), torch.randn(2, 5)
    expected = normed(items)
    for twin in (copy.deepcopy(normed), pickle.loads(pickle.dumps(normed))):
        assert torch.equal(twin(items), expected)


def test_the_norm_is_taken_in_full_precision_under_autocast():
    normed, items = SpectralNorm(nn.Linear(64, 64, bias=False)), torch.eye(64)
    with torch.autocast("cpu", torch.bfloat16):
        half = normed(items)
    torch.testing.assert_close(half.float(), normed(items).bfloat16().float(), rtol=0, atol=1e-6)
