"""Recordings made equally loud."""

import torch
from jaxtyping import Float

from selftaught.core import Sequences

__all__ = ["equally_loud"]

_QUIETEST = 1e-3  # what is quieter, noise of a silent room, is not amplified to the loudness of speech


def equally_loud(items: Sequences, root_mean_square: float | None) -> Sequences:
    """Scale every recording to one loudness, and set what lies behind its end to 0.

    A recording quieter than 0.001 of full scale is scaled as one of 0.001, so that silence stays silent.

    Args:
        items: samples, full scale being 1.
        root_mean_square: of each recording's samples after scaling; None keeps their loudness.

    Example:
        >>> import torch
        >>> from selftaught.core import Sequences
        >>> from selftaught.parts.loudness import equally_loud
        >>> equally_loud(Sequences(torch.tensor([[0.5, -0.5, 9.0]]), torch.tensor([2])), 0.1).values
        tensor([[ 0.1000, -0.1000,  0.0000]])
    """
    samples: Float[torch.Tensor, "n s"] = items.values.masked_fill(~items.mask, 0)
    if root_mean_square is not None:
        power = samples.square().sum(1, keepdim=True) / items.lengths[:, None]
        samples = samples * (root_mean_square / power.sqrt().clamp(min=_QUIETEST))
    return Sequences(samples, items.lengths)
