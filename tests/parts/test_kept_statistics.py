"""Running statistics that are left alone, and those that are taken once, of both kinds of batch norm."""

import copy

import pytest
import torch
from torch import nn

from selftaught.encoders import SmallResNet
from selftaught.parts import BatchNorm, is_unsettled, running_statistics_kept, settle_statistics

KINDS = [nn.BatchNorm1d, BatchNorm]


def items(seed=0):
    return 3 + 2 * torch.randn(16, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_remembered_inside_and_all_outside(kind):
    norm, alone = kind(4).double(), kind(4).double()
    alone(items(1))
    norm(items(1))
    with running_statistics_kept(norm):
        inside = norm(items(2))
    assert torch.equal(inside, kind(4).double()(items(2)))  # normalised by the batch all the same
    for name, statistic in alone.named_buffers():
        assert torch.equal(dict(norm.named_buffers())[name], statistic), name
    assert norm.momentum == 0.1
    norm(items(3))
    assert not torch.equal(norm.running_mean, alone.running_mean)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_inside_leaves_the_norm_as_it_was(kind):
    norm = kind(4).double()
    with pytest.raises(RuntimeError), running_statistics_kept(norm):
        norm(items()[:, :2])
    assert norm.momentum == 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_settled_statistics_are_those_of_the_items(kind):
    network = nn.Sequential(kind(4).double(), nn.Dropout(0.5)).eval()
    assert is_unsettled(network)
    settle_statistics(network, items())
    norm = network[0]
    torch.testing.assert_close(norm.running_mean, items().mean(0), rtol=0, atol=1e-12)
    torch.testing.assert_close(norm.running_var, items().var(0), rtol=0, atol=1e-12)
    assert not is_unsettled(network)
    assert norm.momentum == 0.1
    assert not any(module.training for module in network.modules())


def test_a_settled_network_is_the_one_that_learns():
    """In eval mode it says of the items what it says of them in training; an unsettled one does not."""
    torch.manual_seed(0)
    network, images = SmallResNet(channels=1, image_size=8, features=4).double(), torch.rand(64, 1, 8, 8).double()
    learns = copy.deepcopy(network).train()(images)
    before = copy.deepcopy(network).eval()(images)
    settle_statistics(network, images)
    settled = network.eval()(images)
    assert (settled - learns).norm() < 0.05 * learns.norm()  # but for n - 1 in place of n
    assert (before - learns).norm() > 0.3 * learns.norm()


def test_a_network_without_norms_is_settled():
    assert not is_unsettled(nn.Linear(2, 2))
