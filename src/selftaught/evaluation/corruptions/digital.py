"""What processing does to images: contrast, warping, coarse pixels. Arguments are as in `noise`."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from selftaught.evaluation.corruptions.warping import blur, look_up, random_numbers

__all__ = ["contrast", "elastic_transform", "pixelate"]


def contrast(images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """Draw every channel towards its mean, keeping 0.75 to 0.15 of the distance. Draws nothing.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.digital import contrast
        >>> contrast(torch.tensor([0.2, 0.6]).view(1, 1, 1, 2), 2, torch.Generator()).flatten()
        tensor([0.3000, 0.5000])
    """
    kept = (0.75, 0.5, 0.4, 0.3, 0.15)[severity - 1]
    mean = images.mean((2, 3), keepdim=True)
    return ((images - mean) * kept + mean).clamp_(0, 1)


def elastic_transform(
    images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator
) -> Float[Tensor, "n c h w"]:
    """Shear each image a little, and stretch it along smooth random displacements.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.digital import elastic_transform
        >>> elastic_transform(torch.full((1, 1, 32, 32), 0.5), 5, torch.Generator()).mean()
        tensor(0.5000)
    """
    amount, sigma, shear = (
        (0.0, 0.0, 0.08),
        (0.05, 0.2, 0.07),
        (0.08, 0.06, 0.06),
        (0.1, 0.04, 0.05),
        (0.1, 0.03, 0.03),
    )[severity - 1]
    n, _, height, width = images.shape
    side = min(height, width)
    rows, columns = torch.meshgrid(
        *(torch.arange(size, device=images.device, dtype=images.dtype) for size in (height, width)), indexing="ij"
    )
    moved = random_numbers((n, 2, height, width), -1.0, 1.0, generator, images)
    if amount > 0:
        moved = blur(moved, sigma * side, truncate=3.0) * (amount * side)
        rows, columns = rows + moved[:, 0], columns + moved[:, 1]
    third = side // 3
    corners = images.new_tensor([[third, third, 1], [third, -third, 1], [-third, -third, 1]])  # from the centre
    jitter = random_numbers((n, 3, 2), -shear * side, shear * side, generator, images)
    affine = torch.linalg.solve(corners, corners[:, :2] + jitter)  # (n, 3, 2)
    centre = images.new_tensor([(height - 1) / 2, (width - 1) / 2])
    places = torch.stack([(rows - centre[0]).expand(n, -1, -1), (columns - centre[1]).expand(n, -1, -1)], 3)
    places = places @ affine[:, None, :2] + affine[:, None, None, 2] + centre  # (n, h, w, 2)
    return look_up(images, places[..., 0], places[..., 1], reflect=True).clamp_(0, 1)


def pixelate(images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator) -> Float[Tensor, "n c h w"]:
    """Average over coarser pixels, 0.95 to 0.65 as many a side, and show those. Draws nothing.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.digital import pixelate
        >>> pixelate(torch.rand(1, 1, 32, 32), 5, torch.Generator()).unique().numel() <= 20 * 20
        True
    """
    kept = (0.95, 0.9, 0.85, 0.75, 0.65)[severity - 1]
    coarse = F.interpolate(images, size=[max(int(size * kept), 1) for size in images.shape[2:]], mode="area")
    return F.interpolate(coarse, size=images.shape[2:], mode="nearest-exact")
