"""`selftaught COMMAND`: finds the command, and turns errors that a user can mend into one line and status 2."""

import errno
import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from types import FrameType
from typing import cast

from selftaught.cli.written_help import written_help

__all__ = ["main"]

_COMMANDS = {
    "demo": "pre-train on the images that ship with selftaught, evaluate, and open the way to a report: three minutes",
    "pretrain": "unlabelled images, texts, recordings or graphs in, an encoder out",
    "evaluate": "how good a run's encoder is, beside its controls",
    "finetune": "a run's encoder and some labels in, a classifier out",
    "distill": "a student from a classifier, or from any encoder, and data without labels",
    "compare": "several methods on the same data and budget: one leaderboard, and which differences are real",
    "ablate": "a method with every combination of some settings, as a table and a heat map",
    "sample": "new images from a run that makes such",
    "embed": "one vector an item, in a table",
    "explore": "all vectors of a data set in a viewer, on a map with what they are vectors of",
    "profile": "where a training step's time and memory go, and what to change",
    "methods": "every method: family, paper, what keeps it from collapse",
}
_MENDABLE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENAMETOOLONG)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after `selftaught`; those of the process if none are given.

    Returns:
        The exit status: 0 if all went well, 2 for what a user can mend, 130 and 143 after SIGINT and SIGTERM.

    Example:
        >>> from selftaught.cli.main import main
        >>> main(["--version"])
        selftaught ...
        0
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    listens = threading.current_thread() is threading.main_thread()  # elsewhere Python does not let us
    before = signal.signal(signal.SIGTERM, _terminated) if listens else None
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")  # what libraries tell programmers
            status = _command(words)
            sys.stdout.flush()
            return status
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except SystemExit as stopped:
        return _stopped(stopped)
    except BrokenPipeError:  # who reads our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try once more at its end
        return 0
    except (ValueError, OSError, RuntimeError) as error:
        message = _mendable(error)
        if debug or message is None:
            raise
        _say(f"error: {message}")
        return 2
    finally:
        if listens:
            signal.signal(signal.SIGTERM, before)


def _command(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if words[0] == "--version":
        print(f"selftaught {version('selftaught')}")
        return 0
    name, *rest = words
    if name not in _COMMANDS:
        from selftaught.core import unknown_name

        raise unknown_name("command", name, _COMMANDS)
    text = written_help(words)
    if text is not None:
        print(text, end="")
        return 0
    gc.disable()  # importing torch makes a million objects, and collecting among them takes a fifth of the start
    module = import_module(f"selftaught.cli.{name}")
    gc.enable()
    return cast("Callable[[list[str]], int]", module.run)(rest)


def _help() -> str:
    width = max(map(len, _COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {what}" for name, what in _COMMANDS.items())
    return (
        "usage: selftaught COMMAND [options]\n\nSelf-supervised learning: unlabelled data in, an encoder and the "
        f"evidence for it out.\n\ncommands:\n{commands}\n\n"
        "options:\n  --help     of selftaught, or of a command: selftaught pretrain simclr --help\n"
        "  --version  print the version\n  --debug    show a traceback with an error"
    )


def _mendable(error: Exception) -> str | None:
    # Only here, and only after an error: torch takes a second and a half to import.
    from selftaught.core import UserError

    text = " ".join(str(error).split())
    if isinstance(error, UserError):
        return text
    if "No space left on device" in text:
        return f"disk full while writing: {text}; what was written before is whole"
    return text if isinstance(error, OSError) and error.errno in _MENDABLE else None


def _stopped(stopped: SystemExit) -> int:
    from selftaught.training.signals import Interrupted

    _say(stopped.message if isinstance(stopped, Interrupted) else "stopped")
    return stopped.code if isinstance(stopped.code, int) else 1


def _terminated(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _say(message: str) -> None:
    print(message, file=sys.stderr)
