"""Encoders of sequences that read from left to right."""

from abc import abstractmethod
from typing import Any

from jaxtyping import Float
from torch import Tensor

from selftaught.core.encoder import SequenceEncoder

__all__ = ["CausalEncoder"]


class CausalEncoder(SequenceEncoder):
    """An encoder in two stages: frames, each of a short stretch, and a context of all frames up to each.

    `local` gives the context. Neither a frame nor the context at it may depend on anything that comes later: that is
    what methods predict. So nothing in it normalises over time.
    """

    entries = (*SequenceEncoder.entries, "frames", "context")
    frame_width: int

    @abstractmethod
    def frames(self, items: Any) -> Float[Tensor, "n t frame_width"]:
        """One vector a frame, before any context; what stands behind the first `lengths` of them means nothing."""

    @abstractmethod
    def context(self, frames: Float[Tensor, "n t frame_width"]) -> Float[Tensor, "n t width"]:
        """One vector a frame, of this frame and all before it."""
