"""Fill a hole, and measure the error there and, more sharply, along its edge."""

from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives.precision import full_precision

__all__ = ["hole_error"]


@full_precision
def hole_error(
    guess: Float[Tensor, "n c h w"],
    target: Float[Tensor, "n c h w"],
    mask: Bool[Tensor, "n 1 h w"],
    overlap: int = 0,
    band_weight: int | float = 10.0,
) -> Float[Tensor, " n"]:
    """How far what an item's hole was filled with is from what was there.

    A hidden pixel counts once. Pixels in a band around the hole, which are seen, count more, so that what is filled
    joins what is around it; all others do not count.

        error_i = sum_p w_ip mean_c (guess_icp - target_icp)^2 / number of p with w_ip > 0

    Args:
        guess: what is said of every pixel.
        target: what is there.
        mask: true where a pixel is hidden; at least one of each item is.
        overlap: width of the band in pixels, at least 0; also over corners.
        band_weight: of its pixels, above 0.

    Source:
        Pathak et al. 2016, https://arxiv.org/abs/1604.07379, equation 1 with a mean in place of the sum, and section
        3.2: the prediction overlaps the context by 7 pixels of 227, at ten times the weight.

    Example:
        >>> import torch
        >>> from selftaught.objectives import hole_error
        >>> mask = torch.tensor([False, False, True, False]).view(1, 1, 1, 4)
        >>> [hole_error(torch.zeros(1, 2, 1, 4), torch.full((1, 2, 1, 4), 2.0), mask, overlap) for overlap in (0, 1)]
        [tensor([4.]), tensor([28.])]
    """
    hidden = mask.to(guess.dtype)
    near = F.max_pool2d(hidden, 2 * overlap + 1, 1, overlap)
    weights = hidden + band_weight * (near - hidden)
    return (weights * (guess - target).square()).mean(1).sum((1, 2)) / near.sum((1, 2, 3))
