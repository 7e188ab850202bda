"""Help texts that `make docs` has written down, so that asking for help does not wait for torch to load."""

from collections.abc import Sequence
from importlib.resources import files

__all__ = ["written_help"]


def written_help(words: Sequence[str]) -> str | None:
    """The help of a command that is asked for nothing else; None where the options have to be looked at first.

    Args:
        words: those after `selftaught`.

    Example:
        >>> from selftaught.cli.written_help import written_help
        >>> written_help(["pretrain", "simclr", "--help"])
        'usage: selftaught pretrain simclr ...'
        >>> written_help(["pretrain", "simclr", "--recipe", "simclr_cifar10", "--help"]) is None
        True
    """
    others = [word for word in words if word not in ("-h", "--help")]
    if len(others) == len(words) or not all(word.isidentifier() for word in others):
        return None
    text = files("selftaught.cli") / "help" / f"{'-'.join(others)}.txt"
    return text.read_text(encoding="utf-8") if text.is_file() else None
