"""One drawn view of a batch: a box of each image, then changes, each to some of the images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from jaxtyping import Bool, Float, Num
from torch import Tensor

from selftaught.parts.resampling import resample

__all__ = ["Change", "DrawnView"]


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
