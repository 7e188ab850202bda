"""Several processes compute loss and gradient of one; with statistics of parts or sums without autograd they do not."""

import pytest
import torch

from selftaught.objectives import barlow_twins, covariance_penalty, mean_squared_distance, redundancy, variance_hinge
from selftaught.testing import in_processes


def vicreg(a, b):
    variance, covariance = variance_hinge(a) + variance_hinge(b), covariance_penalty(a) + covariance_penalty(b)
    return 25 * mean_squared_distance(a, b).mean() + 25 * variance + covariance


def statistics_of_each_part(tensor):
    return tensor * torch.distributed.get_world_size()


def sum_without_gradient_of_others(tensor):
    total = tensor.detach().clone()
    torch.distributed.all_reduce(total)
    return tensor + (total - tensor).detach()


def loss_and_gradient(objective, a, b, replaced_sum=None):
    """The mean loss of all processes, and the averaged gradient of this one's rows."""
    if replaced_sum is not None:
        redundancy.all_sum = replaced_sum
    rank, count = torch.distributed.get_rank(), torch.distributed.get_world_size()
    a, b = (whole.chunk(count)[rank].clone().requires_grad_(True) for whole in (a, b))
    loss = objective(a, b)
    loss.backward()
    mean = loss.detach().clone()
    torch.distributed.all_reduce(mean)
    return mean / count, a.grad / count, b.grad / count


def process_errors(objective, replaced_sum=None, count=2):
    """How far several processes are from one: in the loss, and in the gradient as a share of its length."""
    a, b = (torch.randn(6, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) for seed in range(2))
    a, b = 0.4 * a, 0.4 * (a + b)
    whole = [view.clone().requires_grad_(True) for view in (a, b)]
    loss = objective(*whole)
    loss.backward()
    expected = torch.cat([view.grad for view in whole])
    results = in_processes(loss_and_gradient, objective, a, b, replaced_sum, count=count)
    losses, *gradients = zip(*results, strict=True)
    got = torch.cat([torch.cat(side) for side in gradients])
    return (losses[0] - loss.detach()).abs().item(), ((got - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("objective", [barlow_twins, vicreg])
def test_several_processes_are_one(objective, count):
    loss_error, gradient_error = process_errors(objective, count=count)
    assert loss_error < 1e-12
    assert gradient_error < 1e-12


@pytest.mark.parametrize("objective", [barlow_twins, vicreg])
def test_statistics_of_each_process_are_seen_in_the_loss(objective):
    loss_error, _ = process_errors(objective, statistics_of_each_part)
    assert loss_error > 0.01


@pytest.mark.parametrize("objective", [barlow_twins, vicreg])
def test_a_sum_without_autograd_is_seen_in_the_gradient_only(objective):
    loss_error, gradient_error = process_errors(objective, sum_without_gradient_of_others)
    assert loss_error < 1e-12
    assert gradient_error > 0.05
