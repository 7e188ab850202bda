"""Several processes compute the loss and the gradient of one; a gather without autograd does not."""

import pytest
import torch

from selftaught.objectives import contrastive, nt_xent
from selftaught.testing import in_processes


def gather_without_gradient(tensor):
    pieces = [torch.empty_like(tensor) for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather(pieces, tensor.detach().contiguous())
    return torch.cat(pieces)


def gather_with_own_rows_gradient(tensor):
    pieces = list(gather_without_gradient(tensor).chunk(torch.distributed.get_world_size()))
    pieces[torch.distributed.get_rank()] = tensor
    return torch.cat(pieces)


def loss_and_gradient(a, b, replaced_gather=None):
    """NT-Xent of this process's rows: the mean loss, and the averaged gradient of its rows."""
    if replaced_gather is not None:
        contrastive.gather = replaced_gather
    rank, count = torch.distributed.get_rank(), torch.distributed.get_world_size()
    a, b = (whole.chunk(count)[rank].clone().requires_grad_(True) for whole in (a, b))
    loss = nt_xent(a, b, temperature=0.2)
    loss.backward()
    mean = loss.detach().clone()
    torch.distributed.all_reduce(mean)
    return mean / count, a.grad / count, b.grad / count


def whole_loss_and_gradient(a, b):
    a, b = a.clone().requires_grad_(True), b.clone().requires_grad_(True)
    loss = nt_xent(a, b, temperature=0.2)
    loss.backward()
    return loss.detach(), a.grad, b.grad


def process_errors(replaced_gather=None, count=2):
    """How far several processes are from one: in the loss, and in the gradient as a share of its length."""
    a, b = (torch.randn(6, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) for seed in range(2))
    loss, *gradient = whole_loss_and_gradient(a, b)
    losses, *gradients = zip(*in_processes(loss_and_gradient, a, b, replaced_gather, count=count), strict=True)
    assert all(torch.equal(other, losses[0]) for other in losses)
    got, expected = torch.cat([torch.cat(side) for side in gradients]), torch.cat(gradient)
    return (losses[0] - loss).abs().item(), ((got - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("count", [2, 3])
def test_nt_xent_of_several_processes_is_that_of_one(count):
    loss_error, gradient_error = process_errors(count=count)
    assert loss_error < 1e-12
    assert gradient_error < 1e-12


@pytest.mark.parametrize("wrong", [gather_without_gradient, gather_with_own_rows_gradient])
def test_a_gather_without_autograd_is_seen_in_the_gradient_only(wrong):
    loss_error, gradient_error = process_errors(wrong)
    assert loss_error < 1e-12
    assert gradient_error > 0.05
