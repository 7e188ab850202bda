"""Clips in two parts: what was shown so far, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["FutureClips"]


@final
@dataclass(frozen=True)
class FutureClips(Views):
    """The first frames of each clip, and those that follow, which are to be predicted.

    Args:
        past: normalised frames, in the order in which they are shown.
        future: those after them.

    Example:
        >>> import torch
        >>> from selftaught.core import FutureClips
        >>> views = FutureClips.example(4, torch.Generator().manual_seed(0))
        >>> views.past.shape, views.future.shape
        (torch.Size([4, 3, 3, 16, 16]), torch.Size([4, 3, 3, 16, 16]))
    """

    past: Float[Tensor, "n t c h w"]
    future: Float[Tensor, "n k c h w"]

    def mismatched(self) -> Mapping[str, "FutureClips"]:
        """Each past before what does not follow it.

        The future of the next clip; frames of the same clip at an earlier time, over again where they are too few;
        the own future from its end to its beginning, and with its frames exchanged: every second one first.
        """
        steps = torch.arange(self.future.shape[1], device=self.future.device)
        wrong = {
            "another clip": self.future.roll(-1, 0),
            "the same clip at another time": self.past[:, steps % self.past.shape[1]],
            "reversed": self.future.flip(1),
            "shuffled": self.future[:, torch.cat([steps[1::2], steps[::2]])],
        }
        return {name: replace(self, future=future) for name, future in wrong.items()}

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "FutureClips":
        """A square of random colour that moves over 16x16 pixels, each in a direction of its own, for six frames."""
        place = torch.rand(n, 1, 2, generator=generator) * 8
        speed = torch.rand(n, 1, 2, generator=generator) * 3 - 1.5
        corners = (place + speed * torch.arange(6)[:, None]).remainder(12)  # (n, 6, 2)
        line = torch.arange(16.0)
        inside = ((line - corners[..., None]).abs() <= 2.5).float()  # (n, 6, 2, 16)
        squares = inside[:, :, 0, :, None] * inside[:, :, 1, None, :]
        colours = torch.randn(n, 1, 3, 1, 1, generator=generator)
        frames = squares[:, :, None] * colours + 0.05 * torch.randn(n, 6, 3, 16, 16, generator=generator)
        return cls(torch.arange(n), frames[:, :3], frames[:, 3:])
