import threading
import time

import pytest
import torch
from stand_ins import Numbers

from selftaught.training.batches import Batches
from selftaught.training.order import Order

CPU = torch.device("cpu")


class Recording(Numbers):
    def __init__(self, items: int, seconds: float = 0.0) -> None:
        super().__init__(items, seconds)
        self.read: list[tuple[list[int], str]] = []

    def batch(self, rows):
        self.read.append((rows.tolist(), threading.current_thread().name))
        return super().batch(rows)


def test_every_step_gets_its_own_rows_whatever_the_order() -> None:
    order = Order(20, 4, 1)
    with Batches(Numbers(20), order, CPU, 100) as batches:
        for step in (0, 1, 2, 7, 3, 4, 5, 12):
            items, rows = batches.at(step)
            assert torch.equal(rows, order.rows(step))
            assert torch.equal(items.pixels, Numbers(20).batch(rows).pixels)


def test_the_next_batch_is_read_while_the_step_runs() -> None:
    with Batches(Numbers(20, seconds=0.2), Order(20, 4, 1), CPU, 100) as batches:
        batches.at(0)
        time.sleep(0.25)
        started = time.perf_counter()
        batches.at(1)
        assert time.perf_counter() - started < 0.1


def test_nothing_is_read_beyond_the_run_or_across_an_epoch_that_may_change() -> None:
    source, order = Recording(8), Order(8, 4, 1)
    with Batches(source, order, CPU, 3) as batches:
        batches.at(2)
    assert len(source.read) == 1
    source = Recording(8)
    with Batches(source, order, CPU, 100, epochs_depend=True) as batches:
        batches.at(1)
        weights = torch.zeros(8)
        weights[3] = 1
        batches.draw_by(weights)
        assert batches.at(2)[1].tolist() == [3] * 4
    assert all(name.startswith("selftaught-batches") for _, name in source.read)


def test_an_error_while_reading_reaches_the_loop() -> None:
    class Broken(Numbers):
        def batch(self, rows):
            raise OSError("the disk is gone")

    with Batches(Broken(8), Order(8, 4, 1), CPU, 3) as batches, pytest.raises(OSError, match="the disk is gone"):
        batches.at(0)
