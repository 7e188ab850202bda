"""Recordings at one sampling rate: any part of one, as if the whole had been resampled."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

__all__ = ["resampled_count", "resampled_part"]

_TAPS_EACH_SIDE = 10  # of scipy's window, in samples of the lower rate


def resampled_count(count: int, rate: int, target: int) -> int:
    """How many samples a recording has after resampling.

    Example:
        >>> from selftaught.data.audio_resample import resampled_count
        >>> resampled_count(441, 44100, 16000)
        160
    """
    return -(-count * target // rate)


def resampled_part(
    read: Callable[[int, int], Float[np.ndarray, " _"]], total: int, rate: int, target: int, start: int, count: int
) -> Float[np.ndarray, " count"]:
    """So many samples from so far on of a recording at another rate, reading no more of it than needed.

    A polyphase filter with a Kaiser window (`scipy.signal.resample_poly`), the same samples that resampling the whole
    recording gives.

    Args:
        read: gives a part of the recording at its own rate, from where it starts and how many samples.
        total: how many samples the recording has at its own rate.
        rate: its own rate in Hz.
        target: the rate wanted.
        start: the first sample wanted, at the rate wanted.
        count: how many, at the rate wanted.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.audio_resample import resampled_part
        >>> tone = np.sin(np.arange(16000) * 0.05).astype(np.float32)
        >>> part = resampled_part(lambda start, count: tone[start : start + count], 16000, 16000, 8000, 2000, 100)
        >>> bool(np.abs(part - tone[4000:4200:2]).max() < 1e-3)
        True
    """
    if rate == target:
        return read(start, count)
    from scipy.signal import resample_poly

    common = math.gcd(rate, target)
    up, down = target // common, rate // common
    around = -(-_TAPS_EACH_SIDE * max(up, down) // up) + 1  # what the filter sees on either side, at the own rate
    first = max(start * down // up - around, 0) // down * down  # on the grid that both rates share
    last = min(-(-(start + count) * down // up) + around, total)
    samples = resample_poly(read(first, last - first), up, down)
    begin = start - first // down * up
    return samples[begin : begin + count].astype(np.float32, copy=False)
