"""Batch norm by groups of the batch of all processes, against PyTorch's on the same rows."""

import copy

import pytest
import torch
from torch import nn

from selftaught.core import UserError, process_count, process_rank
from selftaught.parts import BatchNorm, regroup, synchronised
from selftaught.testing import in_processes


def exact(got, expected):
    torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-10)


def items(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3 + 1


def weighted(norm):
    """The norm in float64 with scales and shifts that are not 1 and 0."""
    norm = norm.double()
    with torch.no_grad():
        norm.weight.copy_(torch.linspace(0.5, 2, len(norm.weight)))
        norm.bias.copy_(torch.linspace(-1, 1, len(norm.bias)))
    return norm


def pass_through(norm, rows):
    """Output, gradients of rows, scale and shift for a loss that weighs every number differently, and statistics."""
    rows = rows.clone().requires_grad_(True)
    norm.zero_grad()
    output = norm(rows)
    loss = (output.square() * torch.linspace(0, 1, rows.shape[-1], dtype=rows.dtype)).sum() + output[0].sum()
    loss.backward()
    gradients = rows.grad, norm.weight.grad, norm.bias.grad
    return output.detach(), *gradients, norm.running_mean, norm.running_var, norm.num_batches_tracked


def own_part(norm, rows):
    """`pass_through` for this process's rows, twice so that statistics move on from the first."""
    mine = rows.chunk(process_count())[process_rank()]
    norm(mine)
    return pass_through(norm, mine)


@pytest.mark.parametrize(
    ("theirs", "shape"),
    [
        (nn.BatchNorm1d, (8, 5)),
        (nn.BatchNorm1d, (8, 5, 3)),
        (nn.BatchNorm2d, (4, 5, 3, 3)),
        (nn.BatchNorm3d, (4, 5, 2, 2, 2)),
    ],
)
def test_one_group_is_pytorchs(theirs, shape):
    mine, theirs = weighted(BatchNorm(5)), weighted(theirs(5))
    for _ in range(2):
        for got, expected in zip(pass_through(mine, items(*shape)), pass_through(theirs, items(*shape)), strict=True):
            exact(got, expected)
    mine.eval(), theirs.eval()
    exact(mine(items(*shape)), theirs(items(*shape)))
    assert list(mine.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize("shape", [(12, 5), (12, 5, 2, 3)])
def test_groups_are_normalised_by_themselves(shape):
    norm = weighted(BatchNorm(5, groups=3))
    parts = [weighted(nn.BatchNorm2d(5) if len(shape) == 4 else nn.BatchNorm1d(5)) for _ in range(3)]
    output = norm(items(*shape))
    exact(output, torch.cat([part(rows) for part, rows in zip(parts, items(*shape).chunk(3), strict=True)]))
    exact(norm.running_mean, torch.stack([part.running_mean for part in parts]).mean(0))
    exact(norm.running_var, torch.stack([part.running_var for part in parts]).mean(0))
    assert not torch.allclose(output, weighted(BatchNorm(5))(items(*shape)), rtol=0.01)


@pytest.mark.parametrize("shape", [(12, 5), (12, 5, 2, 3)])
@pytest.mark.parametrize(("groups", "count"), [(1, 2), (1, 3), (2, 2), (6, 2)])
def test_several_processes_are_one(shape, groups, count):
    norm = weighted(BatchNorm(5, groups=groups))
    whole = copy.deepcopy(norm)
    rows = items(*shape)
    rows[0] += 5  # so that processes that keep to themselves would differ
    parts = in_processes(own_part, norm, rows, count=count)
    whole(rows)
    rows_grad = rows.clone().requires_grad_(True)
    whole.zero_grad()
    output = whole(rows_grad)
    per_row = (output.square() * torch.linspace(0, 1, shape[-1], dtype=rows.dtype)).flatten(1).sum(1)
    firsts = [output[start].sum() for start in range(0, 12, 12 // count)]
    (per_row.sum() + sum(firsts)).backward()
    outputs, gradients, scales, shifts, *statistics = zip(*parts, strict=True)
    exact(torch.cat(outputs), output.detach())
    exact(torch.cat(gradients), rows_grad.grad)
    exact(sum(scales), whole.weight.grad)
    exact(sum(shifts), whole.bias.grad)
    for of_ranks, expected in zip(statistics, (whole.running_mean, whole.running_var), strict=False):
        for got in of_ranks:
            exact(got, expected)


def test_half_precision_is_normalised_in_float32():
    rows = items(64, 5).to(torch.bfloat16) + 100
    (output, *_), _ = in_processes(own_part, BatchNorm(5), rows, count=2)
    assert output.dtype == torch.bfloat16
    expected = nn.BatchNorm1d(5)(rows.float())[:32]
    torch.testing.assert_close(output.float(), expected, rtol=0, atol=0.02)


def test_groups_that_do_not_divide_are_refused():
    with pytest.raises(UserError, match="splits into 4 equal groups over 1 processes, got 6 items"):
        BatchNorm(5, groups=4)(items(6, 5).float())


def test_regroup_keeps_weights_statistics_names_and_mode():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, eps=0.1, momentum=0.3), nn.Sequential(nn.BatchNorm2d(4)))
    net(items(4, 3, 5, 5).float())
    net[2].eval()
    names, weight, expected = list(net.state_dict()), net[1].weight, copy.deepcopy(net)
    assert regroup(net, 1) is net
    assert list(net.state_dict()) == names
    assert net[1].weight is weight
    assert [type(net[1]), type(net[2][0])] == [BatchNorm, BatchNorm]
    assert [net[1].training, net[2][0].training] == [True, False]
    rows = items(4, 3, 5, 5).float()
    assert torch.equal(net(rows), expected(rows))
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, expected.state_dict()[name]), name
    regroup(net, 2)
    assert [net[1].groups, net[2][0].groups] == [2, 2]


@pytest.mark.parametrize("name", ["resnet10t", "tf_mobilenetv3_small_minimal_100"])
def test_regroup_keeps_what_timms_networks_compute(name):
    import timm

    net = timm.create_model(name, num_classes=0)
    mine = synchronised(copy.deepcopy(net))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in mine.modules())
    assert list(mine.state_dict()) == list(net.state_dict())
    rows = items(4, 3, 32, 32).float()
    torch.testing.assert_close(mine(rows), net(rows), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(mine.eval()(rows), net.eval()(rows), rtol=1e-4, atol=1e-5)
