"""The kinds of data that runs learn from, each loaded when it is asked for."""

import importlib
from functools import cache
from typing import Any

from selftaught.core import Method
from selftaught.runs.kinds.kind import Kind

__all__ = ["Kind", "kind_named", "kind_of"]

_KINDS = {
    "images": "images.ImageKind",
    "text": "texts.TextKind",
    "graph": "graphs.GraphKind",
    "audio": "audio.AudioKind",
    "video": "video.VideoKind",
}


@cache
def kind_named(name: str) -> Kind:
    """A kind of data by its name: images, text, graph, audio or video.

    Example:
        >>> from selftaught.runs.kinds import kind_named
        >>> kind_named("text").example
        'corpus.txt'
    """
    module, _, kind = _KINDS[name].partition(".")
    return getattr(importlib.import_module(f"selftaught.runs.kinds.{module}"), kind)()


def kind_of(method: type[Method[Any]]) -> Kind:
    """The kind of data that a method learns from.

    Example:
        >>> from selftaught.methods import find_method
        >>> from selftaught.runs.kinds import kind_of
        >>> kind_of(find_method("simclr")).name
        'images'
    """
    return kind_named(method.kinds[0])
