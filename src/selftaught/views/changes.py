"""Drawn views of a batch: of each a box of each image, then changes, each to some of the images."""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import final

import numpy as np
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
        # Chosen on the CPU, so that an accelerator need not wait, and by numpy, whose calls take a fifth of the time.
        places = np.flatnonzero(self.chosen.numpy()[rows])
        if len(places) == 0:
            return images
        numbers = [
            torch.from_numpy(one.numpy()[rows][places]).to(images.device, non_blocking=True) for one in self.numbers
        ]
        if len(places) == len(images):
            return self.operation(images, *numbers)
        where = torch.from_numpy(places).to(images.device, non_blocking=True)
        return images.index_copy_(0, where, self.operation(images.index_select(0, where), *numbers))


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
        >>> view.crop(torch.tensor([[[[0.25, 0.75]]]]), 1, slice(None))
        tensor([[[[0.7500]]]])
    """

    boxes: Float[Tensor, "n 4"]
    flipped: Bool[Tensor, " n"]
    changes: Sequence[Change]

    def crop(self, pixels: Float[Tensor, "k c h w"], side: int, rows: slice) -> Float[Tensor, "k c side side"]:
        """The boxes of these rows of the batch, whose pixels are given, as squares in 0..1."""
        return resample(pixels, self.boxes[rows], (side, side), flipped=self.flipped[rows])

    def change(self, crops: Float[Tensor, "k c h w"], rows: slice) -> Float[Tensor, "k c h w"]:
        """What was done to these crops after that. May overwrite them."""
        for change in self.changes:
            crops = change.apply(crops, rows)
        return crops


def _outside_autocast(device: torch.device) -> AbstractContextManager[object]:
    """Views are as precise inside of autocast as outside; some devices, such as meta, have none."""
    known = torch.amp.is_autocast_available(device.type)
    return torch.autocast(device.type, enabled=False) if known else nullcontext()


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
    largest, stored = channels * max(side for _, side in drawn) ** 2, batch.pixels[:1].numel()
    for rows in _chunks(slice(0, n), largest, device):
        crops: list[list[Tensor]] = [[] for _ in drawn]
        for part in _chunks(rows, stored, device):  # photographs are larger than their views
            pixels = batch.pixels[part]
            pixels = as_floats(pixels.float() if pixels.is_floating_point() else pixels)
            for made, (each, side) in zip(crops, drawn, strict=True):
                made.append(each.crop(pixels, side, part))
        for view, made, (each, _) in zip(views, crops, drawn, strict=True):
            with _outside_autocast(device):
                changed = each.change(made[0] if len(made) == 1 else torch.cat(made), rows)
            view[rows] = changed.sub_(centre).div_(deviation)
    return views


def _chunks(rows: slice, numbers: int, device: torch.device) -> list[slice]:
    """Rows in pieces of so many numbers each that they stay in a CPU's cache."""
    if device.type != "cpu":
        return [rows]
    step = max(1, math.ceil(_CHUNK_NUMBERS / numbers))
    return [slice(start, min(start + step, rows.stop)) for start in range(rows.start, rows.stop, step)]
