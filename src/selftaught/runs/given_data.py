"""Labelled data as a user named them, to be read as any encoder takes them."""

from dataclasses import dataclass
from typing import Any, final

from selftaught.core import Preparation, Source, Track
from selftaught.data import Splits, check_kind
from selftaught.runs.kinds import Kind
from selftaught.runs.labelling import two_parts

__all__ = ["GivenData"]


@final
@dataclass(frozen=True, kw_only=True)
class GivenData:
    """The data of an evaluation, which each of the encoders that it measures reads in its own way.

    Args:
        kind: of the data.
        data: what the user gave.
        test_data: what is tested on, where it stands elsewhere.
        options: about files; see `Kind.with_reading`.
        strict: stop at an item that cannot be read.
        by: who wants data of this kind, for the error.
        track: who watches.

    Example:
        >>> from selftaught.core import silent
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.given_data import GivenData
        >>> from selftaught.runs.kinds import kind_named
        >>> data = GivenData(
        ...     kind=kind_named("images"), data="fashion-mnist-10k", test_data=None, options={}, strict=False,
        ...     by="simclr", track=silent,
        ... )
        >>> train, test = data.read(Preprocessing(28, 1, (0.5,), (0.5,)), None, [])
        >>> len(train), len(test)
        (8000, 2000)
    """

    kind: Kind
    data: Any
    test_data: Any
    options: dict[str, str | None]
    strict: bool
    by: str
    track: Track

    def read(self, preprocessing: Preparation, label: str | None, found: list[str]) -> tuple[Source, Source | None]:
        """What is learned from and what is tested on; what was found is noted."""
        seen = self.kind.with_reading(self.kind.as_seen(preprocessing, strict=self.strict), self.options)
        splits: list[Splits[Any]] = []
        for part in [self.data] if self.test_data is None else [self.data, self.test_data]:
            check_kind(part, self.kind.name, self.by)
            splits.append(self.kind.open(part, seen, label=label, labelled=True, track=self.track))
        found[:] = [each.found for each in splits]
        return two_parts(splits[0], splits[1] if len(splits) > 1 else None)
