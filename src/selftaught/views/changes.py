"""Drawn views of a batch: of each a box of each image, then changes, each to some of the images."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Num
from torch import Tensor

from selftaught.core import ImageBatch
from selftaught.parts.resampling import as_floats, resample
from selftaught.views.checks import per_channel

__all__ = ["Change", "DrawnView", "make_drawn"]

_CHUNK_NUMBERS = 2**20  # pixel values worked on at once on a CPU: what stays in its cache


@final
@dataclass(frozen=True)
class Change:
    """An operation on some images of a batch, each with its own numbers.

    Args:
        operation: takes (k, c, h, w) images and the numbers of these images, and returns the changed images.
        chosen: which images of the batch to change.
        numbers: what the operation needs to know of each image of the batch, on the CPU.

    Example:
        >>> import torch
        >>> from selftaught.views import Change
        >>> darker = Change(lambda images: images / 2, torch.tensor([False, True]))
        >>> darker.apply(torch.ones(2, 1, 1, 1), slice(None)).flatten()
        tensor([1.0000, 0.5000])
    """

    operation: Callable[..., Tensor]
    chosen: Bool[Tensor, " n"]
    numbers: Sequence[Num[Tensor, "n ..."]] = ()

    def apply(self, images: Float[Tensor, "k c h w"], rows: slice) -> Float[Tensor, "k c h w"]:
        """These rows of the batch, changed. May overwrite `images`."""
        places = self.chosen[rows].nonzero().squeeze(1)
        if len(places) == 0:
            return images
        # The numbers are chosen on the CPU, so that an accelerator need not wait.
        numbers = [one[rows][places].to(images.device, non_blocking=True) for one in self.numbers]
        if len(places) == len(images):
            return self.operation(images, *numbers)
        places = places.to(images.device, non_blocking=True)
        return images.index_copy_(0, places, self.operation(images.index_select(0, places), *numbers))


@final
@dataclass(frozen=True)
class DrawnView:
    """Everything that was drawn for one view of each image of a batch.

    Args:
        boxes: the part of each image to show; see `resample`.
        flipped: which to mirror left to right.
        changes: what is done after that, in this order.

    Example:
        >>> import torch
        >>> from selftaught.views import DrawnView
        >>> view = DrawnView(torch.tensor([[0.0, 1.0, 1.0, 1.0]]), torch.tensor([False]), [])
        >>> view.make(torch.tensor([[[[0.25, 0.75]]]]), 1, slice(None))
        tensor([[[[0.7500]]]])
    """

    boxes: Float[Tensor, "n 4"]
    flipped: Bool[Tensor, " n"]
    changes: Sequence[Change]

    def make(self, pixels: Float[Tensor, "k c h w"], side: int, rows: slice) -> Float[Tensor, "k c side side"]:
        """The view of these rows of the batch, whose pixels are given, as a square in 0..1."""
        images = resample(pixels, self.boxes[rows], (side, side), flipped=self.flipped[rows])
        for change in self.changes:
            images = change.apply(images, rows)
        return images


def make_drawn(
    batch: ImageBatch,
    drawn: Sequence[tuple[DrawnView, int]],
    *,
    mean: Sequence[float] | None,
    standard_deviation: Sequence[float] | None,
) -> tuple[Float[Tensor, "n c side side"], ...]:
    """Every drawn view of a batch, normalised, on the device of its images, in float32 and channels last.

    Args:
        batch: the images, of which each part is read once for all views.
        drawn: what was drawn for each view, and its height and width in pixels.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.

    Example:
        >>> import torch
        >>> from selftaught.core import ImageBatch
        >>> from selftaught.views.changes import DrawnView, make_drawn
        >>> images = ImageBatch.of(torch.ones(1, 1, 8, 8))
        >>> whole = DrawnView(torch.tensor([[0.0, 0.0, 8.0, 8.0]]), torch.tensor([False]), [])
        >>> large, small = make_drawn(images, [(whole, 8), (whole, 4)], mean=[0.5], standard_deviation=[0.25])
        >>> large.shape, small.unique()
        (torch.Size([1, 1, 8, 8]), tensor([2.]))
    """
    n, channels, device = len(batch), batch.channels, batch.pixels.device
    shapes = [(n, channels, side, side) for _, side in drawn]
    views = tuple(torch.empty(shape, device=device, memory_format=torch.channels_last) for shape in shapes)
    centre = per_channel(mean, channels, 0.0).to(device)
    deviation = per_channel(standard_deviation, channels, 1.0).to(device)
    for rows in _chunks(batch.pixels, max(side for _, side in drawn)):
        pixels = batch.pixels[rows]
        pixels = as_floats(pixels.float() if pixels.is_floating_point() else pixels)
        for view, (each, side) in zip(views, drawn, strict=True):
            view[rows] = each.make(pixels, side, rows).sub_(centre).div_(deviation)
    return views


def _chunks(pixels: Tensor, side: int) -> list[slice]:
    n, channels, height, width = pixels.shape
    if pixels.device.type != "cpu":
        return [slice(0, n)]
    step = max(1, math.ceil(_CHUNK_NUMBERS / (channels * max(height * width, side * side))))
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]
