"""How far predicted frames are from those that came."""

from jaxtyping import Float
from torch import Tensor

from selftaught.objectives.precision import full_precision

__all__ = ["errors_ahead", "gradient_difference", "squared_difference"]


@full_precision
def squared_difference(
    predicted: Float[Tensor, "n k c h w"], frames: Float[Tensor, "n k c h w"]
) -> Float[Tensor, "n k"]:
    """The mean squared difference of the pixels of each frame.

    Args:
        predicted: frames.
        frames: the true ones.

    Returns:
        In squared units of the pixels; 0 for equal frames.

    Source:
        Mathieu et al. 2015, https://arxiv.org/abs/1511.05440, eq. 1 with p = 2, divided by the number of pixels.

    Example:
        >>> import torch
        >>> from selftaught.objectives import squared_difference
        >>> squared_difference(torch.zeros(1, 2, 3, 4, 4), torch.full((1, 2, 3, 4, 4), 0.5))
        tensor([[0.2500, 0.2500]])
    """
    return (predicted - frames).square().mean((2, 3, 4))


@full_precision
def gradient_difference(
    predicted: Float[Tensor, "n k c h w"], frames: Float[Tensor, "n k c h w"]
) -> Float[Tensor, "n k"]:
    """How different edges are: what a blurred prediction loses, and the squared difference hardly notices.

    With Y the true frame, P the predicted one, and means over all pairs of neighbours below and beside each other:

        mean_ij | |Y_ij - Y_(i-1)j| - |P_ij - P_(i-1)j| |  +  mean_ij | |Y_i(j-1) - Y_ij| - |P_i(j-1) - P_ij| |

    Args:
        predicted: frames of at least 2x2 pixels.
        frames: the true ones.

    Returns:
        In units of the pixels; 0 for frames that differ by a constant.

    Source:
        Mathieu et al. 2015, https://arxiv.org/abs/1511.05440, eq. 6 with alpha = 1, divided by the number of pairs.

    Example:
        >>> import torch
        >>> from selftaught.objectives import gradient_difference
        >>> ramp = torch.arange(4.0).expand(1, 1, 3, 4, 4)  # rises by 1 a column
        >>> gradient_difference(torch.zeros_like(ramp), ramp), gradient_difference(ramp + 7, ramp)
        (tensor([[1.]]), tensor([[0.]]))
    """
    down, across = (
        (frames.diff(dim=axis).abs() - predicted.diff(dim=axis).abs()).abs().mean((2, 3, 4)) for axis in (3, 4)
    )
    return down + across


@full_precision
def errors_ahead(
    predicted: Float[Tensor, "n k c h w"], frames: Float[Tensor, "n k c h w"], last: Float[Tensor, "n c h w"]
) -> dict[str, Float[Tensor, ""]]:
    """How far predictions are at each step ahead, and how that compares with copying the last frame. Without gradient.

    Args:
        predicted: frames.
        frames: the true ones.
        last: the frame before them.

    Returns:
        For each k `error_k_ahead`, the mean squared difference, and `error_over_copying_k_ahead`, its ratio to that of
        the copies: 1 if prediction is no better.

    Example:
        >>> import torch
        >>> from selftaught.objectives import errors_ahead
        >>> frames = torch.tensor([1.0, 2.0]).view(1, 2, 1, 1, 1).expand(1, 2, 3, 4, 4)
        >>> errors_ahead(torch.ones(1, 2, 3, 4, 4), frames, torch.zeros(1, 3, 4, 4))["error_over_copying_2_ahead"]
        tensor(0.2500)
    """
    own = squared_difference(predicted.detach(), frames).mean(0)
    copied = squared_difference(last[:, None].expand_as(frames), frames).mean(0).clamp(min=1e-12)
    errors = {f"error_{k}_ahead": error for k, error in enumerate(own, 1)}
    return errors | {f"error_over_copying_{k}_ahead": share for k, share in enumerate(own / copied, 1)}
