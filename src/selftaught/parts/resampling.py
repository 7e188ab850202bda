"""Boxes of images, resized: each image its own box, all images at once.

A resized row is a weighted sum of a few neighbouring rows, and a resized column of a few neighbouring columns. Written
as a full matrix product almost every weight is zero, so the sums run over the neighbours only. That is three times as
fast on photographs, and what lies outside a box is never read, not even to be multiplied by zero.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Num
from torch import Tensor

from selftaught.core import UserError

__all__ = ["as_floats", "centre_boxes", "resample", "weighted_rows", "whole_boxes"]


def as_floats(pixels: Num[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Pixels as numbers in 0..1, laid out in memory so that `resample` reads them without another copy.

    Args:
        pixels: uint8 in 0..255, or floating point in 0..1, which keeps its dtype.

    Raises:
        UserError: the pixels are integers of another kind, whose range nobody knows.

    Example:
        >>> import torch
        >>> from selftaught.parts.resampling import as_floats
        >>> as_floats(torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 1, 1, 3)).flatten()
        tensor([0.0000, 0.2000, 1.0000])
    """
    if pixels.dtype != torch.uint8 and not pixels.is_floating_point():
        raise UserError(f"expected pixels as uint8 in 0..255 or floating point in 0..1, got {pixels.dtype}")
    columns = pixels.permute(0, 3, 1, 2)  # (n, w, c, h)
    if pixels.is_floating_point():
        return columns.contiguous().permute(0, 2, 3, 1)
    floats = torch.empty(columns.shape, dtype=torch.float32, device=pixels.device)
    return floats.copy_(columns).div_(255).permute(0, 2, 3, 1)


def resample(
    pixels: Num[Tensor, "n c h w"],
    boxes: Float[Tensor, "n 4"],
    size: tuple[int, int],
    *,
    flipped: Bool[Tensor, " n"] | None = None,
) -> Float[Tensor, "n c s1 s2"]:
    """The part of each image inside its box, resized to one size by bilinear interpolation with antialiasing.

    With s the pixels of the box for each pixel of the result, result i lies at (i + 1/2) s inside the box, and pixel j
    of the box weighs

        max(0, 1 - |j + 1/2 - (i + 1/2) s| / max(s, 1)),    divided by the sum of such weights inside the box,

    along either axis: what torchvision's `resized_crop(..., antialias=True)` computes for one image.

    Args:
        pixels: see `as_floats`.
        boxes: top, left, height, width in pixels, inside `pixels`; fractions are allowed, and a pixel is inside as soon
            as a part of it is.
        size: height and width of the result in pixels.
        flipped: which results to mirror left to right.

    Returns:
        Images in 0..1, in the dtype of `pixels` where that is floating point, else in float32.

    Example:
        >>> import torch
        >>> from selftaught.parts.resampling import resample
        >>> ramp = torch.arange(4.0).expand(1, 1, 4, 4) / 4
        >>> resample(ramp, torch.tensor([[0.0, 2.0, 4.0, 2.0]]), (1, 2), flipped=torch.tensor([True]))
        tensor([[[[0.7500, 0.5000]]]])
    """
    columns = as_floats(pixels).permute(0, 3, 1, 2)  # (n, w, c, h)
    n, width, channels, height = columns.shape
    top, left, box_height, box_width = boxes.to(pixels.device).unbind(1)

    places, weights = _neighbours(left, box_width, width, size[1])  # (n, s2, taps)
    if flipped is not None:
        mirror = flipped.to(pixels.device)[:, None, None]
        places, weights = torch.where(mirror, places.flip(1), places), torch.where(mirror, weights.flip(1), weights)
    starts = torch.arange(n, device=pixels.device, dtype=torch.int32).view(n, 1, 1)
    wide = weighted_rows(columns.reshape(n * width, -1), (places + starts * width).flatten(0, 1), weights.flatten(0, 1))
    lines = wide.view(n, size[1], channels * height).transpose(1, 2).reshape(-1, size[1])  # (n c h, s2)

    places, weights = _neighbours(top, box_height, height, size[0])  # (n, s1, taps)
    starts = torch.arange(n * channels, device=pixels.device, dtype=torch.int32).view(n, channels, 1, 1)
    places = (places[:, None] + starts * height).flatten(0, 2)  # (n c s1, taps)
    weights = weights[:, None].expand(-1, channels, -1, -1).flatten(0, 2)
    return weighted_rows(lines, places, weights).view(n, channels, *size)


def _neighbours(
    start: Float[Tensor, " n"], length: Float[Tensor, " n"], size_in: int, size_out: int
) -> tuple[Int[Tensor, "n out taps"], Float[Tensor, "n out taps"]]:
    """Which pixels make each pixel of the result along one axis, and with which weights."""
    first = start.floor()
    last = (start + length).ceil().clamp(max=size_in) - 1
    scale = (length / size_out).view(-1, 1, 1)
    reach = scale.clamp(min=1)
    taps = math.ceil(2 * max(size_in / size_out, 1))  # no more pixel centres fit into twice the longest reach
    # Counted from the box's first pixel, whose number would cost digits.
    centres = (start - first).view(-1, 1, 1) + scale * (
        torch.arange(size_out, device=start.device).view(1, -1, 1) + 0.5
    )
    near = (centres - reach + 0.5).floor() + torch.arange(taps, device=start.device)  # (n, out, taps)
    weights = (1 - (near + 0.5 - centres).abs() / reach).clamp_(min=0)
    span = (last - first).view(-1, 1, 1)
    weights = weights.mul_((near >= 0) & (near <= span))
    places = near.clamp_(min=0).minimum(span).add_(first.view(-1, 1, 1))
    return places.to(torch.int32), weights.div_(weights.sum(2, keepdim=True))


def weighted_rows(
    table: Float[Tensor, "rows width"], places: Int[Tensor, "m taps"], weights: Float[Tensor, "m taps"]
) -> Float[Tensor, "m width"]:
    """Weighted sums of a few rows of a table each.

        result_i = sum_k  weights_ik  table[places_ik]

    Args:
        table: the rows to add.
        places: which rows enter each sum.
        weights: with which weights.

    Example:
        >>> import torch
        >>> from selftaught.parts.resampling import weighted_rows
        >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> weighted_rows(table, torch.tensor([[0, 1]]), torch.tensor([[0.5, 0.5]]))
        tensor([[2., 3.]])
    """
    weights = weights.to(table.dtype)
    if table.device.type == "cpu":
        return F.embedding_bag(places, table, mode="sum", per_sample_weights=weights)
    return _weighted_rows_by_tap(table, places, weights)


def _weighted_rows_by_tap(table: Tensor, places: Tensor, weights: Tensor) -> Tensor:
    total = table.index_select(0, places[:, 0]).mul_(weights[:, :1])
    for tap in range(1, places.shape[1]):
        total.addcmul_(table.index_select(0, places[:, tap]), weights[:, tap : tap + 1])
    return total


def whole_boxes(sizes: Int[Tensor, "n 2"]) -> Float[Tensor, "n 4"]:
    """The whole of each image, for `resample` to squeeze into one shape.

    Args:
        sizes: height and width of each image in pixels.

    Example:
        >>> import torch
        >>> from selftaught.parts.resampling import whole_boxes
        >>> whole_boxes(torch.tensor([[20, 30]]))
        tensor([[ 0.,  0., 20., 30.]])
    """
    return torch.cat([torch.zeros_like(sizes), sizes], 1).to(torch.float32)


def centre_boxes(sizes: Int[Tensor, "n 2"], fraction: float = 1.0, aspect: float = 1.0) -> Float[Tensor, "n 4"]:
    """The central part of each image: the largest box of one aspect, shrunk by a fraction.

    Args:
        sizes: height and width of each image in pixels.
        fraction: the part of the largest box's sides to keep, in (0, 1]; 0.875 is the usual central crop of evaluation.
        aspect: width of the box over its height.

    Example:
        >>> import torch
        >>> from selftaught.parts.resampling import centre_boxes
        >>> centre_boxes(torch.tensor([[20, 30]]), 0.5)
        tensor([[ 5., 10., 10., 10.]])
    """
    height, width = sizes.to(torch.float32).unbind(1)
    box_height = torch.minimum(height, width / aspect) * fraction
    box_width = torch.minimum(width, height * aspect) * fraction
    return torch.stack([(height - box_height) / 2, (width - box_width) / 2, box_height, box_width], 1)
