"""How far things have come, on standard error: bars with the time left, or now and then a line."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from selftaught.runs.folder import is_first_process

__all__ = ["Bars", "duration"]

T = TypeVar("T")


class Bars:
    """The `Track` of the command line: use it in a `with` block.

    On a terminal every task has a bar while it lasts. Elsewhere a task that takes long writes a line now and then.

    Args:
        console: where to; standard error if none is given, where only the first process of several says anything.
        line_seconds: the time between two lines where there is no terminal.

    Example:
        >>> from selftaught.cli.progress import Bars
        >>> with Bars() as track:
        ...     sum(track(range(4), "adding"))
        6
    """

    def __init__(self, console: Console | None = None, line_seconds: float = 15.0) -> None:
        self.console = console or Console(file=sys.stderr, quiet=not is_first_process())
        self._line_seconds = line_seconds
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._progress = Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
        """The same items, watched."""
        if total is None and isinstance(items, Sized):
            total = len(items)
        return self._draw(items, what, total) if self.console.is_terminal else self._write(items, what, total)

    def say(self, line: str) -> None:
        """A line that stays, above the bars."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _draw(self, items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
        task = self._progress.add_task(what, total=total)
        try:
            for item in items:
                yield item
                self._progress.advance(task)
        finally:
            self._progress.remove_task(task)

    def _write(self, items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
        start = said = time.monotonic()
        for done, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - said >= self._line_seconds:
                said = now
                left = f" of {total}, {duration((now - start) / done * (total - done))} left" if total else ""
                self.say(f"{what}: {done}{left}")


def duration(seconds: float) -> str:
    """A time in words.

    Example:
        >>> from selftaught.cli.progress import duration
        >>> duration(0.4), duration(75.0), duration(7330.0)
        ('under a second', '1 min 15 s', '2 h 2 min')
    """
    whole = round(seconds)
    if whole < 1:
        return "under a second"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
