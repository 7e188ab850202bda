"""Recordings from which the future is predicted: sound of different lengths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core.items import Sequences
from selftaught.core.views import Views

__all__ = ["Recordings"]

_NOISE_SEED = 0


@final
@dataclass(frozen=True)
class Recordings(Views):
    """Recordings, or segments of them, that a method reads from left to right and predicts.

    The past and the future of an item are parts of one tensor: which is which depends on where one stands. The
    negatives of a contrastive method are the other frames of the batch, so nothing is drawn for them.

    Args:
        samples: each recording, then padding up to the longest, which nothing may read.
        lengths: how many samples of each recording are real, at least 1.

    Example:
        >>> import torch
        >>> from selftaught.core.recordings import Recordings
        >>> views = Recordings.example(4, torch.Generator().manual_seed(0))
        >>> sorted(views.mismatched())
        ['another recording', 'noise', 'wrong order']
    """

    samples: Float[Tensor, "n s"]
    lengths: Int[Tensor, " n"]

    @property
    def items(self) -> Sequences:
        """What an encoder takes."""
        return Sequences(self.samples, self.lengths)

    def mismatched(self) -> Mapping[str, "Recordings"]:
        """The first half of each recording before the second half of the next; played backwards; half noise.

        The noise has the loudness of the recording, and is the same in every call.
        """
        return {
            "another recording": self._joined(),
            "wrong order": Recordings(self.index, self._backwards(), self.lengths),
            "noise": Recordings(self.index, self._noisy(), self.lengths),
        }

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "Recordings":
        """`n` tones with noise, of 640 to 2,240 samples."""
        longest = 2240
        lengths = torch.randint(640, longest + 1, (n,), generator=generator)
        lengths[0] = longest
        pitch = 0.02 + 0.3 * torch.rand(n, 1, generator=generator)  # radians a sample
        tones = (pitch * torch.arange(longest)).sin()
        samples = 0.1 * tones + 0.05 * torch.randn(n, longest, generator=generator)
        real = torch.arange(longest) < lengths[:, None]
        return cls(torch.arange(n), samples.masked_fill(~real, 0), lengths)

    def _joined(self) -> "Recordings":
        half = self.lengths // 2
        rest = self.lengths - half  # of each; the next one's follows each first half
        lengths = half + rest.roll(-1)
        width = max(int(lengths.max()), 1)
        place = torch.arange(width, device=self.samples.device).expand(len(self), width)
        own = self.samples.gather(1, place.clamp(max=self.samples.shape[1] - 1))
        later = (place - half[:, None] + half.roll(-1)[:, None]).clamp(0, self.samples.shape[1] - 1)
        following = self.samples.roll(-1, 0).gather(1, later)
        joined = torch.where(place < half[:, None], own, following)
        return Recordings(self.index, joined.masked_fill(place >= lengths[:, None], 0), lengths)

    def _backwards(self) -> Float[Tensor, "n s"]:
        place = torch.arange(self.samples.shape[1], device=self.samples.device).expand_as(self.samples)
        turned = (self.lengths[:, None] - 1 - place).clamp(min=0)
        return torch.where(place < self.lengths[:, None], self.samples.gather(1, turned), self.samples)

    def _noisy(self) -> Float[Tensor, "n s"]:
        generator = torch.Generator().manual_seed(_NOISE_SEED)
        noise = torch.randn(self.samples.shape, generator=generator).to(self.samples)
        real = self.items.mask
        power = self.samples.masked_fill(~real, 0).square().sum(1, keepdim=True) / self.lengths[:, None]
        return (self.samples + noise * power.sqrt()).masked_fill(~real, 0)
