"""The queue holds the latest embeddings, whatever came before and in however many pushes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from selftaught.core import UserError, process_rank
from selftaught.parts import Queue
from selftaught.testing import in_processes


def directions(first, count):
    """Unit vectors that can be told apart: number k points to angle k / 100."""
    angle = torch.arange(first, first + count) / 100
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def numbers(queue):
    return (torch.atan2(queue.rows[:, 1], queue.rows[:, 0]) * 100).round().int().tolist()


def test_it_starts_as_random_directions():
    torch.manual_seed(0)
    rows = Queue(64, 8).rows
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(64))
    assert (rows @ rows.T - torch.eye(64)).abs().max() < 0.99


def test_pushes_wrap_around():
    queue = Queue(5, 2)
    queue.push(directions(0, 3))
    queue.push(directions(3, 3))
    assert numbers(queue) == [5, 1, 2, 3, 4]
    assert int(queue.next) == 1
    queue.push(directions(6, 5))
    assert numbers(queue) == [10, 6, 7, 8, 9]


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(size=st.integers(1, 9), pushes=st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_it_holds_the_latest(size, pushes):
    queue, pushed = Queue(size, 2), 0
    for count in pushes:
        queue.push(directions(pushed, count))
        pushed += count
    if pushed >= size:
        assert sorted(numbers(queue)) == list(range(pushed - size, pushed))
    else:
        assert numbers(queue)[:pushed] == list(range(pushed))


def test_rows_are_scaled_to_unit_length_and_not_linked():
    queue = Queue(2, 2)
    rows = torch.tensor([[3.0, 4.0], [0.0, 0.1]], requires_grad=True)
    queue.push(rows)
    torch.testing.assert_close(queue.rows, torch.tensor([[0.6, 0.8], [0.0, 1.0]]))
    assert not queue.rows.requires_grad
    rows.data.zero_()
    assert queue.rows[1, 1] == 1


def test_a_checkpoint_holds_rows_and_place():
    queue, fresh = Queue(5, 2), Queue(5, 2)
    queue.push(directions(0, 3))
    fresh.load_state_dict(queue.state_dict())
    for each in (queue, fresh):
        each.push(directions(3, 4))
    assert torch.equal(queue.rows, fresh.rows)
    assert numbers(fresh) == [5, 6, 2, 3, 4]


def test_half_precision_rows_are_taken():
    queue = Queue(4, 2)
    queue.push(directions(0, 3).to(torch.bfloat16))
    assert queue.rows.dtype == torch.float32
    torch.testing.assert_close(queue.rows[:3].norm(dim=1), torch.ones(3))


def test_an_empty_queue_is_refused():
    with pytest.raises(UserError, match="at least 1 row, got 0"):
        Queue(0, 2)


def push_twice(queue):
    for first in (0, 4):
        queue.push(directions(first + 2 * process_rank(), 2))
    return queue


def test_processes_push_in_the_order_of_their_ranks():
    one, other = in_processes(push_twice, Queue(6, 2))
    assert numbers(one) == numbers(other) == [6, 7, 2, 3, 4, 5]
    assert int(one.next) == int(other.next) == 2
