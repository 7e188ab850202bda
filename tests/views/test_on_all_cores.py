import os
import threading

import pytest
import torch

from selftaught.views import Draws, TwoViews
from selftaught.views.on_all_cores import on_all_cores

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_pieces_are_worked_on_side_by_side_by_threads_that_work_alone():
    met, seen = threading.Barrier(2, timeout=60), []

    def work(piece: int) -> None:
        met.wait()  # a thread for all pieces would wait for ever
        seen.append((piece, torch.get_num_threads()))

    on_all_cores(work, range(4), CPU)
    assert sorted(seen) == [(0, 1), (1, 1), (2, 1), (3, 1)]
    assert torch.get_num_threads() == 2


def test_the_callers_modes_hold_in_every_thread():
    found: list[tuple[bool, bool]] = []

    def work(_: int) -> None:
        found.append((torch.is_inference_mode_enabled(), torch.is_grad_enabled()))

    with torch.inference_mode():
        made = torch.zeros(2)
        on_all_cores(lambda piece: made[piece].fill_(1), range(2), CPU)  # the wrong variant may not change it
        on_all_cores(work, range(2), CPU)
    with torch.no_grad():
        on_all_cores(work, range(2), CPU)
    on_all_cores(work, range(2), CPU)
    assert made.tolist() == [1, 1]
    assert found == [(True, False)] * 2 + [(False, False)] * 2 + [(False, True)] * 2


def test_what_goes_wrong_in_a_thread_is_raised():
    def work(piece: int) -> None:
        raise ValueError(f"piece {piece}")

    with pytest.raises(ValueError, match="piece 0"):
        on_all_cores(work, range(3), CPU)


def test_one_thread_is_the_callers():
    torch.set_num_threads(1)
    who: list[str] = []
    on_all_cores(lambda _: who.append(threading.current_thread().name), range(3), CPU)
    assert who == [threading.current_thread().name] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_after_a_fork_there_are_threads_anew():
    on_all_cores(lambda _: None, range(2), CPU)
    child = os.fork()
    if child == 0:
        done: list[int] = []
        on_all_cores(done.append, range(2), CPU)
        os._exit(0 if sorted(done) == [0, 1] else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_views_do_not_depend_on_the_number_of_threads():
    images = torch.randint(0, 256, (9, 3, 256, 256), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    make_views = TwoViews(image_size=224)
    together = make_views(images, draws=Draws.at(0, 3, batch=9)).pair()
    torch.set_num_threads(1)
    alone = make_views(images, draws=Draws.at(0, 3, batch=9)).pair()
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=2e-6)
