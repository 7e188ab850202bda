"""What a run must know of one kind of data."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from jaxtyping import Int
from torch import nn

from selftaught.core import Encoder, Preparation, Source, Track, UserError, silent
from selftaught.data import Splits

if TYPE_CHECKING:
    from selftaught.evaluation import Duplicates
    from selftaught.runs.settings import Settings
    from selftaught.runs.starting import Start

__all__ = ["Kind"]


class Kind(ABC):
    """One kind of data: how it is opened, what happens to it before the encoder, and which encoders take it.

    Class attributes:
        name: images, text, graph, audio or video.
        input_settings: a frozen dataclass, whose arguments are the options of a run's input.
        build_encoder: a function, whose keyword arguments are the options of a run's encoder.
        reading: those of the input settings that are about files and not about the encoder, so that each use of an
            encoder may have its own.
        raw_words: what `raw_input` is, for people.
        example: what `--data` is in examples.
    """

    name: ClassVar[str]
    input_settings: ClassVar[type[Any]]
    build_encoder: ClassVar[Callable[..., Encoder]]
    reading: ClassVar[tuple[str, ...]] = ()
    raw_words: ClassVar[str]
    example: ClassVar[str]

    @property
    @abstractmethod
    def decided(self) -> frozenset[str]:
        """Arguments of encoders and view makers that are no options: the data decide them."""

    @abstractmethod
    def decide(self, preparation: Preparation) -> Mapping[str, Any]:
        """The values of `decided`."""

    @abstractmethod
    def open(self, data: Any, given: Any, *, label: str | None, labelled: bool, track: Track = silent) -> Splits[Any]:
        """The data as a user named them.

        Args:
            data: what the user gave.
            given: the `input_settings`.
            label: the column that holds the labels; None for the usual one.
            labelled: keep labels; with False nothing ever looks at them.
            track: who watches.

        Raises:
            UserError: there are no such data.
        """

    @abstractmethod
    def as_seen(self, preparation: Preparation, *, strict: bool) -> Any:
        """The input settings under which data are read as an encoder was trained to see them."""

    def with_reading(self, seen: Any, options: Mapping[str, Any]) -> Any:
        """Input settings with some of `reading` changed; what is None stays.

        Raises:
            UserError: an option is not for this kind of data.
        """
        asked = {name: value for name, value in options.items() if value is not None}
        for name in asked:
            if name not in self.reading:
                raise UserError(f"{name}: data of the kind {self.name} are not read by it")
        return replace(seen, **asked)

    @abstractmethod
    def trial(self, given: Any) -> Preparation:
        """A preparation for finding wrong values before any data is read."""

    @abstractmethod
    def fill(self, settings: "Settings", source: Source, start: "Start") -> tuple[Mapping[str, Any], Preparation]:
        """The settings that depend on the data, and the preparation that they make.

        Args:
            settings: with these values or without.
            source: the items to learn from.
            start: the weights that the run begins with.
        """

    @abstractmethod
    def raw_input(self, preparation: Preparation, source: Source) -> nn.Module:
        """The control that has learned nothing: one vector an item, from what the encoder takes.

        Args:
            preparation: of the encoder.
            source: items that a control with statistics takes them from.
        """

    def find_same(self, train: Source, test: Source) -> "Duplicates | None":
        """The test items that the training items hold already, or nearly; None leaves it to what `raw_input` gives.

        Args:
            train: items that probes learn from.
            test: items they are tested on.
        """
        return None

    @abstractmethod
    def read(self, items: Any, preparation: Preparation) -> Any:
        """A batch of a few items that a user holds in hand.

        Raises:
            UserError: they are no items of this kind.
        """

    @abstractmethod
    def show(self, source: Source, rows: Int[np.ndarray, " n"]) -> list[np.ndarray | str]:
        """Items as a person looks at them: pictures (height, width, channels) of uint8, or words."""

    def sounds(self, source: Source, rows: Int[np.ndarray, " n"]) -> Mapping[int, bytes]:
        """Of these rows, as many as a page has room for, by their place in `rows`: WAV files to listen to."""
        return {}

    def links(self, source: Source) -> Int[np.ndarray, "pairs 2"]:
        """Pairs of rows that the data themselves join, each once."""
        return np.empty((0, 2), dtype=np.int64)

    def left_out(self, preparation: Preparation, source: Source) -> list[str]:
        """What the encoder will not see of these items, in sentences."""
        return []

    def recorded(self, preparation: Preparation) -> dict[str, Any]:
        """What `run.json` says of a preparation."""
        return asdict(preparation)
