"""Clips in two parts, what was shown and what comes next, and numbers of chance for what the first does not say."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core.future_clips import FutureClips
from selftaught.core.views import Views

__all__ = ["ClipsWithLatents"]


@final
@dataclass(frozen=True)
class ClipsWithLatents(Views):
    """The first frames of each clip, those that follow, and random numbers for several ways in which it may go on.

    Args:
        past: normalised frames, in the order in which they are shown.
        future: those after them.
        latents: from the standard normal distribution, for every completion and each of its frames; those of row i
            have nothing to do with clip i.

    Example:
        >>> import torch
        >>> from selftaught.core import ClipsWithLatents
        >>> views = ClipsWithLatents.example(4, torch.Generator().manual_seed(0))
        >>> views.future.shape, views.latents.shape
        (torch.Size([4, 3, 3, 16, 16]), torch.Size([4, 8, 3, 32]))
    """

    past: Float[Tensor, "n t c h w"]
    future: Float[Tensor, "n k c h w"]
    latents: Float[Tensor, "n completions k numbers"]

    def mismatched(self) -> Mapping[str, "ClipsWithLatents"]:
        """Each past before what does not follow it: see `FutureClips`."""
        clips = FutureClips(self.index, self.past, self.future)
        return {name: replace(self, future=wrong.future) for name, wrong in clips.mismatched().items()}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "ClipsWithLatents":
        """The moving squares of `FutureClips`, with 32 numbers for each of 8 completions' frames."""
        clips = FutureClips.example(n, generator)
        latents = torch.randn(n, 8, clips.future.shape[1], 32, generator=generator)
        return cls(clips.index, clips.past, clips.future, latents)
