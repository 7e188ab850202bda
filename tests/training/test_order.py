import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from selftaught.core import UserError
from selftaught.training.order import Order, mixed_seed


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 60), st.integers(0, 5), st.integers(0, 30))
def test_processes_share_the_batches_of_one(processes: int, share: int, more: int, seed: int, step: int) -> None:
    batch = max(processes * share, 1)
    one = Order(batch + more, batch, seed)
    parts = [Order(batch + more, batch, seed, process, processes) for process in range(processes)]
    assert torch.equal(torch.cat([part.rows(step) for part in parts]), one.rows(step))


def test_an_epoch_sees_every_item_once_and_the_next_in_another_order() -> None:
    order = Order(items=11, batch_size=3, seed=4)
    first, second = ([order.rows(3 * epoch + step) for step in range(3)] for epoch in range(2))
    assert len(set(torch.cat(first).tolist())) == 9
    assert not torch.equal(torch.cat(first), torch.cat(second))
    assert torch.equal(torch.cat(first), order.of_epoch(0)[:9])


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    a, b, other = Order(50, 5, 1), Order(50, 5, 1), Order(50, 5, 2)
    torch.manual_seed(0)
    assert torch.equal(a.of_epoch(3), b.of_epoch(3))
    assert not torch.equal(a.of_epoch(3), other.of_epoch(3))
    assert not torch.equal(a.of_epoch(0), other.of_epoch(0))


def test_weights_say_how_often_each_item_is_drawn() -> None:
    order = Order(40_000, 100, 0)
    weights = torch.zeros(40_000)
    weights[[3, 7]] = torch.tensor([3.0, 1.0])
    drawn = order.of_epoch(0, weights)
    assert set(drawn.tolist()) == {3, 7}
    assert abs((drawn == 3).double().mean().item() - 0.75) < 0.01  # standard error 0.002
    assert not torch.equal(drawn, order.of_epoch(1, weights))


@pytest.mark.parametrize("weights", [[-1.0, 2.0], [0.0, 0.0], [torch.nan, 1.0], [torch.inf, 1.0]])
def test_impossible_weights_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="sampling weights"):
        Order(2, 1, 0).of_epoch(0, torch.tensor(weights))


def test_fewer_images_than_a_batch() -> None:
    with pytest.raises(UserError, match=r"as many items as a batch holds, 256, got 200"):
        Order(200, 256, 0)


def test_a_batch_that_processes_cannot_share() -> None:
    with pytest.raises(UserError, match=r"3 processes can share equally, got 256"):
        Order(1000, 256, 0, processes=3)


def test_seeds_of_neighbours_differ_and_fit_a_generator() -> None:
    seeds = {mixed_seed("step", seed, step, rank) for seed in range(5) for step in range(50) for rank in range(4)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)
