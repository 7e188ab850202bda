"""Errors that a user can mend: one line saying what was wrong, what was expected and what is nearest."""

import difflib
from collections.abc import Iterable

__all__ = ["UserError", "nearest", "unknown_name"]


class UserError(ValueError):
    """What was asked for cannot be done, and the message says how to mend it.

    The command line prints the message on one line and exits with status 2; from Python it is a `ValueError`.

    Example:
        >>> from selftaught.core import UserError
        >>> raise UserError("expected at least 2 images, got 1")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: expected at least 2 images, got 1
    """


def nearest(given: str, valid: Iterable[str]) -> str | None:
    """The valid name that a mistyped one most resembles, or None if none is near.

    Example:
        >>> from selftaught.core import nearest
        >>> nearest("simclear", ["simclr", "moco", "byol"])
        'simclr'
        >>> nearest("zzz", ["simclr"]) is None
        True
    """
    by_lower = {name.lower(): name for name in valid}
    found = difflib.get_close_matches(given.lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[found[0]] if found else None


def unknown_name(what: str, given: str, valid: Iterable[str]) -> UserError:
    """The error for a name that is not among the valid ones.

    Args:
        what: what the name was meant to name, as in "method".
        given: the name that came.
        valid: every name that would have done.

    Example:
        >>> from selftaught.core import unknown_name
        >>> print(unknown_name("method", "simclear", ["simclr", "moco"]))
        unknown method 'simclear': did you mean 'simclr'? (valid: moco, simclr)
    """
    names = sorted(valid)
    near = nearest(given, names)
    hint = f"did you mean '{near}'? " if near else ""
    listed = ", ".join(names) if len(names) <= 12 else f"{', '.join(names[:12])}, ... {len(names)} in all"
    return UserError(f"unknown {what} '{given}': {hint}(valid: {listed})")
