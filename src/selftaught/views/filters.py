"""What replaces a pixel by a sum over its neighbours: blur and edges."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from selftaught.core import UserError
from selftaught.parts.resampling import weighted_rows

__all__ = ["blur_kernel", "gaussian_blur", "sobel"]


def blur_kernel(side: int, fraction: float) -> int:
    """The width of a blur's kernel for images of one side: a fraction of it, odd, at least 3.

    Example:
        >>> from selftaught.views.filters import blur_kernel
        >>> blur_kernel(224, 0.1), blur_kernel(32, 0.1), blur_kernel(28, 0.1)
        (23, 3, 3)
    """
    return max(3, int(side * fraction) // 2 * 2 + 1)


def gaussian_blur(
    images: Float[Tensor, "n c h w"], sigmas: Float[Tensor, " n"], kernel: int
) -> Float[Tensor, "n c h w"]:
    """Blur each image with its own Gaussian, cut to a kernel of one width; the border reflects.

    Args:
        images: any number of channels.
        sigmas: standard deviation of each Gaussian in pixels, > 0.
        kernel: width of the kernel in pixels, odd.

    Raises:
        UserError: the kernel reaches further than the image is wide, or is even.

    Example:
        >>> import torch
        >>> from selftaught.views.filters import gaussian_blur
        >>> gaussian_blur(torch.tensor([[[[0.0, 0, 1], [0, 0, 1], [0, 0, 1]]]]), torch.tensor([1.0]), 3)[0, 0, 0]
        tensor([0.0000, 0.2741, 0.4519])
    """
    reach = kernel // 2
    if kernel % 2 == 0 or reach >= min(images.shape[2:]):
        raise UserError(
            f"blur: expected an odd kernel whose half is less than the image's side, got {kernel} pixels "
            f"for images of {images.shape[2]}x{images.shape[3]}"
        )
    offsets = torch.arange(-reach, reach + 1, device=images.device)
    weights = (-0.5 * (offsets / sigmas.view(-1, 1)) ** 2).softmax(1)  # (n, kernel)
    across = _blur_rows(images, weights).transpose(2, 3)
    return _blur_rows(across, weights).transpose(2, 3).contiguous()


def _blur_rows(images: Float[Tensor, "n c h w"], weights: Float[Tensor, "n kernel"]) -> Float[Tensor, "n c h w"]:
    n, channels, height, width = images.shape
    taps = weights.shape[1]
    places = (
        torch.arange(height, device=images.device).view(-1, 1) + torch.arange(taps, device=images.device) - taps // 2
    )
    places = (height - 1) - (height - 1 - places.abs()).abs()  # reflected at both ends
    starts = torch.arange(n * channels, device=images.device).view(-1, 1, 1) * height
    places = (places + starts).flatten(0, 1).to(torch.int32)  # (n c h, taps)
    weights = weights.repeat_interleave(channels * height, 0)
    return weighted_rows(images.reshape(-1, width), places, weights).view(images.shape)


def sobel(images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """The strength of edges in each channel: sqrt((x^2 + y^2) / 2), x and y the Sobel gradients; the border repeats.

    Args:
        images: any number of channels, in 0..1; so is the result.

    Source:
        As scikit-image's `filters.sobel`.

    Example:
        >>> import torch
        >>> from selftaught.views.filters import sobel
        >>> sobel(torch.tensor([[[[0.0, 0, 1], [0, 0, 1], [0, 0, 1]]]]))[0, 0, 1]
        tensor([0.0000, 0.7071, 0.7071])
    """
    smooth, slope = images.new_tensor([0.25, 0.5, 0.25]), images.new_tensor([-1.0, 0.0, 1.0])
    kernels = torch.stack([torch.outer(smooth, slope), torch.outer(slope, smooth)]).unsqueeze(1)  # (2, 1, 3, 3)
    padded = F.pad(images.flatten(0, 1).unsqueeze(1), (1, 1, 1, 1), mode="replicate")
    gradients = F.conv2d(padded, kernels)  # (n c, 2, h, w)
    return gradients.square_().mean(1).sqrt_().view(images.shape)
