"""The kinds of data that runs learn from."""

from typing import Any

from selftaught.core import Method
from selftaught.runs.kinds.audio import AudioKind
from selftaught.runs.kinds.graphs import GraphKind
from selftaught.runs.kinds.images import ImageKind
from selftaught.runs.kinds.kind import Kind
from selftaught.runs.kinds.texts import TextKind

__all__ = ["KINDS", "Kind", "kind_of"]

KINDS: dict[str, Kind] = {kind.name: kind for kind in (ImageKind(), TextKind(), GraphKind(), AudioKind())}
"""Every kind of data, by name."""


def kind_of(method: type[Method[Any]]) -> Kind:
    """The kind of data that a method learns from.

    Example:
        >>> from selftaught.methods import find_method
        >>> from selftaught.runs.kinds import kind_of
        >>> kind_of(find_method("simclr")).name
        'images'
    """
    return KINDS[method.kinds[0]]
