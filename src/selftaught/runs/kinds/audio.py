"""Recordings: what a run must know of them."""

import io
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast, final

import numpy as np
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from selftaught.core import Preparation, Sequences, Source, Track, UserError, silent
from selftaught.data import AudioSource, Splits, open_audio, read_recordings
from selftaught.encoders import AudioPreprocessing, CausalSpeechEncoder
from selftaught.extraction import LogMel
from selftaught.runs.kinds.kind import Kind

if TYPE_CHECKING:
    from selftaught.runs.settings import Settings
    from selftaught.runs.starting import Start

__all__ = ["AudioInput", "AudioKind", "wave_file", "wave_picture"]

_TRIAL_RATE_HZ = 16_000
_PICTURE_PIXELS = (48, 144)
_HEARD_BYTES, _HEARD_RATE_HZ = 4_000_000, 8_000  # of all recordings on a page, a byte a sample
_SHORTEST_HEARD, _LONGEST_HEARD = 0.5, 3.0  # seconds


@dataclass(frozen=True, kw_only=True)
class AudioInput:
    """What the network hears.

    Args:
        sample_rate_hz: samples a second, to which all recordings are brought; if none is given, the most common rate.
        root_mean_square: loudness to which every recording is brought, full scale being 1; none leaves them.
        strict: stop at a recording that cannot be read, instead of passing it over.

    Raises:
        UserError: a value out of its range.

    Example:
        >>> from selftaught.runs.kinds.audio import AudioInput
        >>> AudioInput(sample_rate_hz=0)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: sample_rate_hz: expected a number above 0, got 0
    """

    sample_rate_hz: int | None = None
    root_mean_square: float | None = 0.1
    strict: bool = False

    def __post_init__(self) -> None:
        if self.sample_rate_hz is not None and self.sample_rate_hz < 1:
            raise UserError(f"sample_rate_hz: expected a number above 0, got {self.sample_rate_hz}")


@final
class AudioKind(Kind):
    """Recordings of any origin, and a network that hears them from left to right.

    Example:
        >>> from selftaught.runs.kinds.audio import AudioInput, AudioKind
        >>> AudioKind().trial(AudioInput()).sample_rate_hz
        16000
    """

    name = "audio"
    input_settings = AudioInput
    build_encoder: ClassVar[Any] = CausalSpeechEncoder
    raw_words = "the mean of the log-mel spectrum"
    example = "recordings/"

    @property
    def decided(self) -> frozenset[str]:
        """Rate and loudness."""
        return frozenset({"sample_rate_hz", "root_mean_square"})

    def decide(self, preparation: Preparation) -> Mapping[str, Any]:
        """As the preprocessing has them."""
        seen = cast("AudioPreprocessing", preparation)
        return {"sample_rate_hz": seen.sample_rate_hz, "root_mean_square": seen.root_mean_square}

    def open(
        self, data: Any, given: AudioInput, *, label: str | None, labelled: bool, track: Track = silent
    ) -> Splits[AudioSource]:
        """See `selftaught.data.open_audio`."""
        return open_audio(
            data,
            sample_rate_hz=given.sample_rate_hz,
            label=label,
            labelled=labelled,
            strict=given.strict,
            track=track,
        )

    def as_seen(self, preparation: Preparation, *, strict: bool) -> AudioInput:
        """At the same rate."""
        seen = cast("AudioPreprocessing", preparation)
        return AudioInput(sample_rate_hz=seen.sample_rate_hz, root_mean_square=seen.root_mean_square, strict=strict)

    def trial(self, given: AudioInput) -> AudioPreprocessing:
        """At a usual rate, where none was asked for."""
        return AudioPreprocessing(given.sample_rate_hz or _TRIAL_RATE_HZ, given.root_mean_square)

    def fill(self, settings: "Settings", source: Source, start: "Start") -> tuple[Mapping[str, Any], Preparation]:
        """The rate of the recordings."""
        rate = cast("AudioSource", source).sample_rate_hz
        given = cast("AudioInput", settings.input)
        return {"sample_rate_hz": rate}, AudioPreprocessing(rate, given.root_mean_square)

    def raw_input(self, preparation: Preparation, source: Source) -> nn.Module:
        """The mean of the log-mel spectrum."""
        return LogMel(cast("AudioPreprocessing", preparation).sample_rate_hz)

    def read(self, items: Any, preparation: Preparation) -> Sequences:
        """Paths, which are brought to the encoder's rate, or arrays at that rate; one or several."""
        rate = cast("AudioPreprocessing", preparation).sample_rate_hz
        several = items if isinstance(items, list | tuple) else [items]
        if all(isinstance(one, str | Path) for one in cast("list[object]", several)):
            return read_recordings([Path(one) for one in several], sample_rate_hz=rate)
        if not all(isinstance(one, np.ndarray | Tensor) for one in cast("list[object]", several)):
            raise UserError(f"expected recordings as paths or as arrays of samples, got {type(items).__name__}")
        source = open_audio(list(several), sample_rate_hz=rate, strict=True).train
        return source.batch(range(len(source)))

    def show(self, source: Source, rows: Int[np.ndarray, " n"]) -> list[np.ndarray | str]:
        """The wave of each, from its beginning to its end."""
        return [wave_picture(source.batch([row]).values[0].numpy()) for row in rows.tolist()]

    def sounds(self, source: Source, rows: Int[np.ndarray, " n"]) -> Mapping[int, bytes]:
        """Their beginnings, of up to three seconds; of very many recordings some, evenly spread."""
        recordings = cast("AudioSource", source)
        rate = recordings.sample_rate_hz
        each = min(max(_HEARD_BYTES / _HEARD_RATE_HZ / max(len(rows), 1), _SHORTEST_HEARD), _LONGEST_HEARD)
        count = min(len(rows), int(_HEARD_BYTES / _HEARD_RATE_HZ / each))
        places = np.unique(np.linspace(0, len(rows) - 1, count).round().astype(np.int64)) if count else rows[:0]
        lengths = np.minimum(recordings.sample_counts[rows[places]], int(each * rate))
        heard: dict[int, bytes] = {}
        for place, length in zip(places.tolist(), lengths.tolist(), strict=True):
            samples = recordings.segment(rows[[place]], [0], [length]).values[0, :length].numpy()
            heard[place] = wave_file(samples, rate)
        return heard


def wave_file(samples: Float[np.ndarray, " s"], rate_hz: int) -> bytes:
    """A small WAV file that every browser plays: 8,000 samples a second at most, one byte each, as loud as can be.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.kinds.audio import wave_file
        >>> len(wave_file(np.zeros(1600, np.float32), 16_000))  # 800 samples and a header
        844
    """
    from scipy.signal import resample_poly

    if rate_hz > _HEARD_RATE_HZ:
        samples, rate_hz = resample_poly(samples, _HEARD_RATE_HZ, rate_hz), _HEARD_RATE_HZ
    scaled = samples / max(float(np.abs(samples).max(initial=0.0)), 1e-9)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate_hz)
        file.writeframes(np.clip(np.rint(scaled * 127 + 128), 0, 255).astype(np.uint8).tobytes())
    return buffer.getvalue()


def wave_picture(samples: Float[np.ndarray, " s"]) -> UInt8[np.ndarray, "h w 1"]:
    """How far the samples swing, drawn in columns from the first to the last.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.kinds.audio import wave_picture
        >>> wave_picture(np.zeros(1600, np.float32)).shape
        (48, 144, 1)
    """
    height, width = _PICTURE_PIXELS
    columns = np.array_split(samples, width)
    swing = np.array([np.abs(column).max() if len(column) else 0.0 for column in columns])
    reach = swing / max(swing.max(), 1e-9) * (height / 2 - 1) + 1
    distance = np.abs(np.arange(height) - (height - 1) / 2)
    inside = distance[:, None] < reach
    return np.where(inside, 40, 250).astype(np.uint8)[..., None]
