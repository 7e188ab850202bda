"""SIGTERM and SIGINT as a request to stop at the end of a step."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["Interrupted", "StopRequest"]


class Interrupted(SystemExit):
    """A run was stopped by a signal, after a checkpoint was written; if nobody catches it, the process ends silently.

    Args:
        signal_number: which signal, SIGTERM where only another process was asked; the exit status is 128 more.
        message: how far the run came and how to continue it.

    Example:
        >>> from selftaught.training import Interrupted
        >>> Interrupted(15, "stopped").code
        143
    """

    def __init__(self, signal_number: int | None, message: str) -> None:
        self.signal_number, self.message = signal_number or int(signal.SIGTERM), message
        super().__init__(128 + self.signal_number)

    def __reduce__(self) -> tuple[type["Interrupted"], tuple[int, str]]:
        return type(self), (self.signal_number, self.message)


class StopRequest:
    """While it is open, the first SIGTERM or SIGINT is only noted, and the second works as ever.

    Python lets only the main thread listen to signals; in any other thread nothing is ever noted.

    Args:
        on_signal: called with the signal's number when the first comes.

    Example:
        >>> import signal
        >>> from selftaught.training.signals import StopRequest
        >>> with StopRequest() as request:
        ...     signal.raise_signal(signal.SIGTERM)
        ...     request.number == signal.SIGTERM
        True
    """

    def __init__(self, on_signal: Callable[[int], None] | None = None) -> None:
        self.number: int | None = None
        self._on_signal = on_signal
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        self.__exit__()
        if self._on_signal is not None:
            self._on_signal(number)
