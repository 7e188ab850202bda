"""Clips, and which of a few colours each place of every frame has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.core.views import Views

__all__ = ["ColouredClips"]


@final
@dataclass(frozen=True)
class ColouredClips(Views):
    """Clips of which the last frame is to be coloured like the frames before it.

    Args:
        frames: normalised; the last is the target, the others are the references.
        colours: the number of the nearest colour of the palette at each place of a grid over every frame.
        palette: what those numbers mean, the same for every item: a and b of CIE L*a*b*.

    Example:
        >>> import torch
        >>> from selftaught.core import ColouredClips
        >>> views = ColouredClips.example(4, torch.Generator().manual_seed(0))
        >>> views.reference_colours.shape, views.target_colours.shape, views.palette.shape
        (torch.Size([4, 48]), torch.Size([4, 16]), torch.Size([4, 5, 2]))
    """

    frames: Float[Tensor, "n t c h w"]
    colours: Int[Tensor, "n t g g"]
    palette: Float[Tensor, "n k 2"]

    @property
    def reference_colours(self) -> Int[Tensor, "n r"]:
        """Those of all frames but the last, frame by frame, row by row."""
        return self.colours[:, :-1].flatten(1)

    @property
    def target_colours(self) -> Int[Tensor, "n m"]:
        """Those of the last frame, row by row."""
        return self.colours[:, -1].flatten(1)

    def mismatched(self) -> Mapping[str, "ColouredClips"]:
        """References beside a target that does not belong there, or beside colours that do not."""
        frames, colours = (
            torch.cat([part[:, :-1], part[:, -1:].roll(-1, 0)], 1) for part in (self.frames, self.colours)
        )
        moved = torch.cat([self.colours[:, :-1], self.colours[:, -1:].flip(2).flip(3)], 1)
        return {
            "target of another clip": replace(self, frames=frames, colours=colours),
            "colours of another clip": replace(self, colours=colours),
            "colours in other places": replace(self, colours=moved),
        }

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "ColouredClips":
        """Noise of 16x16 pixels that moves to the right over four frames, in five colours that follow its lightness."""
        start = F.interpolate(torch.randn(n, 1, 4, 4, generator=generator), size=(16, 16), mode="bilinear")
        shade = torch.stack([start.roll(2 * step, 3) for step in range(4)], 1)  # (n, 4, 1, 16, 16)
        cells = F.avg_pool2d(shade.flatten(0, 1), 4).view(n, 4, 4, 4)
        colours = torch.bucketize(cells, torch.tensor([-0.8, -0.25, 0.25, 0.8]))
        tints = torch.randn(3, 1, 1, generator=generator)
        palette = 40 * torch.randn(5, 2, generator=generator)
        return cls(torch.arange(n), shade + 0.3 * tints, colours, palette.expand(n, 5, 2).clone())
