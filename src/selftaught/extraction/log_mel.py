"""The control for sound that has learned nothing: how much energy each band of frequencies holds."""

import math
from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Sequences, UserError

__all__ = ["LogMel"]

_WINDOW_SECONDS, _HOP_SECONDS = 0.025, 0.01
_FLOOR = 1e-10  # of the energy, as silence has


@final
class LogMel(nn.Module):
    """The logarithm of the energy in bands of equal width on the mel scale, its mean over a recording.

    Windows of 25 ms every 10 ms, those that lie inside the recording: of its padding nothing is seen. A recording
    shorter than a window is one window, completed with silence.

    Args:
        sample_rate_hz: samples a second.
        bands: how many, at least 1; so many that the lowest is wider than a line of the spectrum.
        statistics: the mean over the windows; or the mean, and behind it the standard deviation.

    Raises:
        UserError: an argument is out of range.

    Source:
        The mel scale as 2595 log10(1 + f / 700): O'Shaughnessy 1987, Speech Communication, p. 150.

    Example:
        >>> import torch
        >>> from selftaught.core import Sequences
        >>> from selftaught.extraction.log_mel import LogMel
        >>> LogMel(8000)(Sequences.of([torch.zeros(4000), torch.zeros(100)])).shape
        torch.Size([2, 40])
    """

    filters: Tensor
    window: Tensor

    def __init__(
        self, sample_rate_hz: int, *, bands: int = 40, statistics: Literal["mean", "mean and deviation"] = "mean"
    ) -> None:
        super().__init__()
        if sample_rate_hz < 200 or bands < 1:
            raise UserError(f"expected at least 200 Hz and 1 band, got {sample_rate_hz} Hz and {bands}")
        self.sample_rate_hz, self.bands, self.statistics = sample_rate_hz, bands, statistics
        self.width = bands if statistics == "mean" else 2 * bands
        self.window_samples, self.hop = round(_WINDOW_SECONDS * sample_rate_hz), round(_HOP_SECONDS * sample_rate_hz)
        lines = max(2 ** math.ceil(math.log2(self.window_samples)), 256)
        self.register_buffer("window", torch.hann_window(self.window_samples), persistent=False)
        self.register_buffer("filters", _triangles(sample_rate_hz, bands, lines), persistent=False)
        self.transform = lines

    def forward(self, items: Sequences) -> Float[Tensor, "n width"]:
        """One vector a recording, in float32 whatever autocast says: quiet bands would drown in rounding."""
        with torch.autocast(items.values.device.type, enabled=False):
            return self._mean(items)

    def _mean(self, items: Sequences) -> Float[Tensor, "n width"]:
        samples = items.values.masked_fill(~items.mask, 0).float()
        missing = self.window_samples - samples.shape[1]
        samples = nn.functional.pad(samples, (0, max(missing, 0)))
        windows = samples.unfold(1, self.window_samples, self.hop) * self.window  # (n, t, window)
        power = torch.fft.rfft(windows, self.transform).abs().square()  # (n, t, lines)
        bands = (power @ self.filters).clamp(min=_FLOOR).log()  # (n, t, bands)
        inside = ((items.lengths - self.window_samples).clamp(min=0) // self.hop + 1)[:, None, None]
        real = torch.arange(bands.shape[1], device=bands.device)[:, None] < inside  # (n, t, 1)
        mean = bands.masked_fill(~real, 0).sum(1) / inside[:, 0]
        if self.statistics == "mean":
            return mean
        variance = (bands - mean[:, None]).square().masked_fill(~real, 0).sum(1) / inside[:, 0]
        return torch.cat([mean, variance.sqrt()], dim=1)


def _triangles(rate: int, bands: int, transform: int) -> Float[Tensor, "lines bands"]:
    """How much each line of the spectrum counts for each band: triangles whose feet stand on their neighbours' tops."""
    highest = 2595 * math.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, highest, bands + 2, dtype=torch.float64) / 2595) - 1)  # Hz
    lines = torch.linspace(0, rate / 2, transform // 2 + 1, dtype=torch.float64)[:, None]
    rising = (lines - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - lines) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp(min=0).float()
