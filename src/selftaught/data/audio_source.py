"""A set of recordings that hands out batches, whole or in parts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float, Int

from selftaught.core import Rows, Sequences, Source, UserError
from selftaught.data.audio_decode import BrokenAudio, Reader
from selftaught.data.audio_resample import resampled_count, resampled_part
from selftaught.data.decoded_source import threads

__all__ = ["AudioSource"]

MEMORY_BYTES = 512 << 20
"""Decoded recordings are kept in memory once they were read, where the whole set needs no more than this."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class AudioSource(Source):
    """A set of recordings, read when they are asked for, and no more of them than was asked for.

    Every recording comes as mono at one sampling rate. Where all of them decoded need at most 512 MiB, each is kept
    once it was read.

    Args:
        sample_rate_hz: samples a second of what is handed out.
        reader: reads recordings as they are stored.
        rates: the sampling rate of each recording as it is stored; as many as the reader has places.
        counts: how many samples each has at that rate.

    Raises:
        UserError: in reading: a recording that could be read before no longer can.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_audio
        >>> source = open_audio([np.zeros(8000, np.float32), np.zeros(4000, np.float32)], sample_rate_hz=8000).train
        >>> source.batch([0, 1]).lengths.tolist(), source.segment([0], [100], [50]).values.shape
        ([8000, 4000], torch.Size([1, 50]))
        >>> source.facts()
        {'sample_rate_hz': 8000, 'seconds': 1.5, 'shortest_seconds': 0.5, 'longest_seconds': 1.0}
    """

    kind = "audio"
    nouns = ("recording", "recordings")

    sample_rate_hz: int
    reader: Reader
    rates: Int[np.ndarray, " stored"]
    counts: Int[np.ndarray, " stored"]
    _kept: dict[int, np.ndarray] = field(default_factory=dict[int, np.ndarray], repr=False)

    @property
    def sample_counts(self) -> Int[np.ndarray, " n"]:
        """How many samples each recording has at the rate of what is handed out."""
        return -(-self.counts[self.rows] * self.sample_rate_hz // self.rates[self.rows])

    def read(self, stored: Int[np.ndarray, " n"]) -> Sequences:
        """The whole recordings at these places of what the source was made of; see `rows`."""
        counts = -(-self.counts[stored] * self.sample_rate_hz // self.rates[stored])
        return self._parts(stored, [0] * len(stored), counts.tolist())

    def lengths(self) -> Int[np.ndarray, " n"]:
        """In samples."""
        return self.sample_counts

    def segment(self, rows: Rows, starts: Rows, counts: Rows) -> Sequences:
        """Of each of these rows, `counts` samples from number `starts` on, at the rate of what is handed out.

        Raises:
            UserError: a recording is not that long.
        """
        chosen = np.asarray(rows, dtype=np.int64)
        first, many = np.asarray(starts, dtype=np.int64), np.asarray(counts, dtype=np.int64)
        if (first < 0).any() or (many < 1).any() or (first + many > self.sample_counts[chosen]).any():
            raise UserError(f"{self.name}: expected segments inside the recordings, of at least 1 sample")
        return self._parts(self.rows[chosen], first.tolist(), many.tolist())

    def facts(self) -> dict[str, Any]:
        """Their sampling rate, how long they are together, and the shortest and the longest, in seconds."""
        seconds = self.sample_counts / self.sample_rate_hz
        return {
            "sample_rate_hz": self.sample_rate_hz,
            "seconds": round(float(seconds.sum()), 3),
            "shortest_seconds": round(float(seconds.min(initial=np.inf)), 3) if len(seconds) else 0.0,
            "longest_seconds": round(float(seconds.max(initial=0)), 3),
        }

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": {}}  # worker processes read for themselves

    def _parts(self, stored: Int[np.ndarray, " n"], starts: Sequence[int], counts: Sequence[int]) -> Sequences:
        samples = np.zeros((len(stored), max([*counts, 1])), dtype=np.float32)  # torch would start threads, see images
        asked = list(zip(stored.tolist(), starts, counts, strict=True))
        slow = any(place not in self._kept for place, _, _ in asked)
        keep = 4 * float((self.counts * (self.sample_rate_hz / self.rates)).sum()) <= MEMORY_BYTES
        work = partial(self._part, keep=keep)
        for row, part in enumerate((threads().map if slow else map)(work, asked)):
            samples[row, : len(part)] = part
        return Sequences(torch.from_numpy(samples), torch.tensor(counts, dtype=torch.int64))

    def _part(self, asked: tuple[int, int, int], *, keep: bool) -> Float[np.ndarray, " count"]:
        place, start, count = asked
        if not keep:
            return self._decoded(place, start, count)
        if place not in self._kept:
            rate, total = int(self.rates[place]), int(self.counts[place])
            self._kept[place] = self._decoded(place, 0, resampled_count(total, rate, self.sample_rate_hz))
        return self._kept[place][start : start + count]

    def _decoded(self, place: int, start: int, count: int) -> Float[np.ndarray, " count"]:
        rate, total = int(self.rates[place]), int(self.counts[place])
        try:
            return resampled_part(partial(self.reader.part, place), total, rate, self.sample_rate_hz, start, count)
        except BrokenAudio as error:
            row = np.flatnonzero(self.rows == place)
            named = self.keys[int(row[0])] if len(row) else place
            raise UserError(f"{self.name}: {named} cannot be read after all: {error}") from error
