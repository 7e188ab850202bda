import pickle
import signal
import threading

import pytest

from selftaught.training.signals import Interrupted, StopRequest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_is_noted_and_the_second_works_as_ever(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    heard: list[int] = []
    signal.signal(number, lambda *_: heard.append(-1))
    try:
        with StopRequest(heard.append) as request:
            assert request.number is None
            signal.raise_signal(number)
            assert (request.number, heard) == (number, [number])
            signal.raise_signal(number)
            assert heard == [number, -1]
    finally:
        signal.signal(number, before)


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with StopRequest():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_other_threads_train_without_listening() -> None:
    numbers: list[int | None] = []

    def work() -> None:
        with StopRequest() as request:
            numbers.append(request.number)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert numbers == [None]


def test_it_ends_the_process_with_the_shells_status_and_crosses_processes() -> None:
    stop = pickle.loads(pickle.dumps(Interrupted(signal.SIGINT, "stopped")))
    assert (stop.code, stop.signal_number, stop.message) == (130, 2, "stopped")
    assert Interrupted(None, "by another process").code == 143
