"""How a lower layer tells a user how far it has come, without knowing who watches."""

from collections.abc import Iterable
from typing import Protocol, TypeVar, runtime_checkable

__all__ = ["Track", "silent"]

T = TypeVar("T")


@runtime_checkable
class Track(Protocol):
    """Wraps an iterable so that somebody can see how far it has come: `for x in track(xs, "checking images", n)`."""

    def __call__(self, items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
        """The same items, one by one."""
        ...


def silent(items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
    """The `Track` that shows nothing.

    Example:
        >>> from selftaught.core import silent
        >>> list(silent(range(3), "counting"))
        [0, 1, 2]
    """
    return items
