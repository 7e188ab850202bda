"""How far images are from those that they should be."""

from jaxtyping import Float
from torch import Tensor

from selftaught.objectives.precision import full_precision

__all__ = ["mean_image_error", "squared_error"]


@full_precision
def squared_error(made: Float[Tensor, "n c h w"], images: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
    """The mean squared difference of an image's values: over its channels and pixels.

    Args:
        made: in the unit of `images`.
        images: what they should be.

    Returns:
        One error an image, at least 0.

    Example:
        >>> import torch
        >>> from selftaught.objectives import squared_error
        >>> squared_error(torch.zeros(2, 1, 2, 2), torch.tensor([1.0, 3.0]).view(2, 1, 1, 1).expand(2, 1, 2, 2))
        tensor([1., 9.])
    """
    return (made - images).square().mean((1, 2, 3))


@full_precision
def mean_image_error(images: Float[Tensor, "n c h w"]) -> Float[Tensor, ""]:
    """What `squared_error` comes to, on average, for one who says of every image the mean of all images there are.

        error = 1 / (v (n - 1))  sum_i sum_j  (x_ij - mean_i x_ij)^2,   v values an image

    The mean of these n images would err less on them than the true mean does, by the factor (n - 1) / n, which is
    made up for.

    Args:
        images: at least 2.

    Example:
        >>> import torch
        >>> from selftaught.objectives import mean_image_error
        >>> mean_image_error(torch.tensor([0.0, 2.0]).view(2, 1, 1, 1))
        tensor(2.)
    """
    return images.var(0).mean()
