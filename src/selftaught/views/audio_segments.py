"""Segments of recordings, to be read from left to right."""

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core import Recordings, Rows, Sequences, Source, UserError
from selftaught.parts.loudness import equally_loud
from selftaught.views.checks import expect_number
from selftaught.views.draws import Draws

__all__ = ["AudioSegments", "Segmented", "SegmentedSource"]


@runtime_checkable
class SegmentedSource(Protocol):
    """A source of recordings that can be read in parts."""

    @property
    def sample_rate_hz(self) -> int:
        """Samples a second."""
        ...

    @property
    def sample_counts(self) -> Int[np.ndarray, " n"]:
        """How long each recording is, in samples."""
        ...

    def segment(self, rows: Rows, starts: Rows, counts: Rows) -> Sequences:
        """Of each of these rows, so many samples from so far on."""
        ...


@final
@dataclass(frozen=True, eq=False)
class Segmented:
    """What training goes over: stretches of recordings, each read alone.

    Args:
        source: the recordings.
        rows: of which recording each segment is.
        starts: its first sample.
        counts: how many samples it has.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.audio import open_audio
        >>> from selftaught.views.audio_segments import AudioSegments
        >>> recordings = open_audio([np.zeros(2500, np.float32), np.zeros(300, np.float32)], sample_rate_hz=1000).train
        >>> segments = AudioSegments(sample_rate_hz=1000, segment_seconds=1.0).regroup(recordings)
        >>> segments.rows.tolist(), segments.starts.tolist(), segments.counts.tolist()
        ([0, 0, 0, 1], [0, 750, 1500, 0], [1000, 1000, 1000, 300])
    """

    source: SegmentedSource
    rows: Int[np.ndarray, " m"]
    starts: Int[np.ndarray, " m"]
    counts: Int[np.ndarray, " m"]

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, rows: Rows) -> Sequences:
        """The segments of these numbers, in this order."""
        chosen = np.asarray(rows)
        return self.source.segment(self.rows[chosen], self.starts[chosen], self.counts[chosen])


@final
@dataclass(frozen=True, kw_only=True)
class AudioSegments:
    """Segments of recordings as `Recordings`: made equally loud, and changed in loudness if that is asked for.

    Training goes over segments, not recordings: one longer than a segment gives as few of full length as cover all of
    it, evenly spaced, so that neighbours overlap; a shorter one stays whole.

    Args:
        sample_rate_hz: samples a second.
        root_mean_square: of each segment's samples; see `AudioPreprocessing`.
        segment_seconds: how long a segment is, above 0; 1.28 in the paper.
        gain_decibels: every segment's loudness is changed by up to so much, up or down; 0 leaves it, as in the paper.

    Raises:
        UserError: a value is out of its range.

    Source:
        van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, section 3.1: windows of 20480 samples at 16 kHz.

    Example:
        >>> import torch
        >>> from selftaught.core import Sequences
        >>> from selftaught.views.audio_segments import AudioSegments
        >>> batch = Sequences.of([torch.ones(8000), torch.ones(5000)])
        >>> AudioSegments(sample_rate_hz=8000)(batch).samples.shape
        torch.Size([2, 8000])
    """

    sample_rate_hz: int
    root_mean_square: float | None = 0.1
    segment_seconds: float = 1.28
    gain_decibels: float = 0.0

    def __post_init__(self) -> None:
        expect_number("sample_rate_hz", self.sample_rate_hz, 1.0)
        expect_number("segment_seconds", self.segment_seconds, 1 / self.sample_rate_hz)
        expect_number("gain_decibels", self.gain_decibels, 0.0)

    def regroup(self, source: Source) -> Segmented:
        """The segments of all recordings of a source.

        Raises:
            UserError: the source holds no recordings, or recordings at another rate.
        """
        if not isinstance(source, SegmentedSource):
            raise UserError(f"{source.name}: expected recordings, got {source.nouns[1]}")
        if source.sample_rate_hz != self.sample_rate_hz:
            raise UserError(f"expected recordings at {self.sample_rate_hz:,} Hz, got {source.sample_rate_hz:,} Hz")
        longest = max(round(self.segment_seconds * self.sample_rate_hz), 1)
        lengths = source.sample_counts
        pieces = -(-lengths // longest)  # (n,): how many cover each recording
        rows = np.repeat(np.arange(len(lengths)), pieces)
        number = np.arange(len(rows)) - np.repeat(np.cumsum(pieces) - pieces, pieces)  # of each within its recording
        room = np.maximum(lengths - longest, 0)[rows]
        starts = number * room // np.maximum(pieces[rows] - 1, 1)
        return Segmented(source, rows, starts, np.minimum(lengths[rows], longest))

    def __call__(
        self, items: Sequences, *, index: Int[Tensor, " n"] | None = None, draws: Draws | None = None
    ) -> Recordings:
        """Make the views of one batch.

        Args:
            items: segments as samples in [-1, 1].
            index: each segment's number; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the draws are for another number of segments.
        """
        n, device = len(items), items.values.device
        draws = Draws.fresh(n) if draws is None else draws
        if len(draws) != n:
            raise UserError(f"expected as many segments as the draws are for, {len(draws)}, got {n}")
        samples = equally_loud(items, self.root_mean_square).values
        if self.gain_decibels > 0:
            gain = draws.stream("gain").uniform(-self.gain_decibels, self.gain_decibels, 1)
            samples = samples * torch.pow(10, gain / 20).to(samples)
        return Recordings(torch.arange(n, device=device) if index is None else index, samples, items.lengths)

    def describe(self) -> list[str]:
        """What a user should know of these views: nothing."""
        return []
