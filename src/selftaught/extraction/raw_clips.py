"""The control that has learned nothing, for clips."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["RawClips"]

_SIZE = 16  # pixels


@final
class RawClips(nn.Module):
    """The pixels of every frame, as one vector, each frame reduced to at most 16x16 by averaging areas.

    Example:
        >>> import torch
        >>> from selftaught.extraction import RawClips
        >>> RawClips()(torch.zeros(2, 4, 3, 64, 64)).shape
        torch.Size([2, 3072])
    """

    def forward(self, items: Float[Tensor, "n t 3 h w"]) -> Float[Tensor, "n d"]:
        """One vector a clip."""
        frames = items.flatten(0, 1)
        height, width = frames.shape[2:]
        return F.adaptive_avg_pool2d(frames, (min(height, _SIZE), min(width, _SIZE))).reshape(len(items), -1)
