"""Guess what was hidden, and measure the error in what it looks like."""

from jaxtyping import Float
from torch import Tensor

from selftaught.objectives.precision import full_precision

__all__ = ["normalised_patches", "patch_error", "patch_statistics"]

_EPSILON = 1e-6


@full_precision
def patch_statistics(
    patches: Float[Tensor, "n patches values"],
) -> tuple[Float[Tensor, "n patches 1"], Float[Tensor, "n patches 1"]]:
    """Mean and standard deviation of every patch's own values, the latter the root of variance + 0.000001.

    The variance of v values is their summed squared distance from the mean over v - 1, as in the authors' code.

    Args:
        patches: each of at least two values.

    Example:
        >>> import torch
        >>> from selftaught.objectives import patch_statistics
        >>> mean, deviation = patch_statistics(torch.tensor([[[1.0, 3.0]]]))
        >>> mean.item(), round(deviation.item() ** 2, 4)
        (2.0, 2.0)
    """
    return patches.mean(-1, keepdim=True), (patches.var(-1, keepdim=True) + _EPSILON).sqrt()


@full_precision
def normalised_patches(patches: Float[Tensor, "n patches values"]) -> Float[Tensor, "n patches values"]:
    """Every patch less its own mean, over its own standard deviation.

    Args:
        patches: each of at least two values.

    Source:
        He et al. 2021, https://arxiv.org/abs/2111.06377, section 3, reconstruction target.

    Example:
        >>> import torch
        >>> from selftaught.objectives import normalised_patches
        >>> normalised_patches(torch.tensor([[[1.0, 3.0]], [[10.0, 30.0]]])).flatten()
        tensor([-0.7071,  0.7071, -0.7071,  0.7071])
    """
    mean, deviation = patch_statistics(patches)
    return (patches - mean) / deviation


@full_precision
def patch_error(
    guess: Float[Tensor, "n patches values"], target: Float[Tensor, "n patches values"]
) -> Float[Tensor, " n"]:
    """How far the guesses of an item's patches are from the truth: the mean squared error over its patches and values.

        error_i = mean_j mean_v  (guess_ijv - target_ijv)^2

    Args:
        guess: what a network says of the hidden patches, and of these only.
        target: the same patches as they are, in the form that the network is to guess.

    Returns:
        One error an item, at least 0. (v - 1) / v for guesses of 0 where the target is `normalised_patches` of v
        values each that differ: what a network reaches that says the same of every patch.

    Source:
        He et al. 2021, https://arxiv.org/abs/2111.06377, section 3.

    Example:
        >>> import torch
        >>> from selftaught.objectives import normalised_patches, patch_error
        >>> target = normalised_patches(torch.randn(2, 5, 4))
        >>> patch_error(torch.zeros_like(target), target)
        tensor([0.7500, 0.7500])
    """
    return (guess - target).square().mean((1, 2))
