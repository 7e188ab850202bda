"""What a method is asked, ready to be looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from selftaught.report import Picture, ViewExample

__all__ = ["DrawnViews", "Shown"]

Shown = Sequence[Picture | str]


@final
@dataclass(frozen=True)
class DrawnViews:
    """What a method is asked, as it can be looked at.

    Args:
        lead: what one sees, in a sentence or two; empty where nothing can be drawn.
        columns: by caption, a picture or words for each item.

    Example:
        >>> from selftaught.runs.drawing import DrawnViews
        >>> DrawnViews("Two words.", {"first": ["a"], "second": ["b"]}).examples()[0].shown
        {'first': 'a', 'second': 'b'}
    """

    lead: str = ""
    columns: Mapping[str, Shown] | None = None

    def examples(self) -> list[ViewExample]:
        """The same by item."""
        columns = self.columns or {}
        rows = zip(*columns.values(), strict=True)
        return [ViewExample(dict(zip(columns, row, strict=True))) for row in rows]
