"""From recordings to what an encoder of sound takes."""

from dataclasses import dataclass
from typing import final

from selftaught.core import Preparation, Sequences, UserError
from selftaught.parts.loudness import equally_loud

__all__ = ["AudioPreprocessing"]


@final
@dataclass(frozen=True)
class AudioPreprocessing(Preparation):
    """One loudness for all recordings, silence behind their ends: what evaluation and use do to every recording.

    Nothing is cut: recordings of any length pass. The sampling rate is that of the recordings that the encoder was
    trained on; whoever opens recordings for it asks for this rate, and they are resampled there.

    Args:
        sample_rate_hz: samples a second that the encoder takes.
        root_mean_square: of each recording's samples, full scale being 1; None keeps the loudness they have. It is
            the one number that tells the beginning of a recording something of its end: how loud the whole is.

    Raises:
        UserError: a number that is not above 0.

    Example:
        >>> import torch
        >>> from selftaught.core import Sequences
        >>> from selftaught.encoders.audio_preprocessing import AudioPreprocessing
        >>> prepare = AudioPreprocessing(sample_rate_hz=8000, root_mean_square=0.1)
        >>> prepare(Sequences.of([torch.full((4,), 0.5), torch.full((2,), -0.5)])).values[1]
        tensor([-0.1000, -0.1000,  0.0000,  0.0000])
    """

    sample_rate_hz: int
    root_mean_square: float | None = 0.1

    def __post_init__(self) -> None:
        for name in ("sample_rate_hz", "root_mean_square"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise UserError(f"{name}: expected a number above 0, got {value}")

    def __call__(self, batch: Sequences) -> Sequences:
        """The recordings as the encoder takes them, on the device where they are."""
        return equally_loud(batch, self.root_mean_square)
