"""Tensors of all processes as one, and the gradient that comes back."""

import torch

from selftaught.core import all_sum, from_first, gather, process_count, process_rank
from selftaught.testing import in_processes


def ranks():
    return process_rank(), process_count()


def gathered():
    own = (torch.arange(2.0)[:, None] + 10 * process_rank()).requires_grad_(True)
    everyone = gather(own)
    weights = torch.arange(1.0, len(everyone) + 1)[:, None] * (process_rank() + 1)
    (everyone * weights).sum().backward()
    return everyone.detach(), own.grad


def summed():
    own = torch.tensor([1.0, 2.0]) * (process_rank() + 1)
    own.requires_grad_(True)
    total = all_sum(own)
    (total.square() * (process_rank() + 1)).sum().backward()
    return total.detach(), own.grad, own.detach()


def gathered_strided_integers():
    return gather(torch.arange(6).reshape(2, 3).T + 100 * process_rank())


def of_the_first():
    own = torch.tensor([0.1, 0.2], dtype=torch.float64) * (process_rank() + 1)
    return from_first(own), from_first(torch.arange(2) + 10 * process_rank())


def test_one_process_is_alone():
    tensor = torch.ones(3)
    assert ranks() == (0, 1)
    assert gather(tensor) is tensor
    assert all_sum(tensor) is tensor
    assert from_first(tensor) is tensor


def test_ranks_are_in_order():
    assert in_processes(ranks, count=3) == [(0, 3), (1, 3), (2, 3)]


def test_gather_joins_by_rank_and_sums_what_every_process_asks_for():
    for rank, (everyone, gradient) in enumerate(in_processes(gathered)):
        assert everyone.flatten().tolist() == [0, 1, 10, 11]
        # each process asks for weight (1 + its rank) x (1 + place): together 3 x (1 + place)
        assert gradient.flatten().tolist() == [3 * (2 * rank + 1), 3 * (2 * rank + 2)]


def test_all_sum_adds_and_sums_what_every_process_asks_for():
    for rank, (total, gradient, own) in enumerate(in_processes(summed)):
        assert total.tolist() == [3, 6]
        assert gradient.tolist() == [2 * 3 * 3, 2 * 6 * 3]
        assert own.tolist() == [rank + 1, 2 * (rank + 1)]  # the input is not overwritten


def test_gather_takes_integers_and_strides():
    for everyone in in_processes(gathered_strided_integers):
        assert everyone[:, 1].tolist() == [3, 4, 5, 103, 104, 105]


def test_all_hold_what_the_first_holds_to_the_bit():
    for values, numbers in in_processes(of_the_first, count=3):
        assert torch.equal(values, torch.tensor([0.1, 0.2], dtype=torch.float64))
        assert numbers.tolist() == [0, 1]
